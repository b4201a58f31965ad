"""What makes cells of the Allen dialect: hoc templates, NeuroML, artificial cells, functions of the user's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bluecellab import Cell, cell_model
from bluecellab.errors import (
    CellError,
    MissingMechanismError,
    TemplateError,
    TemplateNotFoundError,
)
from bluecellab.nrn import h
from tests.unit.cell.builders.allen.cells import Files

COMB = """\
begintemplate {name}
  public soma, dend, all, somatic, basal, number
  create soma, dend[1]
  objref all, somatic, basal, this
  proc init() {{ local i
    number = 2
    if (numarg() > 0) number = $1
    create soma, dend[number]
    all = new SectionList()
    somatic = new SectionList()
    basal = new SectionList()
    soma {{ L = 20 diam = {diameter} all.append() somatic.append() insert hh }}
    for i = 0, number - 1 {{
      connect dend[i](0), soma(1)
      dend[i] {{ L = 100 diam = 1 insert pas all.append() basal.append() }}
    }}
    {last}
  }}
endtemplate {name}
"""
READER = """\
begintemplate Wanting
  public soma, dend, apic, axon, all, somatic, basal, apical, axonal
  create soma[1], dend[1], apic[1], axon[1]
  objref all, somatic, basal, apical, axonal, this, painter
  proc init() { localobj reader, importer
    all = new SectionList()
    somatic = new SectionList()
    basal = new SectionList()
    apical = new SectionList()
    axonal = new SectionList()
    forall delete_section()
    reader = new Import3d_SWC_read()
    reader.input($s1)
    importer = new Import3d_GUI(reader, 0)
    importer.instantiate(this)
    painter = new Painter()
    painter.paint(this)
  }
endtemplate Wanting
"""
PAINTER = """\
begintemplate Painter
  public paint
  proc paint() {
    forsec $o1.all { insert pas g_pas = 0.00125 }
  }
