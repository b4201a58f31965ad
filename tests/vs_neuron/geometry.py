"""Everything geometrical of a cell as arrays; used on both sides, imports nothing of either."""

import numpy as np


def geometry(sections):
    """Return arrays for sections given by their names, in their order."""
    names, parents, ends = [], [], []
    points, table, segments = [], [], []
    for name, section in sections.items():
        parent = section.parentseg()
        names.append(name)
        parents.append("" if parent is None else parent.sec.hname().rpartition(".")[2])
        ends.append(-1.0 if parent is None else parent.x)
        for i in range(section.n3d()):
            points.append([section.x3d(i), section.y3d(i), section.z3d(i), section.diam3d(i)])
        table.append([section.L, section.nseg, section.Ra, section.cm, section.n3d()])
        for segment in section:
            segments.append([segment.x, segment.diam, segment.area(), segment.ri(), segment.volume()])
    return {
        "names": np.array(names),
        "parents": np.array(parents),
        "ends": np.array(ends),
        "points": np.array(points, dtype=float).reshape(-1, 4),
        "sections": np.array(table, dtype=float),
        "segments": np.array(segments, dtype=float),
    }
