"""Features of potentials by eFEL, the Electrophys Feature Extraction Library."""

from __future__ import annotations

import difflib
import functools
import math
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType

import numpy as np

from bluecellab.errors import FeatureError
from bluecellab.results import Results, Trace
from bluecellab.results.arrays import FloatArray, frozen
from bluecellab.results.extras import require
from bluecellab.spec.base import Site
from bluecellab.spec.stimuli.base import TimedStimulus

__all__ = [
    "Setting",
    "check_feature",
    "efel_settings",
    "feature_names",
    "features",
    "features_of",
    "stimulus_window",
]

Setting = bool | int | float | str
"""Value of a setting of eFEL's."""

_EXTRA_SETTINGS = ("stimulus_current",)  # eFEL reads it, but has it not among its settings
_lock = threading.RLock()  # eFEL has one set of settings and one trace for the whole process


def _efel() -> ModuleType:
    return require("efel", extra="analysis", doing="measuring features")


@functools.lru_cache(maxsize=1)
def feature_names() -> tuple[str, ...]:
    """Return the names of all features that the installed eFEL knows, sorted.

    Raises
    ------
    MissingDependencyError
        If eFEL is not installed.
    """
    efel = _efel()
    with _lock:
        return tuple(sorted(set(efel.get_feature_names())))


@contextmanager
def efel_settings(settings: Mapping[str, Setting]) -> Iterator[None]:
    """Change settings of eFEL's for a block, then put all of them back, also after an error.

    They belong to the process: other threads that use this function or :func:`features` wait until the
    block is left.

    Parameters
    ----------
    settings
        Values by name, such as ``{"Threshold": -40.0}`` (mV) or ``{"depol_block_min_duration": 150}`` (ms).

    Raises
    ------
    FeatureError
        If eFEL has no such setting, or refuses the value.
    MissingDependencyError
        If eFEL is not installed.

    Examples
    --------
    >>> import efel
    >>> with efel_settings({"Threshold": -40.0}):
    ...     efel.get_settings().Threshold
    -40.0
    >>> efel.get_settings().Threshold
    -20.0
    """
    efel = _efel()
    with _lock:
        before = dict(vars(efel.get_settings()))
        try:
            for name, value in settings.items():
                _set(efel, name, value)
            yield
        finally:
            now = vars(efel.get_settings())
            now.clear()
            now.update(before)


def _set(efel: ModuleType, name: str, value: Setting) -> None:
    known = [*vars(efel.get_settings()), *_EXTRA_SETTINGS]
    if name not in known:
        raise FeatureError(f"eFEL has no setting {name!r}; {_nearest(name, known)}")
    try:
        efel.set_setting(name, float(value) if name in _EXTRA_SETTINGS else value)
    except (ValueError, TypeError, FileNotFoundError) as error:
        raise FeatureError(f"eFEL's setting {name} cannot be {value!r}: {error}") from error


