"""Synapses by hand, in the way services use them."""

from __future__ import annotations

import gc
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from bluecellab.compat import Connection, Simulation, create_ball_stick
from bluecellab.compat.cell.point_process import HocPointProcessCell
from bluecellab.compat.circuit.config.sections import Conditions
from bluecellab.compat.circuit.synapse_properties import SynapseProperty
from bluecellab.compat.exceptions import SectionDoesNotExistError
from bluecellab.compat.point import PointProcessConnection, PointProcessConnParameters
from bluecellab.compat.synapse import Exp2Syn, SynapseFactory, synapse_helpers
from bluecellab.compat.synapse.synapse_factory import SynapseType
from bluecellab.compat.synapse.synapse_helpers import helper_available
from bluecellab.compat.synapse.synapse_types import GenericSpikeSynapse, Synapse, SynapseHocArgs, SynapseID
from bluecellab.errors import CellError, CircuitWarning, ClosedError, NotRecordedError, SynapseError
from bluecellab.nrn import runtime
from bluecellab.results.sonata import write_spikes
from bluecellab.spec.base import CellId

KEY = SynapseID("edges", 0)
NOTHING = Conditions(celsius=34.0, v_init=-65.0, randomize_gaba_rise_time=True)


@pytest.fixture(scope="module", autouse=True)
def _started() -> None:
    runtime.start()


def description(**changes: object) -> pd.Series:
    words = {
        SynapseProperty.PRE_GID: 3,
        SynapseProperty.AXONAL_DELAY: 1.0,
        SynapseProperty.POST_SECTION_ID: 1,
        SynapseProperty.AFFERENT_SECTION_POS: 0.4,
        SynapseProperty.G_SYNX: 0.002,
        "tau1": 0.5,
        "tau2": 3.0,
        "erev": 0.0,
        "source_population_name": "X",
    }
    return pd.Series({**words, **changes}, dtype=object)


@pytest.fixture
def cell():
    with create_ball_stick() as made:
        yield made


def add(cell, modifiers=None, **changes):
    cell.add_replay_synapse(KEY, description(**changes), modifiers or {}, NOTHING, (1, 2), 1.1)
    return cell.synapses[KEY]


def voltage(*cells, t_stop=30.0):
    with Simulation() as simulation:
        for cell in cells:
            simulation.add_cell(cell)
        simulation.run(t_stop, cvode=False)
    return cells[0].get_soma_voltage()


def test_a_synapse_by_a_description(cell) -> None:
    synapse = add(cell, {"Weight": 2.0, "SynapseConfigure": ["%s.tau2 = 4"], "DelayWeights": [(5.0, 0.0)]})
    assert isinstance(synapse, Exp2Syn)
    assert isinstance(synapse, Synapse)
    assert synapse.hsynapse.tau2 == 4
    assert synapse.weight == 2
    assert (synapse.syn_id, synapse.pre_gid, synapse.pre_cell_id) == (KEY, 3, CellId("X", 3))
    assert (synapse.source_popid, synapse.target_popid) == (1, 2)
    assert (synapse.hoc_args.location, synapse.hoc_args.section) == (0.4, cell.sections["dend[0]"])
    assert synapse.mech_name == "Exp2Syn"
    assert (synapse.randseed1, synapse.randseed2, synapse.randseed3) == (None, None, None)
    assert synapse.synapseconfigure_cmds == ["%s.tau2 = 4"]
    assert synapse.delay_weights == [(5.0, 0.0)]
    info = synapse.info_dict
    assert info["synapse_id"] == KEY
    assert info["syn_description"]["tau1"] == 0.5
    assert cell.pre_gids() == [3]
    assert cell.pre_gid_synapse_ids(3) == [KEY]
    with pytest.raises(SynapseError, match="has no parameter 'nonsense'"):
        synapse.apply_hoc_configuration(["%s.nonsense = 1"])


