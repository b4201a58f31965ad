"""``bluecellab info``: what is in a circuit, and what a simulation does with it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bluecellab.cli.tables import table
from bluecellab.errors import BluecellabError

if TYPE_CHECKING:
    from bluecellab.circuit.access import CircuitAccess
    from bluecellab.circuit.allen import AllenCircuit
    from bluecellab.spec.simulation import SimulationConfig

__all__ = ["add_parser"]

Row = Mapping[str, object]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command to the command line."""
    parser = subparsers.add_parser(
        "info",
        help="show what is in a circuit or a simulation configuration",
        description="Show populations, node sets and numbers of edges of a circuit; and, of a simulation, "
        "its inputs, changes and reports. NEURON is not started.",
    )
    parser.add_argument(
        "config",
        type=Path,
        help="the configuration of a simulation or of a circuit, of either dialect of SONATA",
    )
    parser.add_argument(
        "--confine-to", type=Path, metavar="FOLDER", help="refuse paths outside of this folder"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    facts = gather(arguments.config, confine_to=arguments.confine_to)
    if arguments.json:
        print(json.dumps(facts, indent=1))
    else:
        print("\n\n".join(_blocks(facts)))
    return 0


def gather(path: Path, *, confine_to: Path | None = None) -> dict[str, object]:
    """Return what there is to say about a configuration, as plain values.

    Parameters
    ----------
    path
        The configuration of a simulation or of a circuit, of either dialect of SONATA.
    confine_to
        A folder that no path may leave.

    Raises
    ------
    ConfigError, CircuitError
        If it, or its circuit, cannot be read.
    """
    from bluecellab.circuit.config import is_circuit_config, read_config
    from bluecellab.circuit.obi import ObiCircuit
    from bluecellab.circuit.opening import open_circuit
    from bluecellab.spec.simulation import SimulationConfig

    if is_circuit_config(path, confine_to=confine_to):
        with open_circuit(path, confine_to=confine_to) as circuit:
            return {"circuit": str(path), **_of_circuit(circuit)}
    config = read_config(path, confine_to=confine_to)
    opened: ObiCircuit | AllenCircuit
    if isinstance(config, SimulationConfig):
        facts = _of_simulation(config)
        opened = ObiCircuit(config.network, node_sets_file=config.node_sets_file, confine_to=confine_to)
    else:
        from bluecellab.circuit.allen import AllenCircuit
        from bluecellab.cli.info_allen import facts_of_allen

        facts = facts_of_allen(config)
        opened = AllenCircuit(config.circuit, confine_to=confine_to)
    with opened as circuit:
        return {"simulation": config.path, "circuit": config.network, **_of_circuit(circuit), **facts}


def _of_circuit(circuit: CircuitAccess) -> dict[str, object]:
    nodes = [
        {"population": name, "type": each.kind, "nodes": each.size}
        for name, each in circuit.node_populations.items()
    ]
    edges = [
        {
            "population": name,
            "type": each.kind,
            "source": each.source,
            "target": each.target,
            "edges": each.size,
        }
        for name, each in circuit.edge_populations.items()
    ]
    return {"nodes": nodes, "edges": edges, "node_sets": list(_node_sets(circuit))}


def _node_sets(circuit: CircuitAccess) -> Iterator[Row]:
    """Give each node set with its size in each population; or what is wrong with it."""
    for name in circuit.node_set_names:
        try:
            found = circuit.node_set(name)
        except BluecellabError as error:
            yield {"node set": name, "nodes": 0, "of": f"wrong: {error}"}
            continue
        counts = {population: len(ids) for population, ids in found.items() if len(ids)}
        of = ", ".join(f"{population} {count}" for population, count in counts.items())
        yield {"node set": name, "nodes": sum(counts.values()), "of": of or "empty"}


def _of_simulation(config: SimulationConfig) -> dict[str, object]:
    run, seeds, conditions = config.run, config.seeds, config.conditions
    facts = {
        "node set": config.node_set or "all that are not virtual",
        "run": f"{run.tstop:g} ms, dt {run.dt:g} ms, {run.integration_method}",
        "seeds": f"random {seeds.base}, synapse {seeds.synapse}, minis {seeds.minis}, "
        f"stimulus {seeds.stimulus}, ionchannel {seeds.ionchannel}",
        "conditions": f"{conditions.celsius:g} degC, v_init {conditions.v_init:g} mV, "
        f"spikes at the {conditions.spike_location} above {run.spike_threshold:g} mV",
        "output": config.output.directory,
    }
    if conditions.extracellular_calcium is not None:
        facts["calcium"] = f"{conditions.extracellular_calcium:g} mM"
    return {
        "settings": [{"setting": name, "value": value} for name, value in facts.items()],
        "inputs": [
            {
                "input": each.name,
                "module": each.stimulus.type,
                "target": each.node_set or each.compartment_set or "",
                "delay ms": getattr(each.stimulus, "delay", 0.0),
                "duration ms": getattr(each.stimulus, "duration", 0.0),
            }
            for each in config.inputs
        ],
        "modifications": [
            {
                "modification": each.name,
                "type": each.type,
                "target": getattr(each, "node_set", None) or getattr(each, "compartment_set", ""),
            }
            for each in config.modifications
        ],
        "connection_overrides": [
            {
                "override": each.name,
                "source": each.source,
                "target": each.target,
                "sets": ", ".join(_set_by(each.to_dict())),
            }
            for each in config.connection_overrides
        ],
        "reports": [
            {
                "report": each.name,
                "type": each.type,
                "of": each.compartment_set or each.cells or config.node_set or "all",
                "sections": "" if each.compartment_set else each.sections,
                "variable": each.variable_name,
                "dt ms": each.dt,
                "from ms": each.start_time,
                "to ms": each.end_time,
                "file": each.output_name,
            }
            for each in config.reports
        ],
    }


def _set_by(override: Mapping[str, object]) -> Iterator[str]:
    for name, value in override.items():
        if value is not None and name not in ("name", "source", "target"):
            yield f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"


def _blocks(facts: Mapping[str, object]) -> Iterator[str]:
    """Give the heading, and a table for each kind of things that there are."""
    heads = [f"{name}: {facts[name]}" for name in ("simulation", "circuit") if name in facts]
    yield "\n".join(heads)
    for rows in facts.values():
        if isinstance(rows, list) and rows:
            yield table(list(_rows(rows)))


def _rows(things: Sequence[Row]) -> Iterator[list[str]]:
    yield [name.upper() if name == name.lower() else name for name in things[0]]
    for thing in things:
        yield [f"{value:g}" if isinstance(value, float) else str(value) for value in thing.values()]
