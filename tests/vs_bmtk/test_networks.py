"""One configuration through BMTK and through us: the same spikes; potentials within 1e-9 mV, extracellular ones within 1e-9 of their peak.

Every module of inputs and of reports is covered; see ``tests.vs_bmtk.variants``. Where BMTK does not do what a
configuration says, a hand-written script (``tests.vs_bmtk.bare``) is the reference: see ``test_bare``.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from bluecellab.circuit.config.allen.inputs import INPUT_MODULES
from bluecellab.circuit.config.allen.reports import REPORT_MODULES
from tests.vs_bmtk.comparing import potential_of, same_connections, same_report, same_spikes, same_table
from tests.vs_bmtk.configs import config
from tests.vs_bmtk.networks import answer, need_peer, networks, write_config
from tests.vs_bmtk.ours import simulate
from tests.vs_bmtk.variants import CASES, FIELDS, Case

pytestmark = [pytest.mark.peers, pytest.mark.material, pytest.mark.timeout(600)]
need_peer()

ORDERS = {"time": "by_time", "id": "by_id", "none": "none"}
#: What BMTK writes that is no result.
_OTHER = {"config.json", "log.txt"}
#: Its own voltages move by this in mV, as BMTK inserts the mechanism ``extracellular`` where a potential is asked for.
_INSERTED = 1e-6
#: In mV; the last digit of a field outside is another, which spikes of fourteen cells magnify.
_MAGNIFIED = {"xstim": 1e-8, "comsol": 1e-8}


@pytest.fixture(scope="module")
def root() -> Path:
    return networks()


def of_case(case: Case, root: Path, folder: Path) -> tuple[Path, Path]:
    """Return our folder of output and BMTK's."""
    recorded = None if case.recurrent else answer(config(CASES["fourteen"], root))
    wanted = config(case, root, answer=recorded)
    return simulate(write_config(wanted, folder)), answer(wanted)


@pytest.mark.parametrize("name", [name for name in (*CASES, *FIELDS) if name != "seclamp"])
def test_same(root: Path, tmp_path: Path, name: str) -> None:
    case = {**CASES, **FIELDS}[name]
    ours, theirs = of_case(case, root, tmp_path)
    assert {path.name for path in theirs.iterdir()} - _OTHER <= {path.name for path in ours.iterdir()}
    order = ORDERS[(case.output or {}).get("spikes_sort_order", "none")]
    assert same_spikes(ours / "spikes.h5", theirs / "spikes.h5", ordered=order) > 0
    potentials = [path for path in theirs.glob("*.h5") if path.stem == "ecp"]
    for path in theirs.iterdir():
        if path in potentials:
            same_potential(ours / path.name, path)
        elif path.is_dir():
            same_folder(ours / path.name, path)
        elif path.suffix == ".csv":
            same_table(ours / path.name, path, ordered=order)
        elif path.name != "spikes.h5" and path.suffix == ".h5":
            same_report(
                ours / path.name, path, within=_INSERTED if potentials else _MAGNIFIED.get(name, 1e-9)
            )


def same_potential(ours: Path, theirs: Path) -> None:
    (found, at), (wanted, times) = potential_of(ours), potential_of(theirs)
    assert np.allclose(at, times, atol=1e-12)
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= 1e-9 * np.abs(wanted).max()


def same_folder(ours: Path, theirs: Path) -> None:
    """Saved connections, or the parts that cells have in an extracellular potential."""
    for path in theirs.iterdir():
        if theirs.name == "saved":
            assert same_connections(ours / path.name, path) > 0
        else:
            found, wanted = potential_of(ours / path.name)[0], potential_of(path)[0]
            assert np.abs(found - wanted).max() <= 2e-9 * np.abs(wanted).max()


@pytest.mark.parametrize("name", ["fourteen", "sixty"])
def test_merged(root: Path, tmp_path: Path, name: str) -> None:
    """Equal synapses of a segment as one: the same spikes."""
    wanted = config(CASES[name], root)
    ours = simulate(write_config(wanted, tmp_path), merge=True)
    assert same_spikes(ours / "spikes.h5", answer(wanted) / "spikes.h5") > 0


def test_split(root: Path, tmp_path: Path) -> None:
    """A configuration in three files, in paths relative to them: the answer of the same in one."""
    whole = config(CASES["one"], root)
    parts = {
        "circuit.json": ("components", "networks"),
        "simulation.json": ("run", "conditions", "node_sets"),
    }
    rest = {key: value for key, value in whole.items() if not any(key in keys for keys in parts.values())}
    (tmp_path / "parts").mkdir()
    for name, keys in parts.items():
        content = {"manifest": whole["manifest"], **{key: whole[key] for key in keys}}
        (tmp_path / "parts" / name).write_text(json.dumps(content))
    split = {**rest, "network": "parts/circuit.json", "simulation": "${configdir}/parts/simulation.json"}
    split["manifest"] = {**split["manifest"], "$NET": str(tmp_path / "link")}
    (tmp_path / "link").symlink_to(root / "one")
    split["output"] = {**split["output"], "log_level": "DEBUG", "quiet_simulator": True}
    ours, theirs = simulate(write_config(split, tmp_path)), answer(whole)
    for name in ("soma.h5", "everywhere.h5"):
        same_report(ours / name, theirs / name)
    assert same_spikes(ours / "spikes.h5", theirs / "spikes.h5") > 0


def test_population_of_spikes(root: Path, tmp_path: Path) -> None:
    """A documented difference: of several populations in a file BMTK takes the first, and we that of the fibres."""
    one_of_two = CASES["two populations"]
    block = dict((one_of_two.inputs or {})["lgn"])
    del block["population"]
    anyone = dataclasses.replace(one_of_two, inputs={"lgn": block})
    ours, theirs = of_case(anyone, root, tmp_path)
    same_spikes(ours / "spikes.h5", answer(config(one_of_two, root)) / "spikes.h5")
    with pytest.raises(AssertionError):
        same_spikes(ours / "spikes.h5", theirs / "spikes.h5")


def test_every_module_is_covered(root: Path) -> None:
    """All but probes, which need pynwb there, and reports of clamps, of which BMTK writes no values."""
    blocks: dict[str, set[str]] = {"inputs": set(), "reports": set()}
    for case in (*CASES.values(), *FIELDS.values()):
        made = config(case, root)
        for section, modules in blocks.items():
            modules |= {block["module"] for block in made[section].values()}
    assert set(INPUT_MODULES) - blocks["inputs"] == {"ecephys_probe"}
    other_names = {"multimeter", "multimeter_report"}  # of membrane_report
    assert set(REPORT_MODULES) - blocks["reports"] - other_names == {"clamp_report"}


def test_networks_are_as_large_as_said(root: Path) -> None:
    import h5py

    with h5py.File(root / "sixty/network/cortex_cortex_edges.h5") as file:
        drawn = int(file["edges/cortex_to_cortex/0/nsyns"][:].sum())
    with h5py.File(root / "sixty/network/lgn_cortex_edges.h5") as file:
        placed = len(file["edges/lgn_to_cortex/0/sec_id"])
    assert abs(drawn + placed - 10_000) < 250, (drawn, placed)
