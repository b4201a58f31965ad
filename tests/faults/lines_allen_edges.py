"""Part B, lines 4 and 5, of the Allen dialect: values of edges, damaged files, and texts that are never executed."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.faults.allen import BETWEEN, EDGES, TYPES, edit, network, replace, same, traces
from tests.faults.harness import line, refused

FIBRES = "edges/fibres_to_cells"


def refused_run(config: Path, *words: str) -> None:
    """Expect a run to be refused for these reasons, without anything left in the output folder's reports."""
    from bluecellab.errors import BluecellabError
    from bluecellab.simulation import run_sonata

    with refused(*words, error=BluecellabError):
        run_sonata(config)
    output = config.parent / "output"
    assert not list(output.glob("*.h5")) if output.exists() else True


def column(name: str, values: Any, where: str = f"{FIBRES}/0") -> Callable[[Any], None]:
    """Return what puts a column of an HDF5 group in the place of an older one."""

    def act(file: Any) -> None:
        if name in file[where]:
            del file[where][name]
        file[where][name] = values

    return act


def ones(value: float, *, at: int = 40, kind: type = float, rest: float = 1.0) -> np.ndarray:
    """Return 120 values, of which one is another."""
    values = np.full(120, rest, dtype=kind)
    values[at] = value
    return values


@line
def line_b4_allen_values_of_edges() -> None:
    cases: list[tuple[str, Any, tuple[str, ...]]] = [
        ("syn_weight", ones(np.nan, rest=1e-4), ("syn_weight", "number 0")),
        ("syn_weight", ones(np.inf, rest=1e-4), ("syn_weight", "number 0")),
        ("delay", ones(np.nan), ("delay", "number 0")),
        ("delay", ones(-1.0), ("negative delay", "number 0")),
        ("nsyns", ones(-3, kind=int), ("nsyns", "number 0")),
        ("nsyns", ones(-3, at=-1, kind=int), ("nsyns", "number 19")),  # of a point cell
        ("nsyns", ones(1.5, at=-1), ("nsyns", "number 19")),
        ("nsyns", ones(1.5), ("nsyns", "number 0")),
        ("nsyns", ones(np.inf), ("nsyns", "number 0")),
        ("weight_sigma", ones(0.0), ("weight_sigma", "number 0")),
    ]
    for name, values, words in cases:
        with network() as config:
            edit(config, EDGES, column(name, values))
            refused_run(config, *words, "fibres_to_cells")
    places = (
        (ones(99, kind=int, rest=0), ones(0.5, rest=0.5), ("section 99", "cells/2")),
        (ones(-1, kind=int, rest=0), ones(0.5, rest=0.5), ("section -1",)),
        (ones(0, kind=int, rest=0), ones(1.5, rest=0.5), ("outside 0 to 1", "number 0")),
        (ones(0, kind=int, rest=0), ones(np.nan, rest=0.5), ("outside 0 to 1",)),
    )
    for ids, positions, words in places:
        for names in (("sec_id", "sec_x"), ("afferent_section_id", "afferent_section_pos")):
            with network() as config:
                edit(config, EDGES, column(names[0], ids))
                edit(config, EDGES, column(names[1], positions))
                refused_run(config, *words)


@line
def line_b4_allen_negative_weights() -> None:
    """They are usual on point cells; a conductance below 0 is said."""
    from bluecellab.errors import CircuitWarning

    with network() as config:
        edit(config, EDGES, column("syn_weight", ones(-1e-3, at=44, rest=1e-3)))
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            traces(config, [("cells", 2), ("cells", 5)])
        assert [each.category for each in said] == [CircuitWarning]
        assert "1 synapses of 'fibres_to_cells'" in str(said[0].message)
    with network() as config:
        edit(config, EDGES, column("syn_weight", ones(-1e-3, at=-1, rest=1e-3)))
        traces(config)


