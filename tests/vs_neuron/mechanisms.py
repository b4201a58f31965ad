"""Every value of every mechanism of a cell as arrays; used on both sides, imports nothing of either."""

import numpy as np


def contents(sections):
    """Return names and values for sections given by their names, in their order."""
    names, values = [], []
    for name, section in sections.items():
        for segment in section:
            names.append(f"{name}({segment.x}).cm")
            values.append(segment.cm)
            for mechanism in segment:
                kind = mechanism.name()
                if kind == "extracellular":  # has arrays, and state of its own
                    names.append(f"{name}({segment.x}).{kind}")
                    values.append(segment.xraxial[0])
                    continue
                for variable in mechanism:
                    names.append(f"{name}({segment.x}).{kind}.{variable.name()}")
                    values.append(variable[0])
    return {"variables": np.array(names), "values": np.array(values, dtype=float)}
