"""Cells through BMTK and through us: sections, geometry and every value of every mechanism, bit for bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bluecellab import Cell, load_mechanisms, run_isolated
from bluecellab.nrn import h
from bluecellab.nrn.biophysical import shaped_together
from bluecellab.spec.cells import AllenCell
from tests.material import material
from tests.vs_bmtk import networks
from tests.vs_neuron.geometry import geometry
from tests.vs_neuron.mechanisms import contents

pytestmark = [pytest.mark.peers, pytest.mark.material, pytest.mark.timeout(300)]
networks.need_peer()

PERISOMATIC = {
    "Scnn1a_473845048_m.swc": "472363762_fit.json",
    "Rorb_325404214_m.swc": "473863510_fit.json",
    "Nr5a1_471087815_m.swc": "473863035_fit.json",
    "Pvalb_470522102_m.swc": "472912177_fit.json",
    "Pvalb_469628681_m.swc": "473862421_fit.json",
}
ACTIVE = "318331342_fit.json"
BIOPHYS = "ctdb:Biophys1.hoc"
NML = """\
<neuroml xmlns="http://www.neuroml.org/schema/neuroml2"><cell id="one"><biophysicalProperties id="b">
<membraneProperties>
<channelDensity condDensity="2.5e-05 S_per_cm2" id="g_pas" ion="non_specific" erev="-88.5 mV" ionChannel="pas"
 segmentGroup="all"/>
<specificCapacitance segmentGroup="soma" value="1.25 uF_per_cm2"/>
<specificCapacitance segmentGroup="axon" value="1.5 uF_per_cm2"/>
<specificCapacitance segmentGroup="apic" value="2.5 uF_per_cm2"/>
<specificCapacitance segmentGroup="dend" value="2.25 uF_per_cm2"/>
<channelDensity condDensity="0.07 S_per_cm2" id="gbar_NaTs" ion="na" erev="53.0 mV" ionChannel="NaTs"
 segmentGroup="soma"/>
<channelDensity condDensity="0.3 S_per_cm2" id="gbar_Kv3_1" ion="k" erev="-107.0 mV" ionChannel="Kv3_1"
 segmentGroup="soma"/>
<channelDensityNernst condDensity="0.0005 S_per_cm2" id="gbar_Ca_HVA" ion="ca" ionChannel="Ca_HVA"
 segmentGroup="soma"/>
</membraneProperties>
<intracellularProperties>
<resistivity value="122.5 ohm_cm" segmentGroup="all"/>
<concentrationModel id="CaDynamics" type="CaDynamics" decay="55.5 ms" gamma="0.0125" minCai="0.0001 mM"
 segmentGroup="soma"/>
</intracellularProperties></biophysicalProperties></cell></neuroml>
"""


def cases(folder: str) -> list[tuple[str, str | None, str | None, str]]:
    """Return morphology, fit, processing and template of each case."""
    found: list[tuple[str, str | None, str | None, str]] = []
    for kind in ("", "_directed"):
        for morphology, fit in PERISOMATIC.items():
            found.append((morphology, fit, f"aibs_perisomatic{kind}", BIOPHYS))
            found.append((morphology, ACTIVE, f"aibs_allactive{kind}", BIOPHYS))
    first, fit = next(iter(PERISOMATIC.items()))
    found.append((first, None, None, "ctdb:Biophys1"))
    found.append((first, None, "aibs_perisomatic", "ctdb:Biophys1"))
    found.append((first, fit, "aibs_perisomatic,extracellular", BIOPHYS))
    found.append((first, None, None, f"nml:{folder}/one.nml"))
    return found


def compare(folder: str, wheel: str) -> None:
    """Build the cells, alone and together, and compare each with BMTK's."""
    load_mechanisms(f"{wheel}/mechanisms/modfiles")
    h.celsius, h.v_init = 34.0, -80.0
    for together in (False, True):
        for number, (morphology, fit, processing, template) in enumerate(cases(folder)):
            spec = AllenCell(
                template=template,
                template_files=(f"{folder}/one.nml",) if template.startswith("nml:") else (),
                morphology_path=f"{wheel}/morphologies/{morphology}",
                dynamics_file=fit and f"{wheel}/biophysical_neuron_models/{fit}",
                processing=tuple(processing.split(",")) if processing else (),
            )
            made = [Cell.from_spec(spec), Cell.from_spec(spec)] if not together else _both(spec)
            h.finitialize(-80.0)
            for place, cell in enumerate(made):
                _same(cell, Path(folder) / f"{2 * number + place}.npz")
                cell.close()


def _both(spec: AllenCell) -> list[Cell]:
    with shaped_together():
        return [Cell.from_spec(spec), Cell.from_spec(spec)]


def _same(cell: Cell, path: Path) -> None:
    sections: dict[str, Any] = {name: section.raw for name, section in cell.sections.items()}
    ours = geometry(sections) | contents(sections)
    with np.load(path) as theirs:
        assert set(theirs) == set(ours)
        for name in theirs:
            np.testing.assert_array_equal(ours[name], theirs[name], err_msg=f"{path}: {name}")


def test_cells_are_bit_for_bit_those_of_the_peer(tmp_path: Path) -> None:
    found = material()
    wheel = found.packages / "bmtk/bmtk/utils/scripts/bionet"
    library = networks.library(networks.networks())
    (tmp_path / "cases.json").write_text(json.dumps(cases(str(tmp_path))))
    (tmp_path / "one.nml").write_text(NML)
    script = Path(__file__).with_name("oracle_cells.py")
    networks.ask(
        [networks.PYTHON, str(script), str(library), str(wheel), str(tmp_path / "cases.json"), str(tmp_path)],
        tmp_path,
    )
    run_isolated(compare, str(tmp_path), str(wheel))