@line
def line_b4_allen_delays_below_the_step() -> None:
    """They are exact: a delay of nothing is the limit of short ones, and nothing crashes."""
    with network() as config:
        plain = traces(config)
        for name, path in ((EDGES, TYPES), (BETWEEN, "cells_to_cells_edge_types.csv")):
            assert (config.parent / "network" / name).exists()
            replace(config, f"network/{path}", " 1.5 ", " 0.0 ")
        none = traces(config)
        assert not same(none, plain)
        assert all(np.isfinite(trace).all() for trace in none.values())
        for path in (TYPES, "cells_to_cells_edge_types.csv"):
            replace(config, f"network/{path}", " 0.0 ", " 0.001 ")
        short = traces(config)
        assert all(np.abs(short[cell] - none[cell]).max() < 30 for cell in none)


@line
def line_b4_allen_files_of_edges() -> None:
    def remove(name: str) -> Callable[[Any], None]:
        return lambda file: file[FIBRES].__delitem__(name)

    def stale(file: Any) -> None:
        file[f"{FIBRES}/target_node_id"][:] = np.roll(file[f"{FIBRES}/target_node_id"][:], 7)

    def put(name: str, value: int) -> Callable[[Any], None]:
        return lambda file: file[f"{FIBRES}/{name}"].__setitem__(40, value)

    def shorter(file: Any) -> None:
        column("source_node_id", np.zeros(60, np.uint64), FIBRES)(file)
        file[f"{FIBRES}/source_node_id"].attrs["node_population"] = "fibres"

    cases: list[tuple[Callable[[Any], None], tuple[str, ...]]] = [
        (remove("indices"), ("indices",)),
        (remove("indices/target_to_source"), ("target_to_source",)),
        (remove("edge_type_id"), ("edge_type_id",)),
        (remove("target_node_id"), ("target_node_id",)),
        (stale, ("other edges",)),
        (shorter, ("source_node_id",)),
        (put("source_node_id", 77), ("77", "fibres")),
        (put("edge_type_id", 999), ("999", TYPES)),
        (put("edge_group_index", 5000), ("row 5000", "nsyns")),
        (put("edge_group_id", 3), ("3",)),
        (column("range_to_edge_id", [[0, 10**6]], f"{FIBRES}/indices/target_to_source"), ()),
        (column("node_id_to_range", [[0, 1, 2]], f"{FIBRES}/indices/target_to_source"), ()),
    ]
    for act, words in cases:
        with network() as config:
            edit(config, EDGES, act)
            refused_run(config, EDGES if not words else words[0], *words[1:])


@line
def line_b4_allen_truncated_files() -> None:
    from bluecellab.errors import BluecellabError
    from bluecellab.simulation import CircuitSimulation

    for name in (EDGES, "cells_nodes.h5"):
        with network() as config:
            file = config.parent / "network" / name
            whole = file.read_bytes()
            for size in [*range(0, 4096, 800), *range(4096, len(whole), 2711)]:
                file.write_bytes(whole[:size])
                with refused(name, error=BluecellabError), CircuitSimulation(config) as simulation:
                    simulation.instantiate([("cells", 2), ("cells", 5)])
            file.unlink()
            with refused(name, error=BluecellabError), CircuitSimulation(config) as simulation:
                simulation.instantiate()