def _nearest(name: str, known: Iterable[str]) -> str:
    """Say which of the known names are like this one."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=4, cutoff=0.5)
    near += [low for low in by_lower if name.lower() in low and low not in near][:4]
    if not near:
        return f"none of its {len(by_lower)} names is like it"
    return f"nearest are {', '.join(by_lower[low] for low in near[:5])}"


def check_feature(name: str) -> None:
    """Raise unless the installed eFEL has a feature.

    Raises
    ------
    FeatureError
        If it has not; names the nearest.
    MissingDependencyError
        If eFEL is not installed.
    """
    if name not in feature_names():
        raise FeatureError(f"eFEL knows no feature {name!r}; {_nearest(name, feature_names())}")


def features(
    trace: Trace,
    names: str | Iterable[str],
    *,
    stim_start: float,
    stim_end: float,
    settings: Mapping[str, Setting] | None = None,
    current: Trace | None = None,
) -> dict[str, FloatArray]:
    """Measure features of a potential.

    Traces of a variable time step are served, too: eFEL interpolates every trace linearly to its
    setting ``interp_step``, 0.1 ms by default.

    Parameters
    ----------
    trace
        A potential in mV.
    names
        Names of features, such as ``"AP_amplitude"``; see :func:`feature_names`, and eFEL's documentation
        for what they mean and for their units.
    stim_start, stim_end
        When the stimulus begins and ends, in ms.
    settings
        Settings of eFEL's for this call; see :func:`efel_settings`. ``Threshold``, the potential of a
        spike in mV, is -20 unless set.
    current
        The injected current in nA on the same times, for the few features that need it.

    Returns
    -------
    dict of str to numpy.ndarray
        By name, shape (k,) with k depending on feature and trace (one value for each spike, or
        one, or none: a feature that is not defined for this trace is an empty array).

    Raises
    ------
    FeatureError
        If there is no such feature or setting, the window is empty, or the trace is not a number.
    MissingDependencyError
        If eFEL is not installed.

    References
    ----------
    eFEL, https://doi.org/10.5281/zenodo.593869

    Examples
    --------
    >>> import numpy as np
    >>> time = np.arange(0, 100, 0.1)
    >>> trace = Trace("v", time, -70 + 10 * ((time > 20) & (time < 80)), "mV")
    >>> found = features(trace, ["voltage_base", "spike_count"], stim_start=20, stim_end=80)
    >>> print(found["voltage_base"], found["spike_count"])
    [-70.] [0.]
    """
    wanted = [names] if isinstance(names, str) else list(names)
    for name in wanted:
        check_feature(name)
    given = _efel_trace(trace, stim_start, stim_end)
    if current is not None:
        given["I"] = np.interp(trace.time, current.time, current.values).tolist()
    efel = _efel()
    with efel_settings(settings or {}):
        try:
            (found,) = efel.get_feature_values([given], wanted, raise_warnings=False)
        except Warning:  # where warnings are errors
            raise
        except Exception as error:
            raise FeatureError(f"eFEL fails for {', '.join(wanted)} of {trace!r}: {error}") from error
    return {name: frozen(_flat(found[name])) for name in wanted}


def _flat(values: object) -> FloatArray:
    return np.zeros(0) if values is None else np.asarray(values, dtype=float).ravel()


def _efel_trace(trace: Trace, stim_start: float, stim_end: float) -> dict[str, list[float]]:
    """Return a trace as eFEL wants it, or say why it cannot be measured."""
    if not (math.isfinite(stim_start) and math.isfinite(stim_end) and stim_start < stim_end):
        raise FeatureError(
            f"features need the stimulus' begin and end in ms, begin first, not {stim_start} and {stim_end}"
        )
    if len(trace) < 2:
        raise FeatureError(f"features need more than {len(trace)} samples; {trace!r} was hardly run")
    if not np.isfinite(trace.values).all():
        raise FeatureError(f"{trace!r} has values that are no numbers: the simulation diverged")
    # lists: eFEL copies an array number by number, which takes three times as long
    return {
        "T": trace.time.tolist(),
        "V": trace.values.tolist(),
        "stim_start": [float(stim_start)],
        "stim_end": [float(stim_end)],
    }


def features_of(
    results: Results,
    names: str | Iterable[str],
    *,
    site: Site | None = None,
    window: tuple[float, float] | None = None,
    settings: Mapping[str, Setting] | None = None,
) -> dict[str, FloatArray]:
    """Measure features of the potential at a site of a run.

    Parameters
    ----------
    results
        Of a run.
    names
        Of the features.
    site
        Where; the middle of the soma by default.
    window
        Begin and end of the stimulus in ms; those of the protocol's stimulus by default, see
        :func:`stimulus_window`.
    settings
        As for :func:`features`.

    Returns
    -------
    dict of str to numpy.ndarray
        As of :func:`features`.

    Raises
    ------
    NotRecordedError
        If the potential there was not recorded.
    FeatureError
        As for :func:`features`; and if no window is given and the protocol has no single one.
    """
    place = Site() if site is None else site
    trace = results.traces[f"{Site(section=place.section, x=place.x)}.v"]
    start, end = stimulus_window(results) if window is None else window
    return features(trace, names, stim_start=start, stim_end=end, settings=settings)


def stimulus_window(results: Results) -> tuple[float, float]:
    """Return when the stimulus of a run's protocol begins and ends, in ms.

    Stimuli that last from the beginning to the end of the run, such as a holding current, do not count.

    Raises
    ------
    FeatureError
        If there is none, or several with different times.
    """
    protocol = results.protocol
    timed = [placed.stimulus for placed in protocol.stimuli if isinstance(placed.stimulus, TimedStimulus)]
    windows = {(one.delay, min(one.delay + one.duration, protocol.duration)) for one in timed}
    windows.discard((0.0, protocol.duration))
    if len(windows) != 1:
        has = "no stimulus" if not windows else f"stimuli at {', '.join(map(str, sorted(windows)))} ms"
        raise FeatureError(
            f"the protocol {protocol.name!r} has {has} beside those that last for the whole run; "
            "give the begin and the end of what is to be measured"
        )
    return windows.pop()
