"""hoc templates that want to be told something: by numbers in a file, or by a function of yours.

``hoc:Comb`` needs no Python: its ``dynamics_params`` file has the list ``params``, which are its arguments.
``hoc:Reader`` wants the file of the morphology and a word, as in ``new Reader("cell.swc", "slow")``, and a
function says which. Templates lie in ``templates_dir``.
"""

from __future__ import annotations

from pathlib import Path

from bluecellab import CircuitSimulation, cell_model
from bluecellab.nrn import h

HERE = Path(__file__).resolve().parent


@cell_model(directive="hoc:Reader", model_type="biophysical")
def reader(cell, template_name, dynamics_params):
    """Make a cell by its template."""
    return h.Reader(str(cell.morphology_file), cell["kind"])


for turn in ("first", "second"):
    with CircuitSimulation(HERE / "hoc_arguments.json") as simulation:
        simulation.instantiate()
        simulation.run()
        for cell_id, cell in simulation.cells.items():
            print(f"{turn} run: {cell}: {len(simulation.spikes[cell_id])} spikes")
        numbers = [len(cell.sections) for cell in simulation.cells.values()]
        assert numbers[0] == numbers[1] == 7, "a soma and six dendrites"
