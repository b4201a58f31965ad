"""Models of synapses by the name of their template, with parameters from JSON files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bluecellab.errors import SynapseError
from bluecellab.spec.functions import SYNAPSE_MODELS

__all__ = ["MODELS", "Dynamics", "DynamicsFiles", "FileFinder", "Model", "model_of", "sign_of"]

_SAME_NAME = ("tau_1", "tau_r0", "tau_FDR")


@dataclass(frozen=True)
class Model:
    """A model of synapses of our own.

    Parameters
    ----------
    mechanism
        What it is made of.
    parameters
        For each parameter of the mechanism the names under which it may be in the file.
    linear
        Whether several of equal parameters on a segment do what one does.
    """

    mechanism: str
    parameters: Mapping[str, tuple[str, ...]]
    linear: bool = False

    def values(self, dynamics: Dynamics, what: str) -> dict[str, float]:
        """Return the parameters of the mechanism.

        Raises
        ------
        SynapseError
            If one is missing, or no number.
        """
        found = {}
        for parameter, names in self.parameters.items():
            name = next((name for name in names if name in dynamics.values), None)
            if name is None:
                raise SynapseError(
                    f"{what}: synapses of {self.mechanism} need {names[0]!r}, which "
                    f"{dynamics.path or 'dynamics_params (none are given)'} does not have; it has "
                    f"{', '.join(sorted(dynamics.values)) or 'nothing'}"
                )
            found[parameter] = _number(dynamics.values[name], name, dynamics.path)
            if self.linear and parameter.startswith("tau") and found[parameter] <= 0:
                raise SynapseError(
                    f"{dynamics.path}: {name!r} is a time in ms above 0, not {found[parameter]:g}"
                )
        return found


_EXP2SYN = Model("Exp2Syn", {"e": ("erev",), "tau1": ("tau1",), "tau2": ("tau2",)}, linear=True)

MODELS: Mapping[str, Model] = {
    "Exp2Syn": _EXP2SYN,
    "exp2syn": _EXP2SYN,
    "expsyn": Model("ExpSyn", {"e": ("erev",), "tau": ("tau1",)}, linear=True),
    "stp2syn": Model(
        "stp2syn", {"e": ("erev", "e"), "p0": ("p0",), **{name: (name,) for name in _SAME_NAME}}
    ),
    "stp5syn": Model(
        "stp5syn",
        {
            "e": ("erev", "e"),
            **{name: (name,) for name in (*_SAME_NAME, "a_FDR", "a_D", "a_i", "a_f", "pbtilde")},
        },
    ),
}
"""Models by template; one of the same name that a user has registered comes first."""


@dataclass(frozen=True, eq=False)
class Dynamics:
    """What a file of parameters says.

    Parameters
    ----------
    path
        The file; empty if there is none.
    values
        Its content.
    """

    path: str
    values: Mapping[str, object]


class FileFinder(Protocol):
    """Finds files of a circuit's components."""

    def component_file(self, component: str, name: str, what: str) -> str:
        """Return the absolute path of a file in the folders of a component."""


class DynamicsFiles:
    """Files of parameters, each read once.

    Parameters
    ----------
    finder
        Finds them.
    """

    def __init__(self, finder: FileFinder) -> None:
        self._finder = finder
        self._read: dict[str, Dynamics] = {"": Dynamics("", {})}

    def of(self, name: str, what: str) -> Dynamics:
        """Return what a file says.

        Parameters
        ----------
        name
            As ``dynamics_params`` has it; an empty text stands for no file.
        what
            Whose it is, for messages.

        Raises
        ------
        CircuitError
            If there is no such file.
        SynapseError
            If it is no JSON object.
        """
        if name not in self._read:
            path = self._finder.component_file("synaptic_models_dir", name, f"dynamics_params of {what}")
            try:
                values = json.loads(Path(path).read_text(encoding="utf-8"))
            except (OSError, ValueError, RecursionError) as error:
                raise SynapseError(
                    f"{path}, the dynamics_params of {what}, cannot be read as JSON: {error}"
                ) from error
            if not isinstance(values, dict):
                raise SynapseError(
                    f"{path}, the dynamics_params of {what}, must be a JSON object of parameters by name"
                )
            self._read[name] = Dynamics(path, values)
        return self._read[name]


def model_of(template: str, what: str) -> Model | None:
    """Return the model of a template; None if a user has registered one of that name.

    Raises
    ------
    SynapseError
        If there is none.
    """
    if template in SYNAPSE_MODELS:
        return None
    if template not in MODELS:
        asked = f"synapse model {template!r}" if template else "no synapse model (model_template)"
        known = ", ".join(sorted({*MODELS, *SYNAPSE_MODELS}))
        raise SynapseError(
            f"{what} asks for {asked}; there are {known}. Others are functions "
            "f(dynamics_params, x, section), registered by @synapse_model"
        )
    return MODELS[template]


def _number(value: object, name: str, path: str) -> float:
    try:
        number = float(str(value)) if not isinstance(value, bool) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise SynapseError(f"{path}: {name!r} must be a number, not {value!r}")
    return number


def sign_of(dynamics: Dynamics, what: str) -> float:
    """Return the sign of events on point cells.

    Raises
    ------
    SynapseError
        If the file has none.
    """
    if "sign" not in dynamics.values:
        raise SynapseError(
            f"{what}: edges with nsyns to point cells need 'sign', 1 or -1, which "
            f"{dynamics.path or 'dynamics_params (none are given)'} does not have"
        )
    return _number(dynamics.values["sign"], "sign", dynamics.path)
