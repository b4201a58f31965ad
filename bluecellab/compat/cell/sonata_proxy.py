"""What the circuit knows of one cell, under the published names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bluecellab.compat.circuit.circuit_access.definition import CircuitAccess
from bluecellab.compat.exceptions import MissingSonataPropertyError
from bluecellab.spec.base import CellId

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SonataProxy"]


class SonataProxy:
    """The properties of one cell in a circuit.

    Parameters
    ----------
    cell_id
        The cell.
    circuit_access
        The circuit.
    """

    def __init__(self, cell_id: CellId, circuit_access: CircuitAccess) -> None:
        self.cell_id = cell_id
        self.circuit_access = circuit_access

    def get_property(self, property_name: str) -> pd.Series:
        """Return a property of the cell, as a series of one item.

        Raises
        ------
        MissingSonataPropertyError
            If there is none of that name.
        """
        if property_name not in self.circuit_access.available_cell_properties:
            raise MissingSonataPropertyError(f"{property_name} does not exist for {self.cell_id}")
        return self.circuit_access.get_cell_properties(self.cell_id, properties=[property_name])

    def get_input_resistance(self) -> pd.Series:
        """Return the input resistance of the cell in MOhm, as a series of one item.

        Raises
        ------
        MissingSonataPropertyError
            If the circuit does not have it.
        """
        return self.get_property("@dynamics:input_resistance")