def test_spikes_arrive(cell) -> None:
    synapse = add(cell)
    resting = voltage(cell)
    cell.connections[KEY] = connection = Connection(synapse, pre_spiketrain=[5.0, 10.0])
    assert (connection.weight, connection.delay) == (0.002, 1.0)
    assert connection.info_dict == {
        "pre_cell_id": 3,
        "post_cell_id": cell.cell_id.id,
        "post_synapse_id": 0,
        "post_netcon": {"weight": 0.002, "delay": 1.0},
    }
    driven = voltage(cell)
    first = int(np.flatnonzero(driven != resting)[0])
    assert cell.get_time()[first] == pytest.approx(6.0, abs=0.1)
    connection.set_weight_scalar(0.0)
    assert np.array_equal(voltage(cell), resting)
    connection.set_netcon_weight(0.002)
    connection.set_netcon_delay(3.0)
    assert connection.post_netcon_delay == 3
    later = voltage(cell)
    assert cell.get_time()[int(np.flatnonzero(later != resting)[0])] == pytest.approx(8.0, abs=0.1)
    with pytest.raises(ValueError, match="0 ms or later"):
        Connection(synapse, pre_spiketrain=[-1.0])
    assert Connection(synapse).post_netcon is None


def test_a_cell_sends(cell) -> None:
    synapse = add(cell)
    resting = voltage(cell)
    sender = create_ball_stick()
    sender.add_step(2, 20, 1.0)
    connection = Connection(synapse, pre_cell=sender, spike_threshold=-20)
    assert connection.pre_cell is sender
    assert not np.array_equal(voltage(cell, sender), resting)
    sender.close()
    assert np.array_equal(voltage(cell), resting)
    del sender
    gc.collect()
    assert connection.pre_cell is None


def test_minis_and_delayed_weights(cell) -> None:
    synapse = add(cell)
    resting = voltage(cell)
    cell.add_replay_minis(KEY, description(), {}, (1, 2), (0.0, None))
    assert not cell.syn_mini_netcons
    cell.add_replay_minis(KEY, description(), {"SpontMinis": 300.0}, (1, 2), (0.0, None))
    assert cell.syn_mini_netcons[KEY].weight[0] == 0.002
    noisy = voltage(cell)
    assert not np.array_equal(noisy, resting)
    assert np.array_equal(voltage(cell), noisy)
    synapse.delete()
    with pytest.raises(ClosedError):
        _ = synapse.hsynapse
    assert np.array_equal(voltage(cell), resting)


def test_weights_are_delayed(cell) -> None:
    synapse = add(cell)
    cell.connections[KEY] = Connection(synapse, pre_spiketrain=[5.0, 20.0])
    both = voltage(cell)
    cell.add_replay_delayed_weight(KEY, 15.0, 0.0)
    for _ in range(2):  # in every run anew
        one = voltage(cell)
        times = cell.get_time()
        assert np.array_equal(one[times < 20], both[times < 20])
        assert not np.array_equal(one, both)
    assert cell.delayed_weights.get() == (15.0, (KEY, 0.0))
    with pytest.raises(NotRecordedError, match="has no synapse"):
        cell.add_replay_delayed_weight("other", 1.0, 1.0)


def test_spikes_of_a_file(cell, tmp_path) -> None:
    synapse = add(cell)
    train = np.array([2.0, 5.0, 10.0, 29.0])
    path = write_spikes(tmp_path / "input.h5", {"X": (train, np.full(4, 3))})
    stimulus = SimpleNamespace(spike_file=str(path), delay=4.0, duration=20.0)
    with pytest.raises(CellError, match="belongs to no circuit"):
        cell.add_synapse_replay(stimulus, -30.0, "soma")
    cell.connect_to_circuit(object())
    cell.connections[KEY] = old = Connection(synapse, pre_spiketrain=[1.0])
    cell.add_synapse_replay(stimulus, -30.0, "soma")
    assert cell.connections[KEY].pre_spiketrain.tolist() == [5, 10]
    assert old.post_netcon_weight == 0


