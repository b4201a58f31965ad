"""Part B, lines 1, 3 and 4, as far as the files of a circuit go."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.faults.harness import line, refused


@contextmanager
def folder() -> Iterator[Path]:
    from tests.unit.circuit.sonata_files import write_small_circuit

    with tempfile.TemporaryDirectory() as path:
        here = Path(path).resolve() / "circuit"
        write_small_circuit(here)
        yield here


def edited(here: Path, act: Callable[[dict[str, Any]], object]) -> None:
    path = here / "circuit_config.json"
    values = json.loads(path.read_text())
    act(values)
    path.write_text(json.dumps(values))


@line
def line_b1_circuit_configurations() -> None:
    from bluecellab.circuit.obi import open_circuit
    from bluecellab.errors import CircuitFileError

    with tempfile.TemporaryDirectory() as empty, refused("circuit_config.json", error=CircuitFileError):
        open_circuit(Path(empty))
    for text in ("", "{", "[]", "null", '{"networks": 3}', '{"a": NaN}', "[" * 10**6, '{"a":' * 10**6):
        with folder() as here:
            (here / "circuit_config.json").write_text(text)
            with refused("circuit_config.json", error=CircuitFileError):
                open_circuit(here)
    mistakes: dict[str, Callable[[dict[str, Any]], object]] = {
        "manifest.$BASE": lambda values: values.update(manifest={"$BASE": "$A", "$A": "$BASE"}),
        "components.morphologies_dir": lambda values: values["components"].update(morphologies_dir=7),
        "networks.nodes[0].nodes_file": lambda values: values["networks"]["nodes"][0].update(nodes_file=None),
        "no variable $BAS": lambda values: values.update(node_sets_file="$BAS/node_sets.json"),
    }
    for words, act in mistakes.items():
        with folder() as here:
            edited(here, act)
            with refused(words, "circuit_config.json", error=CircuitFileError):
                open_circuit(here)


@line
def line_b1_confinement() -> None:
    from bluecellab.circuit.obi import open_circuit
    from bluecellab.errors import ConfinementError
    from bluecellab.spec.base import CellId

    with folder() as here:
        with open_circuit(here, confine_to=here) as circuit:
            circuit.cell(CellId("S1", 0))
        outside = here.parent / "outside"
        outside.mkdir()
        for name in ("nodes.h5", "edges.h5", "node_sets.json", "hoc/small.hoc", "morphologies/m1.swc"):
            (here / name).rename(outside / "moved")
            (here / name).symlink_to(outside / "moved")
            with refused(str(here), error=ConfinementError), open_circuit(here, confine_to=here) as circuit:
                circuit.node_set("L5")
                circuit.cell(CellId("S1", 0))
                circuit.edges("S1__S1__chemical", 0)
            (here / name).unlink()
            (outside / "moved").rename(here / name)
        edited(here, lambda values: values["components"].update(mechanisms_dir="../../"))
        with refused("components.mechanisms_dir", "../../", error=ConfinementError):
            open_circuit(here, confine_to=here)


@line
def line_b3_node_sets_and_ids() -> None:
    import numpy as np

    from bluecellab.circuit.obi import open_circuit
    from bluecellab.errors import CircuitWarning, NodeNotFoundError, NodeSetError, PopulationNotFoundError
    from bluecellab.spec.base import CellId

    with folder() as here:
        rules = {
            "One": ["Two"],
            "Two": ["Three", "L5"],
            "Three": ["One"],
            "Nowhere": ["L5", "Nothing"],
            "Elsewhere": {"population": "S9"},
            "Far": {"population": "S1", "node_id": [4, 5]},
            "Strange": {"no_such_attribute": 1},
            "Empty": {"population": "S1", "mtype": "none"},
            "Loose": {"mtype": "L5_TPC"},
        }
        (here / "more.json").write_text(json.dumps(rules))
        with open_circuit(here, node_sets_file=here / "more.json") as circuit:
            for name, words in {
                "Unknown": "no node set 'Unknown'",
                "One": "made of itself: One -> Two -> Three -> One",
                "Nowhere": "'Nothing', which does not exist",
                "Elsewhere": "no population 'S9'",
                "Far": "no node 5; ids are 0 to 4",
                "Strange": "no_such_attribute, which no population",
            }.items():
                with refused(words, error=NodeSetError):
                    circuit.node_set(name)
            assert circuit.node_set("Empty") == {}
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                assert circuit.node_set("Loose")["S1"].tolist() == [0, 2]
                circuit.node_set("Loose")
            assert [each.category for each in said] == [CircuitWarning]
            with refused("no population 'S9'", "S1", error=PopulationNotFoundError):
                circuit.cell(CellId("S9", 0))
            for node in (5, -1, 2**40):
                with refused("0 to 4", error=NodeNotFoundError):
                    circuit.cell(CellId("S1", node))
                with refused("0 to 4", error=NodeNotFoundError):
                    circuit.nodes("S1", np.array([0, node]))
                with refused("0 to 4", error=NodeNotFoundError):
                    circuit.edges("S1__S1__chemical", node)


@line
def line_b4_files_of_edges() -> None:
    import h5py

    from bluecellab.circuit.obi import open_circuit
    from bluecellab.errors import CircuitFileError

    def no_index(file: h5py.File) -> None:
        del file["edges/S1__S1__chemical/indices"]

    def stale_index(file: h5py.File) -> None:
        file["edges/S1__S1__chemical/target_node_id"][:] = [3, 1, 0, 3, 0, 1, 3, 0, 3]

    def grown(file: h5py.File) -> None:
        for name in ("source_node_id", "target_node_id", "edge_type_id", "0/conductance", "0/delay"):
            path = f"edges/S1__S1__chemical/{name}"
            values, marks = file[path][()], dict(file[path].attrs)
            del file[path]
            file[path] = [*values, 0]
            file[path].attrs.update(marks)

    for act, words in (
        (no_index, "no index"),
        (stale_index, "is of other edges"),
        (grown, "it lists 9 edges"),
    ):
        with folder() as here:
            with h5py.File(here / "edges.h5", "a") as file:
                act(file)
            with open_circuit(here) as circuit, refused(words, "edges.h5", error=CircuitFileError):
                circuit.edges("S1__S1__chemical", 0)
    with folder() as here:
        whole = (here / "edges.h5").read_bytes()
        for size in [*range(0, 4096, 512), *range(4096, len(whole), 1531)]:
            (here / "edges.h5").write_bytes(whole[:size])
            with open_circuit(here) as circuit, refused("edges.h5", error=CircuitFileError):
                circuit.edges("S1__S1__chemical", 0)
        (here / "edges.h5").unlink()
        with open_circuit(here) as circuit, refused("no such file", "edges.h5", error=CircuitFileError):
            circuit.edges("S1__S1__chemical", 0)


@line
def line_b4_damaged_files_of_edges() -> None:
    import numpy as np

    from bluecellab.circuit.obi import open_circuit
    from bluecellab.errors import CircuitError

    with folder() as here:
        whole = (here / "edges.h5").read_bytes()
        rng = np.random.default_rng(4)
        answers = errors = 0
        for _ in range(150):
            content = bytearray(whole)
            for place in rng.integers(0, len(content), rng.integers(1, 80)):
                content[place] = rng.integers(256)
            (here / "edges.h5").write_bytes(bytes(content))
            with open_circuit(here) as circuit:
                for target in range(5):
                    try:
                        edges = circuit.edges("S1__S1__chemical", target)
                        assert all(len(values) == len(edges) for values in edges.columns.values())
                        answers += 1
                    except CircuitError as error:
                        assert "edges" in str(error)
                        errors += 1
        assert answers > 20
        assert errors > 20
