"""What a configuration may ask for is what there is."""

from __future__ import annotations

from bluecellab.spec.synapses import MODELS
from bluecellab.synapse.families import FAMILIES, family_of


def test_models_are_families() -> None:
    assert {family_of(name).mechanism for name in MODELS} == set(FAMILIES)
    assert set(FAMILIES) <= set(MODELS)