def test_types_and_places(cell) -> None:
    assert SynapseFactory.determine_synapse_type({"TYPE": 5}) is SynapseType.GABAAB
    assert SynapseFactory.determine_synapse_type({"syn_type_id": 120}) is SynapseType.AMPANMDA
    assert SynapseFactory.determine_synapse_type(description()) is SynapseType.ALLEN_CHEMICAL
    with pytest.raises(SynapseError, match="needs ModOverride"):
        SynapseFactory.determine_synapse_type({"G_SYNX": 1.0})
    place = SynapseFactory.determine_synapse_location(description(), cell)
    assert place == SynapseHocArgs(0.4, cell.sections["dend[0]"])
    with pytest.raises(SectionDoesNotExistError, match="Section id 7 does not exist"):
        SynapseFactory.determine_synapse_location({"POST_SECTION_ID": 7, "AFFERENT_SECTION_POS": 0.5}, cell)
    assert SynapseFactory.synlocation_to_segx(cell.sections["dend[0]"], 10_000, 1.0) == 0.5
    assert round(Synapse.calc_u_scale_factor(2.79, 1.1), 4) == 0.1129
    assert Synapse.calc_u_scale_factor(None, 1.1) == 1
    assert Synapse.calc_u_scale_factor(2.79, None) == 1


def test_classes_by_hand(cell) -> None:
    place = SynapseHocArgs(0.25, cell.soma)
    made = Exp2Syn(cell.cell_id, place, KEY, description(), (0, 0), 5)
    assert made.hsynapse.get_segment().sec == cell.soma
    assert (made.post_gid, made.post_cell_id, made.hoc_args) == (5, cell.cell_id, place)
    with pytest.raises(SynapseError, match="needs mod_suffix"):
        GenericSpikeSynapse(cell.cell_id, place, KEY, description(), (0, 0), 5)
    with pytest.raises(SynapseError, match="no synapse model 'Nonsense'"):
        GenericSpikeSynapse(cell.cell_id, place, KEY, description(), (0, 0), 5, mod_suffix="Nonsense")
    assert not helper_available("Nonsense")
    with pytest.raises(FileNotFoundError, match="no NonsenseHelper.hoc in any of"):
        synapse_helpers.load_synapse_helper("Nonsense")
    cell.close()
    with pytest.raises(ClosedError):
        _ = made.hsynapse


HELPER = """
strdef OfCompatHelper_NeededAttributes, OfCompatHelper_UHillScaleVariables
OfCompatHelper_NeededAttributes = "volume_CR; rho0_GB"
OfCompatHelper_UHillScaleVariables = "volume_CR"
begintemplate OfCompatHelper
public synapse
objref synapse
proc init() { synapse = new ExpSyn($3) }
endtemplate OfCompatHelper
"""


def test_helpers_under_published_names(tmp_path) -> None:
    # a name of its own: what was loaded stays loaded for all tests of the process
    (tmp_path / "OfCompatHelper.hoc").write_text(HELPER)
    assert helper_available("OfCompat", [tmp_path])
    assert not helper_available("OfCompat")
    assert synapse_helpers.helper_loaded_from("OfCompat") is None
    name = synapse_helpers.load_synapse_helper("OfCompat", [tmp_path])
    assert hasattr(runtime.raw_h(), name)
    assert synapse_helpers.helper_loaded_from("OfCompat") == str(tmp_path / "OfCompatHelper.hoc")
    assert synapse_helpers.get_helper_needed_attributes("OfCompat", [tmp_path]) == ["volume_CR", "rho0_GB"]
    assert synapse_helpers.get_helper_uhill_scale_vars("OfCompat", [tmp_path]) == ["volume_CR"]
    with pytest.raises(FileNotFoundError, match="there is no NoneHelper.hoc in any of"):
        synapse_helpers.load_synapse_helper("None")
    with pytest.raises(AttributeError, match="build_helper_params: it was a step of making synapses"):
        _ = synapse_helpers.build_helper_params
    synapse_helpers.warn_if_not_random123("Random123")
    with pytest.warns(CircuitWarning, match="whatever the mode 'Compatibility' says"):
        synapse_helpers.warn_if_not_random123("Compatibility")


def test_point_cells_receive() -> None:
    with HocPointProcessCell(CellId("P", 0), "IntFire1") as cell:
        params = PointProcessConnParameters(1, 2.0, 1.5)
        connection = PointProcessConnection(params, cell, [5.0])
        assert (connection.post_netcon.weight[0], connection.post_netcon.delay) == (1.5, 2.0)
        with Simulation() as simulation:
            simulation.add_cell(cell)
            simulation.run(20, cvode=False)
        assert cell.get_spike_times() == pytest.approx([7.0])
        connection.delete()
    with create_ball_stick() as other, pytest.raises(SynapseError, match="is no point cell"):
        PointProcessConnection(params, other)
