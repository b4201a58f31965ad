"""Synapse models that circuits bring along as hoc templates."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bluecellab import load_mechanisms
from bluecellab.circuit.helpers import find_helper, helper_folders
from bluecellab.errors import (
    ColumnError,
    MissingMechanismError,
    SynapseError,
    TemplateError,
)
from bluecellab.nrn import runtime
from bluecellab.spec.assignments import parse_assignments
from bluecellab.spec.simulation import Seeds
from bluecellab.synapse import ResolvedOverrides, SpikeSource, SynapseConditions, build_synapses, gids
from tests.material import material
from tests.unit.synapse.making import ball, chemical, edges, soma_trace, without

BUILT_IN = """
{load_file("RNGSettings.hoc")}
strdef MineHelper_NeededAttributes, MineHelper_UHillScaleVariables
MineHelper_NeededAttributes = "tau1;Use_x"
MineHelper_UHillScaleVariables = "Use_x"

begintemplate MineHelper
public synapse, seen, text
external randomize_Gaba_risetime
objref synapse, seen, settings
strdef text
proc init() { // gid + 1, parameters, x, sid, base seed, populations
    synapse = new Exp2Syn($3)
    synapse.tau1 = $o2.tau1
    synapse.tau2 = $o2.DTC
    settings = new RNGSettings()
    text = randomize_Gaba_risetime
    seen = new Vector()
    seen.append($1, $3, $4, $5, $6, $7)
    seen.append($o2.sgid, $o2.delay, $o2.weight, $o2.U, $o2.D, $o2.F, $o2.synType, $o2.nrrp)
    seen.append($o2.u_hill_coefficient, $o2.conductance_ratio, $o2.isec, $o2.ipt, $o2.offset)
    seen.append($o2.maskValue, $o2.location, $o2.Use_x, settings.getSynapseSeed(), settings.getRNGMode())
    settings = new RNGSettings()
}
endtemplate MineHelper
"""

STOCHASTIC = """
begintemplate ReleaseHelper
public synapse
objref synapse, settings
external synapseSeed
proc init() {
    synapse = new ProbAMPANMDA_EMS($3)
    synapse.tau_d_AMPA = $o2.DTC
    synapse.Use = abs($o2.U)
    synapse.Dep = abs($o2.D)
    synapse.Fac = abs($o2.F)
    synapse.Nrrp = $o2.nrrp
    synapse.synapseID = $4
    if ($o2.conductance_ratio >= 0) synapse.NMDA_ratio = $o2.conductance_ratio
    settings = new RNGSettings()
    synapse.setRNG($1 + 250, $4 + 100, $6 * 65536 + $7 + settings.getSynapseSeed() + 300)
}
endtemplate ReleaseHelper
"""

DETERMINISTIC = """
begintemplate DetAMPANMDAHelper
public synapse
objref synapse
proc init() {
    synapse = new DetAMPANMDA($3)
    synapse.Use = 0.123
}
endtemplate DetAMPANMDAHelper
"""


def overridden(count, model, chosen=slice(None)):
    numbers = np.zeros(count, dtype=np.int64)
    numbers[chosen] = 1
    return dataclasses.replace(ResolvedOverrides.none(count), model=numbers, models=(None, model))


def conditions(folder, **others):
    return SynapseConditions(helper_folders=(folder,), **others)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOC_LIBRARY_PATH", raising=False)
    made = tmp_path / "circuit"
    made.mkdir()
    (made / "MineHelper.hoc").write_text(BUILT_IN)
    (made / "ReleaseHelper.hoc").write_text(STOCHASTIC)
    return made


def mine():
    return edges(
        "chemical",
        u_syn=np.linspace(0.4, 0.6, 6),
        depression_time=100.0,
        facilitation_time=[1, 2, 3, 4, 5, 6],
        decay_time=2.0,
        syn_type_id=120,
        n_rrp_vesicles=2,
        u_hill_coefficient=2.0,
        Use_x=0.5,
    )


def test_a_helper_gets_everything_and_its_synapses_are_as_others(folder):
    made = mine()
    seeds = Seeds(base=5, synapse=17)
    with ball() as (cell, receiver), SpikeSource() as source:
        group = build_synapses(
            made,
            receiver,
            conditions(folder, seeds=seeds, extracellular_calcium=1.5, randomize_gaba_rise_time=True),
            dataclasses.replace(
                overridden(6, "Mine", slice(3)),
                models=(None, "Mine"),
                model=np.ones(6, dtype=np.int64),
                configure=[(np.arange(6) < 2, parse_assignments("%s.e = -7"))],
            ),
        )
        listing = runtime.raw_h().List(find_template("MineHelper"))
        instances = sorted((listing.o(i) for i in range(6)), key=lambda made: made.seen.x[2])
        factor = (2.0**4 + 16) / 16 * 1.5**4 / (2.0**4 + 1.5**4)
        source_id, target_id = receiver.numbers_of(made)
        for index, instance in enumerate(instances):
            position = made.columns["afferent_section_pos"][index]
            expected = [1004, position, index, 5, source_id, target_id]
            expected += [
                made.sources[index],
                made.columns["delay"][index],
                made.columns["conductance"][index],
            ]
            expected += [made.columns["u_syn"][index] * factor, 100, index + 1, 120, 2, 2, -1]
            expected += [made.columns["afferent_section_id"][index], -1, position, -1, 0.5]
            assert list(instance.seen) == pytest.approx([*expected, 0.5 * factor, 17, 1], rel=1e-12)
            assert instance.text == "True"
        del instance, instances, listing
        assert [synapse.mech_name for synapse in group] == ["Exp2Syn"] * 6
        assert [synapse.hsynapse.e for synapse in group] == [-7, -7, 0, 0, 0, 0]
        assert not group.made.inhibitory.any()
        assert runtime.raw_h().synapseSeed == 0
        assert runtime.raw_h().randomize_Gaba_risetime == "False"
        first = gids.allocate(source.scope, 1)
        source.add_trains({first: [1.0]})
        group.connect(dict.fromkeys(range(4), first), "replay")
        assert np.ptp(soma_trace(cell, 5.0, source)) > 1


def find_template(name):
    from bluecellab.nrn import templates

    return next(known for known in templates.loaded_names() if known.startswith(name))


def test_a_helper_of_a_stochastic_synapse_is_bitwise_the_family(folder):
    load_mechanisms(material().mechanisms["sscx"])
    made = chemical(40, 2)
    made.columns["syn_type_id"][:] = 120
    traces, synapses = [], []
    for resolved in (ResolvedOverrides.none(40), overridden(40, "Release")):
        with ball() as (cell, receiver), SpikeSource() as source:
            group = build_synapses(made, receiver, conditions(folder, seeds=Seeds(synapse=3)), resolved)
            first = gids.allocate(source.scope, 1)
            source.add_trains({first: np.arange(1.0, 30.0)})
            group.connect(dict.fromkeys(range(4), first), "replay")
            traces.append(soma_trace(cell, 35.0, source))
            synapses.append([synapse.parameters for synapse in group])
    assert np.array_equal(*traces)
    assert synapses[0] == synapses[1]


def test_some_synapses_by_a_helper_and_others_not(folder):
    load_mechanisms(material().mechanisms["sscx"])
    made = chemical(20, 2)
    mask = np.arange(20) % 3 == 0
    with ball() as (_, receiver):
        group = build_synapses(made, receiver, conditions(folder), overridden(20, "Release", mask))
        types = made.columns["syn_type_id"] >= 100
        for synapse, by_helper, excitatory in zip(group, mask, types, strict=True):
            expected = "ProbAMPANMDA_EMS" if by_helper or excitatory else "ProbGABAAB_EMS"
            assert synapse.mech_name == expected
            assert synapse.hsynapse.synapseID == synapse.syn_id[1]
            assert synapse.hsynapse.conductance == synapse.conductance


def test_where_helpers_are_looked_for(folder, tmp_path, monkeypatch):
    first = tmp_path / "listed"
    first.mkdir()
    monkeypatch.setenv("HOC_LIBRARY_PATH", f"{tmp_path / 'nowhere'}:{first}")
    assert find_helper("Mine", (folder,)) == folder / "MineHelper.hoc"
    (first / "MineHelper.hoc").write_text("// another")
    assert find_helper("Mine", (folder,)) == first / "MineHelper.hoc"
    (tmp_path / "MineHelper.hoc").write_text("// a third")
    found = find_helper("Mine", (folder,))
    assert found is not None
    assert found.resolve() == tmp_path / "MineHelper.hoc"
    assert helper_folders((folder,))[1:] == (tmp_path / "nowhere", first, folder)
    assert find_helper("Other", (folder,)) is None
    (tmp_path / "xHelper.hoc").write_text("")
    for not_a_name in ("../x", "circuit/Mine", "", "a b", "/etc/x"):
        assert find_helper(not_a_name, (folder,)) is None


def test_the_model_of_a_circuit_comes_before_ours(folder):
    load_mechanisms(material().mechanisms["sscx"])
    made = chemical(5, 2)
    with ball() as (_, receiver):
        group = build_synapses(made, receiver, conditions(folder), overridden(5, "DetAMPANMDA"))
        assert group.synapse(0).hsynapse.Use == made.columns["u_syn"][0]
    (folder / "DetAMPANMDAHelper.hoc").write_text(DETERMINISTIC)
    with ball() as (_, receiver):
        group = build_synapses(made, receiver, conditions(folder), overridden(5, "DetAMPANMDA"))
        assert group.synapse(0).hsynapse.Use == 0.123


def helper_text(prefix, body="", before=""):
    return (
        f"{before}\nbegintemplate {prefix}\npublic synapse\nobjref synapse\n"
        f"proc init() {{\n{body}\n}}\nendtemplate {prefix}\n"
    )


def global_text(name, value):
    return f'strdef {name}\n{name} = "{value}"'


WRONG = [
    ("// nothing", TemplateError, "no 'begintemplate NAME'"),
    (helper_text("Other"), TemplateError, "must define the template WrongHelper; it defines Other"),
    (helper_text("WrongHelper"), TemplateError, "makes no synapse: a helper has 'public synapse'"),
    (
        helper_text("WrongHelper", 'synapse = new ExpSyn($3)\nexecerror("it is Monday", "")'),
        TemplateError,
        "it is Monday",
    ),
    (helper_text("WrongHelper", "synapse = new NoSuchSynapse($3)"), MissingMechanismError, "NoSuchSynapse"),
    (helper_text("WrongHelper", "quit()"), TemplateError, "quit"),
    (
        helper_text("WrongHelper", before=global_text("WrongHelper_NeededAttributes", "colour")),
        ColumnError,
        "colour",
    ),
    (
        helper_text("WrongHelper", before=global_text("WrongHelper_UHillScaleVariables", "colour")),
        SynapseError,
        "does not list it in WrongHelper_NeededAttributes",
    ),
]


@pytest.mark.parametrize(("text", "error", "says"), WRONG)
def test_what_is_wrong_with_a_helper(folder, text, error, says):
    (folder / "WrongHelper.hoc").write_text(text)
    with ball() as (_, receiver), pytest.raises(error, match=says):
        build_synapses(mine(), receiver, conditions(folder), overridden(6, "Wrong"))


def test_helpers_and_attributes_that_are_not_there(folder):
    with ball() as (_, receiver), pytest.raises(SynapseError, match="no synapse model 'Other'.*circuit"):
        build_synapses(mine(), receiver, conditions(folder), overridden(6, "Other"))
    with ball() as (_, receiver), pytest.raises(ColumnError, match="u_syn"):
        build_synapses(without(mine(), "u_syn"), receiver, conditions(folder), overridden(6, "Mine"))