def damaged(whole: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with some bytes changed, but not those of its heap of texts.

    HDF5 itself never returns from some damages there, which nothing within the process can stop: files that
    are not trusted are for ``isolated=`` runs, with a limit of time.
    """
    content = bytearray(whole)
    heap = whole.find(b"GCOL")
    for place in rng.integers(0, len(content), rng.integers(1, 20)).tolist():
        if heap < 0 or not heap <= place < heap + 4096:
            content[place] = int(rng.integers(256))
    return bytes(content)


@line
def line_b4_allen_damaged_files() -> None:
    """Whatever bytes are wrong, cells are made, with warnings at most, or it is said that they cannot be."""
    from bluecellab.errors import BluecellabError
    from bluecellab.simulation import CircuitSimulation

    rng = np.random.default_rng(5)
    answers = errors = 0
    with network() as config, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in (EDGES, "cells_nodes.h5", BETWEEN):
            file = config.parent / "network" / name
            whole = file.read_bytes()
            for _ in range(60):
                file.write_bytes(damaged(whole, rng))
                try:
                    with CircuitSimulation(config) as simulation:
                        simulation.instantiate([("cells", 2), ("cells", 5)])
                    answers += 1
                except BluecellabError:
                    errors += 1
            file.write_bytes(whole)
    assert min(answers, errors) > 20, (answers, errors)


#: Texts that would do something if an interpreter saw them: end the process, or make a file.
HARMFUL = (
    "quit()",
    "__import__('os').system('touch made')",
    "open('made', 'w')",
    "[open('made', 'w')]",
    "['basal', __import__('os')._exit(3)]",
    "(lambda: open('made', 'w'))()",
    "['basal' for _ in open('made', 'w')]",
    "nrnpython('1')",
    "{[]}",
    "{[]: 1}",
    "{**{}}",
    "[[['basal']]]",
    "f'{open(1)}'",
    5000 * "[",
    9000 * "-" + "1",
    "1" + 5000 * "+1",
    9999 * "9",
    "9**9**9**9",
    "1e400j",
    "\\x00",
    "exec('')",
)


@line
def line_b5_allen_texts_of_edges_are_never_executed() -> None:
    before = Path.cwd()
    for old in ("['basal', 'apical']", "[20.0, 400.0]", "gaussianLL", "exp2syn"):
        with network() as config:
            os.chdir(config.parent)
            there = sorted(path.name for path in config.parent.iterdir())
            table = config.parent / "network" / TYPES
            text = table.read_text()
            try:
                for harmful in HARMFUL:
                    quoted = harmful.replace('"', '""')
                    table.write_text(text.replace(f'"{old}"', f'"{quoted}"'))
                    refused_run(config, TYPES)
                    assert sorted(path.name for path in config.parent.iterdir()) == there, harmful
            finally:
                os.chdir(before)


@line
def line_b5_allen_texts_of_cells_are_never_executed() -> None:
    before = Path.cwd()
    for old in ("ctdb:Biophys1.hoc", "aibs_perisomatic", "pyramid.swc", "pyramid.json", "biophysical"):
        with network() as config:
            os.chdir(config.parent)
            there = sorted(path.name for path in config.parent.iterdir())
            table = config.parent / "network" / "cells_node_types.csv"
            text = table.read_text()
            try:
                for harmful in (*HARMFUL, "hoc:quit()", "hoc:Vector(1)\nquit()", "python:open('made', 'w')"):
                    quoted = harmful.replace('"', '""')
                    table.write_text(text.replace(f'"{old}"', f'"{quoted}"'))
                    refused_run(config)
                    assert sorted(path.name for path in config.parent.iterdir()) == there, harmful
            finally:
                os.chdir(before)


@line
def line_b5_allen_parameters_are_never_executed() -> None:
    """Names and values in JSON files of parameters are names of variables and numbers, or refused."""
    names = ("quit()", "gnabar_hh = quit()", "__class__", "sec", "x", "hh", "psection", "g_pas\nquit()")
    for name in names:
        with network() as config:
            replace(config, "components/cells/pyramid.json", "gnabar_hh", name.replace("\n", "\\n"))
            refused_run(config)
    for old, new in (
        ('"mechanism": "hh"', '"mechanism": "quit()"'),
        ('"mechanism": "hh"', '"mechanism": "hh\\nquit()"'),
        ('"mechanism": "hh"', '"mechanism": ["hh"]'),
        ('"mechanism": "hh"', '"mechanism": "capacitance2"'),
        ('"section": "soma"', '"section": "soma[0].L = quit()"'),
    ):
        with network() as config:
            replace(config, "components/cells/pyramid.json", old, new)
            refused_run(config)
    for name in ("excitatory", "inhibitory"):
        for value in (
            '"quit()"',
            "[1]",
            "{}",
            "null",
            "true",
            "NaN",
            "1e999",
            '"__import__"',
            '""',
            "[" * 9999,
        ):
            with network() as config:
                file = config.parent / "components" / "synapses" / f"{name}.json"
                file.write_text('{"erev": 0.0, "tau2": 3.0, "tau1": ' + value + "}")
                refused_run(config)