endtemplate Painter
"""
NML = """\
<neuroml xmlns="http://www.neuroml.org/schema/neuroml2"><cell id="one"><biophysicalProperties id="b">
<membraneProperties>
<channelDensity condDensity="0.0007 S_per_cm2" id="g_pas" ion="non_specific" erev="-77.5 mV" ionChannel="pas"/>
<channelDensity condDensity="0.1 S_per_cm2" id="gnabar_hh" ion="na" erev="53.0 mV" ionChannel="hh" segmentGroup="soma"/>
<channelDensity condDensity="0.2 S_per_cm2" id="gnabar_hh" ion="na" erev="54.0 mV" ionChannel="hh" segmentGroup="soma"/>
<specificCapacitance value="1.5 uF_per_cm2" segmentGroup="soma"/>
<specificCapacitance value="2.5 uF_per_cm2" segmentGroup="dend"/>
</membraneProperties>
<intracellularProperties><resistivity value="99.5 ohm_cm"/></intracellularProperties>
</biophysicalProperties></cell></neuroml>
"""


# hoc: ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("params", "number"), [(None, 2), (5, 5), ([3], 3)])
def test_hoc_template(files: Files, params: object, number: int) -> None:
    hoc = files.write("comb.hoc", COMB.format(name="Comb", diameter=12, last=""))
    other = files.write("painter.hoc", PAINTER)
    fields: dict[str, Any] = {"template_files": (other, hoc), "morphology_path": None}
    if params is not None:
        fields["dynamics_file"] = files.write("p.json", json.dumps({"params": params}))
    for _ in range(2):
        with Cell.from_spec(files.cell("hoc:Comb", **fields)) as cell:
            assert list(cell.sections) == ["soma", *(f"dend[{index}]" for index in range(number))]
            assert cell.soma.diam == 12
            assert cell.sections["dend[0]"].nseg == 5
            assert cell.hoc.number == number


def test_template_that_has_changed(files: Files) -> None:
    for diameter in (11, 13):
        hoc = files.write("comb.hoc", COMB.format(name="Comb", diameter=diameter, last="// " * diameter))
        spec = files.cell("hoc:Comb", template_files=(hoc,), morphology_path=None)
        with Cell.from_spec(spec) as cell:
            assert cell.soma.diam == diameter


def test_template_that_makes_one_of_another_file(files: Files) -> None:
    paths = files.write("a.hoc", READER), files.write("b.hoc", PAINTER)
    with Cell.from_spec(files.cell("hoc:Wanting", template_files=paths)) as cell:
        assert cell.sections["dend[0]"].g_pas == 0.00125
        assert [one.name for one in cell.axonal] == ["axon[0]"]


def test_axon_of_a_foreign_template(files: Files) -> None:
    paths = files.write("a.hoc", READER), files.write("b.hoc", PAINTER)
    spec = files.cell("hoc:Wanting", "aibs_perisomatic", template_files=paths, dynamics_file=files.fit())
    with Cell.from_spec(spec) as cell:
        assert list(cell.sections)[-2:] == ["axon[0]", "axon[1]"]
        assert cell.sections["axon[1]"].L == 30
        assert cell.soma.gnabar_hh == 0.3


@pytest.mark.parametrize(("name", "last"), [("Biophys1", "axon[0]"), ("BioAxonStub", "axon[1]")])
def test_built_in_hoc_templates(files: Files, name: str, last: str) -> None:
    with Cell.from_spec(files.cell(f"hoc:{name}")) as cell:
        assert last in cell.sections


def test_template_that_no_file_has(files: Files) -> None:
    hoc = files.write("comb.hoc", COMB.format(name="Comb", diameter=12, last=""))
    with pytest.raises(TemplateNotFoundError, match=r"template Combe; there is Comb"):
        Cell.from_spec(files.cell("hoc:Combe", template_files=(hoc,)))
    with pytest.raises(TemplateNotFoundError, match="/nowhere"):
        Cell.from_spec(files.cell("hoc:Combe", template_files=("/nowhere/a.hoc",)))


def test_template_that_fails_late(files: Files) -> None:
    hoc = files.write("comb.hoc", COMB.format(name="Late", diameter=12, last='execerror("too late", "")'))
    with pytest.raises(TemplateError, match="Late"):
        Cell.from_spec(files.cell("hoc:Late", template_files=(hoc,), morphology_path=None))


# nml: ------------------------------------------------------------------------------------------------


def test_neuroml(files: Files) -> None:
    path = files.write("one.nml", NML)
    for _ in range(2):
        with Cell.from_spec(files.cell("nml:one.nml", template_files=(path,))) as cell:
            assert list(cell.sections)[-2:] == ["axon[0]", "axon[1]"]
            assert {one.Ra for one in cell.sections.values()} == {99.5}
            assert {(one.g_pas, one.e_pas) for one in cell.sections.values()} == {(0.0007, -77.5)}
            assert (cell.soma.gnabar_hh, cell.soma.ena, cell.soma.cm) == (0.2, 54, 1.5)
            assert cell.sections["dend[0]"].cm == 2.5
            assert not cell.sections["dend[0]"].has_membrane("hh")


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("<neuroml>", CellError, "as XML"),
        ("<neuroml/>", CellError, "no cell in NeuroML"),
        ('<!DOCTYPE n [<!ENTITY a "b">]><neuroml/>', CellError, "declares entities"),
        (NML.replace('ionChannel="hh"', ""), CellError, "no attribute 'ionChannel'"),
        (NML.replace("99.5 ohm_cm", "much"), CellError, "must begin with a number"),
        (NML.replace('ionChannel="hh"', 'ionChannel="Kv_none"'), MissingMechanismError, "Kv_none"),
        (NML.replace('id="gnabar_hh"', 'id="gnabar_hx"'), CellError, "gnabar_hx"),
    ],
)
def test_neuroml_that_is_wrong(files: Files, content: str, error: type[Exception], message: str) -> None:
    path = files.write("one.nml", content)
    with pytest.raises(error, match=message):
        Cell.from_spec(files.cell("nml:one.nml", template_files=(path,)))


def test_neuroml_that_is_missing(files: Files) -> None:
    with pytest.raises(CellError, match="/nowhere/one.nml cannot be read"):
        Cell.from_spec(files.cell("nml:one.nml", template_files=("/nowhere/one.nml",)))
    with pytest.raises(CellError, match="is not in biophysical_neuron_models_dir"):
        Cell.from_spec(files.cell("nml:one.nml"))


# nrn: ------------------------------------------------------------------------------------------------


def test_artificial_cell(files: Files) -> None:
    path = files.write("p.json", json.dumps({"tau": 0.024, "type": "NEURON_IntFire1", "refrac": 0.003}))
    spec = files.cell("nrn:IntFire1", model_type="point_neuron", dynamics_file=path, morphology_path=None)
    with Cell.from_spec(spec) as cell:
        assert (cell.artificial.tau, cell.artificial.refrac) == pytest.approx((24, 3))


def test_artificial_cell_that_is_none(files: Files) -> None:
    with pytest.raises(MissingMechanismError, match="IntFire1"):
        Cell.from_spec(files.cell("nrn:IntFire11", model_type="point_neuron"))
    path = files.write("p.json", json.dumps({"taux": 1}))
    with pytest.raises(CellError, match="'taux'"):
        Cell.from_spec(files.cell("nrn:IntFire2", model_type="point_neuron", dynamics_file=path))


def test_function_that_makes_an_artificial_cell(files: Files) -> None:
    @cell_model("nrn:IntFire1", "point_process")
    def load(cell: Any, template_name: str, dynamics_params: Any) -> Any:
        made = getattr(h, template_name)()
        made.tau = 12
        return made

    with Cell.from_spec(files.cell("nrn:IntFire1", model_type="point_process")) as cell:
        assert cell.artificial.tau == 12
        assert not cell.sections
