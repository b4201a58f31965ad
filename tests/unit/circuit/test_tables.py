"""Files of nodes and edges that are damaged, or whose index is missing or stale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from bluecellab.circuit.columns import Rows
from bluecellab.circuit.obi import ObiCircuit, open_circuit
from bluecellab.errors import (
    CircuitFileError,
    ColumnError,
    ConfinementError,
    NodeNotFoundError,
    PopulationNotFoundError,
)
from tests.unit.circuit.sonata_files import TEXT, write_small_circuit

EDGES = "edges/S1__S1__chemical"
INDEX = f"{EDGES}/indices/target_to_source"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_small_circuit(tmp_path)
    return tmp_path


@pytest.fixture
def circuit(folder: Path) -> Iterator[ObiCircuit]:
    with open_circuit(folder) as opened:
        yield opened


def change(path: Path, act: Callable[[h5py.File], object]) -> None:
    with h5py.File(path, "a") as file:
        act(file)


def test_what_does_not_exist(circuit: ObiCircuit) -> None:
    with pytest.raises(PopulationNotFoundError, match=r"no population 'S2'; .*: S1, V, P") as caught:
        circuit.nodes("S2")
    assert caught.value.name == "S2"
    with pytest.raises(PopulationNotFoundError, match="populations of edges"):
        circuit.edges("S1", 0)
    with pytest.raises(KeyError):
        circuit.node_populations["S2"]
    with pytest.raises(ColumnError, match=r"no attribute 'mtyp'; did you mean 'mtype'\?"):
        circuit.nodes("S1", columns=["mtyp"])
    with pytest.raises(ColumnError, match="attributes: conductance, delay"):
        circuit.edges("S1__S1__chemical", 0, ["weight_of_gold"])


@pytest.mark.parametrize("ids", [[5], [-1], [0, 1, 99], [1.5], [[0]], 3, ["0"], [True], [2**63]])
def test_ids_that_are_wrong(circuit: ObiCircuit, ids: object) -> None:
    with pytest.raises(NodeNotFoundError):
        circuit.nodes("S1", ids)  # type: ignore[arg-type]


@pytest.mark.parametrize("target", [5, -1, 1.0, "0", None, 2**70])
def test_targets_that_are_wrong(circuit: ObiCircuit, target: object) -> None:
    with pytest.raises(NodeNotFoundError):
        circuit.edges("S1__S1__chemical", target)  # type: ignore[arg-type]


def test_missing_file(folder: Path, circuit: ObiCircuit) -> None:
    (folder / "edges.h5").unlink()
    assert circuit.node_populations["S1"].size == 5
    with pytest.raises(CircuitFileError, match=r"edges\.h5: there is no such file") as caught:
        circuit.edges("S1__S1__chemical", 0)
    assert caught.value.path == str(folder / "edges.h5")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.99])
def test_cut_off(folder: Path, circuit: ObiCircuit, share: float) -> None:
    path = folder / "edges.h5"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CircuitFileError, match=r"edges\.h5.*whole copy"):
        circuit.edges("S1__S1__chemical", 0)


def test_no_hdf5(folder: Path, circuit: ObiCircuit) -> None:
    (folder / "nodes.h5").write_text("{}")
    with pytest.raises(CircuitFileError, match="no HDF5 file"):
        circuit.nodes("S1")


@pytest.mark.parametrize("seed", range(40))
def test_bytes_that_are_wrong_give_an_error_or_an_answer(folder: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    path = folder / "edges.h5"
    content = bytearray(path.read_bytes())
    for place in rng.integers(0, len(content), 60):
        content[place] = rng.integers(256)
    path.write_bytes(bytes(content))
    with open_circuit(folder) as circuit:
        for target in range(5):
            try:
                edges = circuit.edges("S1__S1__chemical", target)
            except (CircuitFileError, PopulationNotFoundError):
                continue
            assert len(edges) == len(edges.sources)


def test_no_index(folder: Path, circuit: ObiCircuit) -> None:
    change(folder / "edges.h5", lambda file: file.__delitem__(f"{EDGES}/indices"))
    with pytest.raises(CircuitFileError, match=r"edges\.h5: .*no index.*libsonata"):
        circuit.edges("S1__S1__chemical", 0)


def permuted(file: h5py.File) -> None:
    file[f"{EDGES}/target_node_id"][:] = [3, 1, 0, 3, 0, 1, 3, 0, 3]


def shifted(file: h5py.File) -> None:
    file[f"{EDGES}/target_node_id"][:] = [0, 0, 0, 0, 1, 1, 3, 3, 3]


def short(file: h5py.File) -> None:
    file[f"{INDEX}/range_to_edge_id"][0] = [0, 2]


def overlapping(file: h5py.File) -> None:
    file[f"{INDEX}/range_to_edge_id"][0] = [1, 4]


def beyond(file: h5py.File) -> None:
    file[f"{INDEX}/range_to_edge_id"][0] = [7, 10]


def backwards(file: h5py.File) -> None:
    file[f"{INDEX}/range_to_edge_id"][:2] = [[3, 0], [0, 8]]


def huge(file: h5py.File) -> None:
    old = file[f"{INDEX}/node_id_to_ranges"][()].astype(np.uint64)
    old[0] = [2**63, 2**64 - 1]
    del file[f"{INDEX}/node_id_to_ranges"]
    file[f"{INDEX}/node_id_to_ranges"] = old


def one_column(file: h5py.File) -> None:
    del file[f"{INDEX}/range_to_edge_id"]
    file[f"{INDEX}/range_to_edge_id"] = np.zeros((3, 1), dtype=int)


@pytest.mark.parametrize(
    "act",
    [permuted, shifted, short, overlapping, beyond, backwards, huge, one_column],
    ids=lambda act: act.__name__,
)
def test_stale_index(folder: Path, circuit: ObiCircuit, act: Callable[[h5py.File], None]) -> None:
    change(folder / "edges.h5", act)
    with pytest.raises(
        CircuitFileError, match=r"edges\.h5: .*index.*S1__S1__chemical|S1__S1__chemical.*index"
    ) as e:
        circuit.edges("S1__S1__chemical", 0)
    assert "write it anew" in str(e.value)


def flat_index(file: h5py.File) -> None:
    del file[f"{INDEX}/range_to_edge_id"]
    file[f"{INDEX}/range_to_edge_id"] = np.zeros(3, dtype=int)


def floats(file: h5py.File) -> None:
    del file[f"{INDEX}/node_id_to_ranges"]
    file[f"{INDEX}/node_id_to_ranges"] = np.zeros((5, 2))


def short_column(file: h5py.File) -> None:
    del file[f"{EDGES}/0/delay"]
    file[f"{EDGES}/0/delay"] = np.zeros(4)


def compound_column(file: h5py.File) -> None:
    del file[f"{EDGES}/0/delay"]
    file[f"{EDGES}/0/delay"] = np.zeros(9, dtype=[("a", float), ("b", int)])


def group_for_column(file: h5py.File) -> None:
    del file[f"{EDGES}/0/delay"]
    file.create_group(f"{EDGES}/0/delay")


def table_for_column(file: h5py.File) -> None:
    del file[f"{EDGES}/0/delay"]
    file[f"{EDGES}/0/delay"] = np.zeros((9, 2))


def scalar_for_column(file: h5py.File) -> None:
    del file[f"{EDGES}/0/delay"]
    file[f"{EDGES}/0/delay"] = 1.5


def dangling_column(file: h5py.File) -> None:
    del file[f"{EDGES}/0/delay"]
    file[f"{EDGES}/0/delay"] = h5py.SoftLink("/nowhere")


def two_groups(file: h5py.File) -> None:
    file.create_group(f"{EDGES}/1")


def no_population(file: h5py.File) -> None:
    del file[f"{EDGES}/target_node_id"].attrs["node_population"]


def strange_population(file: h5py.File) -> None:
    file[f"{EDGES}/target_node_id"].attrs["node_population"] = 7


def no_sources(file: h5py.File) -> None:
    del file[f"{EDGES}/source_node_id"]


def unknown_target(file: h5py.File) -> None:
    file[f"{EDGES}/target_node_id"].attrs["node_population"] = "Elsewhere"


def no_edges(file: h5py.File) -> None:
    del file["edges"]


def negative_sources(file: h5py.File) -> None:
    del file[f"{EDGES}/source_node_id"]
    file[f"{EDGES}/source_node_id"] = np.full(9, -1)
    file[f"{EDGES}/source_node_id"].attrs["node_population"] = "S1"


@pytest.mark.parametrize(
    "act",
    [
        flat_index,
        floats,
        short_column,
        compound_column,
        group_for_column,
        table_for_column,
        scalar_for_column,
        dangling_column,
        two_groups,
        no_population,
        strange_population,
        no_sources,
        unknown_target,
        no_edges,
        negative_sources,
    ],
    ids=lambda act: act.__name__,
)
def test_edges_that_are_wrong(folder: Path, circuit: ObiCircuit, act: Callable[[h5py.File], None]) -> None:
    change(folder / "edges.h5", act)
    with pytest.raises(CircuitFileError, match=r"edges\.h5: "):
        circuit.edges("S1__S1__chemical", 0)


def test_an_enumeration_beyond_its_library(folder: Path, circuit: ObiCircuit) -> None:
    change(folder / "nodes.h5", lambda file: file["nodes/S1/0/mtype"].__setitem__(2, 77))
    assert circuit.nodes("S1", [0], ["mtype"])["mtype"].tolist() == ["L5_TPC"]  # type: ignore[arg-type]
    with pytest.raises(CircuitFileError, match=r"nodes\.h5: .*mtype refers to entry 77 .* has 3"):
        circuit.nodes("S1", columns=["mtype"])


def test_texts_that_are_no_utf8(folder: Path, circuit: ObiCircuit) -> None:
    def act(file: h5py.File) -> None:
        del file["nodes/S1/0/layer"]
        file["nodes/S1/0/layer"] = np.array([b"\xff\xfe"] * 5, dtype="S2")

    change(folder / "nodes.h5", act)
    with pytest.raises(CircuitFileError, match=r"nodes\.h5: .*layer"):
        circuit.nodes("S1")


def test_texts_of_fixed_length(folder: Path, circuit: ObiCircuit) -> None:
    def act(file: h5py.File) -> None:
        del file["nodes/S1/0/layer"]
        file["nodes/S1/0/layer"] = np.array([b"5", b"6"] * 2 + [b"23"], dtype="S2")

    change(folder / "nodes.h5", act)
    assert circuit.nodes("S1", columns=["layer"])["layer"].tolist() == ["5", "6", "5", "6", "23"]


def test_nothing_is_read_from_outside_when_confined(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.h5"
    with h5py.File(outside, "w") as file:
        file["x"] = np.arange(5.0)
    outside.with_suffix(".raw").write_bytes(bytes(40))

    def act(file: h5py.File) -> None:
        group = file["nodes/S1/0"]
        group["linked"] = h5py.ExternalLink(str(outside), "/x")
        group.create_dataset("stored", (5,), float, external=[(str(outside.with_suffix(".raw")), 0, 40)])
        layout = h5py.VirtualLayout((5,), float)
        layout[:] = h5py.VirtualSource(str(outside), "x", (5,))
        group.create_virtual_dataset("virtual", layout)

    change(folder / "nodes.h5", act)
    with open_circuit(folder) as free:
        assert free.nodes("S1", columns=["linked"])["linked"].tolist() == [0, 1, 2, 3, 4]
    with open_circuit(folder, confine_to=folder) as confined:
        assert len(confined.nodes("S1", columns=["x"])["x"]) == 5
        for name in ("linked", "stored", "virtual"):
            with pytest.raises(ConfinementError, match=r"nodes\.h5"):
                confined.nodes("S1", columns=[name])


def test_library_of_numbers(folder: Path, circuit: ObiCircuit) -> None:
    def act(file: h5py.File) -> None:
        del file["nodes/S1/0/@library/mtype"]
        file["nodes/S1/0/@library/mtype"] = np.arange(3)

    change(folder / "nodes.h5", act)
    with pytest.raises(CircuitFileError, match="texts are needed"):
        circuit.nodes("S1")


def test_empty_populations(folder: Path) -> None:
    def nodes(file: h5py.File) -> None:
        group = file["nodes/S1"]
        for name in list(group["0"]):
            del group["0"][name]
        del group["node_type_id"]
        group["node_type_id"] = np.empty(0, dtype=int)
        group["0/x"] = np.empty(0)
        group["0/layer"] = np.empty(0, dtype=TEXT)

    change(folder / "nodes.h5", nodes)
    with open_circuit(folder) as circuit:
        assert circuit.node_populations["S1"].size == 0
        assert circuit.nodes("S1")["layer"].shape == (0,)
        with pytest.raises(NodeNotFoundError, match="it is empty"):
            circuit.nodes("S1", [0])  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [10, 5000, 300_000])
def test_rows_in_pieces(tmp_path: Path, size: int) -> None:
    rng = np.random.default_rng(size)
    values = rng.random(size)
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        file["x"] = values
        for wanted in (
            rng.integers(0, size, 7),
            rng.permutation(size)[: size // 2],
            np.array([size - 1, 0, size - 1]),
            np.arange(2, 6),
            np.array([], dtype=np.int64),
        ):
            assert np.array_equal(Rows(wanted).of(file["x"]), values[wanted])
