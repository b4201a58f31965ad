"""Small files that configurations name: currents, electrodes, waveforms, potentials of a field."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import h5py
import numpy as np

_SELF = Path(__file__)


def files(root: Path) -> Path:
    """Return a folder that has them all."""
    folder = root / f"files-{hashlib.sha256(_SELF.read_bytes()).hexdigest()[:10]}"
    if not folder.is_dir():
        partial = folder.with_suffix(".partial")
        partial.mkdir(exist_ok=True)
        _currents(partial)
        _electrodes(partial)
        _field(partial)
        _sweep(partial / "sweep.nwb")
        _trains(partial)
        partial.rename(folder)
    return folder


def _currents(folder: Path) -> None:
    """Currents at a constant interval: one from 0, one from later, one that ends above 0; another separator."""
    times = np.arange(0.0, 100.0, 0.5)
    amps = np.where((times > 20) & (times < 80), 0.15 + 0.1 * np.sin(times / 3), 0.0)
    _table(folder / "current.csv", " ", ("timestamps", "amps"), times, amps)
    times = np.arange(30.0, 90.0, 2.0)
    _table(folder / "late.csv", ",", ("t", "current"), times, 0.1 + 0.002 * (times - 30.0))


def _sweep(path: Path) -> None:
    """A sweep as cell types of the Allen database have them: a current in A at 100 kHz, after a test pulse."""
    times = np.arange(0.0, 0.16, 1e-5)
    data = np.where((times > 0.02) & (times < 0.1), 2.2e-10, 0.0) + np.where(times > 0.11, -1e-10, 0.0)
    with h5py.File(path, "w") as file:
        series = file.create_group("epochs/Sweep_35/stimulus/timeseries")
        series["data"] = data
        series["data"].attrs["conversion"] = 1.0
        series["num_samples"] = len(data)
        series["starting_time"] = 0.0
        series["starting_time"].attrs["rate"] = 1e5
        file["epochs/Sweep_35/stimulus/idx_start"] = 0
        file["epochs/Sweep_35/stimulus/count"] = len(data)
        file["epochs/Sweep_35/stimulus"].attrs["x"] = 0
        file["stimulus/presentation/Sweep_35"] = h5py.SoftLink("/epochs/Sweep_35/stimulus/timeseries")


def _trains(folder: Path) -> None:
    """Spikes of two populations in a file, the wanted one last; and spikes as they were stored once."""
    rng = np.random.default_rng(4)
    ids, times = np.repeat(np.arange(10), 4), np.round(rng.uniform(5, 140, 40), 3)
    with h5py.File(folder / "two.h5", "w") as file:
        for name, shift in (("another", 3.0), ("lgn", 0.0)):
            file[f"spikes/{name}/node_ids"] = ids.astype(np.uint64)
            file[f"spikes/{name}/timestamps"] = times + shift
    with h5py.File(folder / "legacy.h5", "w") as file:
        file["spikes/gids"] = ids
        file["spikes/timestamps"] = times + 1.0


def _table(path: Path, separator: str, names: tuple[str, ...], *columns: np.ndarray) -> None:
    rows = [separator.join(repr(float(value)) for value in row) for row in zip(*columns, strict=True)]
    path.write_text("\n".join([separator.join(names), *rows]) + "\n")


def _electrodes(folder: Path) -> None:
    """Electrodes that record (a line, and fifty), and electrodes that stimulate."""
    rows = [f"{k} {60.0} {-400.0 + 50 * k} {-30.0}" for k in range(9)]
    (folder / "line.csv").write_text("channel x_pos y_pos z_pos\n" + "\n".join(rows) + "\n")
    rng = np.random.default_rng(5)
    rows = [
        f"{k} {x:.3f} {y:.3f} {z:.3f}"
        for k, (x, y, z) in enumerate(rng.uniform((-300, -500, -300), (300, 100, 300), (50, 3)))
    ]
    (folder / "fifty.csv").write_text("channel x_pos y_pos z_pos\n" + "\n".join(rows) + "\n")
    head = "ecp_id pos_x pos_y pos_z rotation_x rotation_y rotation_z\n"
    (folder / "mesh.csv").write_text(
        head.rstrip() + " electrode_mesh_file\n0 220.0 -40.0 60.0 0.3 0.0 0.4 disc.csv\n"
    )
    points = [f"{k} {x:.3f} {y:.3f} {z:.3f}" for k, (x, y, z) in enumerate(rng.uniform(-8, 8, (12, 3)))]
    (folder / "disc.csv").write_text("node_id x_pos y_pos z_pos\n" + "\n".join(points) + "\n")
    (folder / "xstim.csv").write_text(
        head + "0 250.0 40.0 -30.0 0.0 0.0 0.0\n1 -300.0 -80.0 20.0 0.0 0.0 0.0\n"
    )
    times = np.arange(0.0, 100.0, 0.25)
    _table(folder / "wave.csv", " ", ("time", "amplitude"), times, 0.03 * np.sin(times / 5.0))


def _field(folder: Path) -> None:
    """Fields as COMSOL writes them: one in space, one at several times."""
    grid = (np.linspace(-400, 400, 5), np.linspace(-800, 400, 7), np.linspace(-400, 400, 5))
    points = np.array(list(itertools.product(*grid)))
    # no two tetrahedra that are as good as each other, and no point between two nodes
    points = np.round(points + np.random.default_rng(8).uniform(-15, 15, points.shape), 3)
    x, y, z = points.T
    value = 1e-5 * x + 2e-5 * y - 1e-5 * z + 3e-8 * x * y
    # the columns are named between many spaces: BMTK needs that
    head = [
        "% Model: made.mph",
        "% Version: none",
        "% Date: none",
        "% Dimension: 3",
        f"% Nodes: {len(points)}",
    ]
    head += ["% Expressions: 1", "% Description: Electric potential", "% Length unit: um"]
    rows = [f"{a!r} {b!r} {c!r} {v!r}" for a, b, c, v in np.column_stack((points, value)).tolist()]
    (folder / "space.txt").write_text("\n".join([*head, "% x      y      z      V (V)", *rows]) + "\n")
    moments = np.arange(0.0, 20.0, 1.0)
    columns = value[:, None] * 2000.0 * np.sin(2 * np.pi * moments / 20.0)
    names = "      ".join(f"V (mV) @ t={t / 1000:g}" for t in moments)
    rows = [
        " ".join(repr(each) for each in (*point, *values))
        for point, values in zip(points.tolist(), columns.tolist(), strict=True)
    ]
    (folder / "times.txt").write_text("\n".join([*head, f"% x      y      z      {names}", *rows]) + "\n")
