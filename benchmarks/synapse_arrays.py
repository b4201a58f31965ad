"""The arrays that every side makes its synapses of; numpy only."""

from pathlib import Path

import numpy as np

SOURCES = 500
RATE = 5.0  # Hz, of a replayed source
MINIS = 0.5  # Hz
GID = 1000


def arrays(count, sections, seed=1):
    """Return the attributes of so many edges onto so many sections, by SONATA's names."""
    draw = np.random.default_rng(seed)
    excitatory = draw.random(count) < 0.8
    return {
        "source": draw.integers(0, SOURCES, count),
        "afferent_section_id": draw.integers(0, sections, count),
        "afferent_section_pos": draw.random(count),
        "conductance": draw.random(count) * 0.2 + 0.05,
        "delay": draw.random(count) * 2 + 0.5,
        "u_syn": draw.random(count) * 0.6 + 0.2,
        "depression_time": draw.random(count) * 600 + 50,
        "facilitation_time": draw.random(count) * 50 + 5,
        "decay_time": np.where(excitatory, 1.74, 8.3) + draw.random(count),
        "n_rrp_vesicles": draw.integers(1, 4, count),
        "u_hill_coefficient": np.full(count, 2.79),
        "conductance_scale_factor": np.where(excitatory, 0.7, 0.3),
        "syn_type_id": np.where(excitatory, 120, 20),
    }


def trains(tstop, seed=2):
    """Return the spike times of every source."""
    draw = np.random.default_rng(seed)
    return {node: np.sort(draw.random(draw.poisson(RATE * tstop / 1000)) * tstop) for node in range(SOURCES)}


def memory_kb():
    """Return the resident memory of the process in kB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4
