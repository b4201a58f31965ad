"""Part B, line 5: texts of ``synapse_configure`` are assignments, or refused; nothing is executed."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.harness import line, refused

#: Texts that would do something if an interpreter saw them: end the process, or make a file.
HARMFUL: tuple[str, ...] = (
    "quit()",
    "%s.tau2 = 3; quit()",
    "%s.tau2 = 3 quit()",
    "%s.tau2 = quit()",
    "{quit()}",
    "%s.tau2 = 3}\nquit()\n{",
    "nrnpython(\"open('made', 'w')\")",
    "%s.tau2 = nrnpython(\"open('made', 'w')\")",
    'system("touch made")',
    '%s.tau2 = 3 system("touch made")',
    'WopenFile("made")',
    'wopen("made")',
    "__import__('os').system('touch made')",
    "%s.__class__.__init__.__globals__",
    "%s.tau2.__class__ = 3",
    "forall delete_section()",
    "%s.get_segment().sec.L = 1",
    "tstop = 0",
    "soma.L = 1",
    "h.celsius = 99",
    "%s.tau2 = celsius",
    "celsius = 99",
    'load_file("made")',
    'execute("quit()")',
    "proc bluecellab_release_backwards() {}",
    "%s.tau2 = " + 5000 * "(",
    "%s.tau2 = " + 9000 * "-" + "1",
    "%s.tau2 = 1" + 5000 * "+1",
    "%s.tau2 = 1e400",
)
#: Texts of assignments, but not to parameters that a synapse has, or not of numbers.
ONLY_WRONG_FOR_A_SYNAPSE = (
    "%s.tau2 = 9**9**9**9",
    "%s.tau2 = 1/0",
    "%s.nothing = 1",
    "%s.loc = 0",
    "%s.get_loc = 0",
    "%s.synapse = 1",
)
HARMFUL += ONLY_WRONG_FOR_A_SYNAPSE


@contextmanager
def _in_a_folder() -> Iterator[Path]:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as path:
        os.chdir(path)
        try:
            yield Path(path)
        finally:
            os.chdir(before)


@line
def line_b5_synapse_configure_is_never_executed() -> None:
    import numpy as np

    from bluecellab.errors import AssignmentError
    from bluecellab.nrn import objects, runtime
    from bluecellab.spec.simulation import ConnectionOverride
    from bluecellab.synapse import SynapseConditions, build_synapses, resolve
    from tests.unit.synapse.making import ball, edges

    everyone = np.arange(4)
    with _in_a_folder() as folder, ball() as (cell, receiver):
        before = next(iter(cell.raw_sections())).L, runtime.raw_h().celsius, runtime.raw_h().tstop
        for text in HARMFUL:
            block = ConnectionOverride(name="bad", source="All", target="All", synapse_configure=text)
            with refused(error=AssignmentError):
                made = edges()
                resolved = resolve([block], made, lambda *_: everyone)
                build_synapses(made, receiver, SynapseConditions(), resolved)
            assert not list(folder.iterdir()), text
            assert objects.listing("Exp2Syn").count() == 0, text
        assert before == (next(iter(cell.raw_sections())).L, runtime.raw_h().celsius, runtime.raw_h().tstop)
        text = "%s.tau2 = (3 + 4) * 2 %s.tau1 = %s.tau2 / 14; %s.e -= 1e1"
        block = ConnectionOverride(name="good", source="All", target="All", synapse_configure=text)
        made = edges()
        group = build_synapses(
            made, receiver, SynapseConditions(), resolve([block], made, lambda *_: everyone)
        )
        for process in group.processes_of(np.arange(6)):
            assert (process.tau2, process.tau1, process.e) == (14.0, 1.0, -10.0)


@line
def line_b5_synapse_configure_of_a_configuration() -> None:
    from bluecellab.circuit.validation import validate
    from bluecellab.errors import AssignmentError
    from bluecellab.simulation import CircuitSimulation
    from tests.unit.simulation.circuit.small import write_network

    with _in_a_folder() as folder:
        config = write_network(folder / "network")
        sections = json.loads(config.read_text())
        for text in HARMFUL:
            block = {"name": "bad", "source": "All", "target": "All", "synapse_configure": text}
            config.write_text(json.dumps({**sections, "connection_overrides": [block]}))
            found = [problem for problem in validate(config) if "synapse_configure" in str(problem)]
            assert found or text in ONLY_WRONG_FOR_A_SYNAPSE, text
            with refused(error=AssignmentError), CircuitSimulation(config) as simulation:
                simulation.instantiate()
            assert [path.name for path in folder.iterdir()] == ["network"], text


@line
def line_b2_gap_junctions_without_their_mechanism() -> None:
    import numpy as np

    from bluecellab.circuit.access import EdgePopulation, Edges
    from bluecellab.errors import MissingMechanismError
    from bluecellab.nrn import objects
    from bluecellab.synapse import GapJunctions
    from tests.unit.synapse.making import ball

    names = (
        "conductance",
        "afferent_section_id",
        "afferent_section_pos",
        "afferent_junction_id",
        "efferent_junction_id",
    )
    population = EdgePopulation("gaps", "electrical", "NodeB", "NodeB", 1, names)
    edges = Edges(population, 3, np.array([0]), np.array([1]), dict.fromkeys(names, np.zeros(1)))
    with ball() as (_, receiver), GapJunctions() as gaps:
        with refused("Gap", "load_mechanisms", error=MissingMechanismError):
            gaps.add(edges, receiver)
        assert objects.listing("NetCon").count() == 0
