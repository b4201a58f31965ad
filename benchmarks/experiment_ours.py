"""The same experiments with bluecellab, ``live`` on a cell of this process or ``isolated`` on its specification."""

import json
import sys
import time

_BEGIN = time.process_time()


def _spec(model):
    from bluecellab import EmodelProperties, HocCell

    return HocCell(
        template_path=model["template"],
        morphology_path=model["morphology"],
        template_format=model["format"],
        emodel_properties=EmodelProperties(
            threshold_current=model["threshold"], holding_current=model["holding"]
        ),
        mechanisms=model["library"],
    )


def _conditions():
    from bluecellab.spec.simulation import RunConditions

    return RunConditions(celsius=34, v_init=-80, cvode="auto")


def rheobase(cell, **_):
    """Search; the simulations are in one process."""
    from bluecellab.analysis.rheobase import rheobase as search

    return float(search(cell, conditions=_conditions()))


def iv(cell, model, processes):
    """Eleven steps below the threshold."""
    from bluecellab.analysis.curves import CurveSettings, iv_curve

    settings = CurveSettings(conditions=_conditions())
    curve = iv_curve(cell, threshold_current=model["threshold"], settings=settings, processes=processes)
    return curve.voltages.tolist()


def fi(cell, model, processes):
    """Eleven steps above it."""
    from bluecellab.analysis.curves import CurveSettings, fi_curve

    settings = CurveSettings(conditions=_conditions())
    curve = fi_curve(cell, threshold_current=model["threshold"], settings=settings, processes=processes)
    return curve.counts.astype(int).tolist()


def validation(cell, model, processes):
    """The published suite."""
    from bluecellab.analysis.validation import validate_cell

    report = validate_cell(cell, rheobase=model["threshold"], processes=processes)
    values = {result.key: result for result in report.results}
    curves = [values["iv_test"].evidence.voltages.tolist()]
    return [*curves, values["fi_test"].evidence.counts.astype(int).tolist()]


def _servers():
    """CPU time in s of the servers, their nurseries, and the workers that these have buried."""
    import os

    import psutil

    time.sleep(0.3)  # for the last worker to be buried
    times = [process.cpu_times() for process in psutil.Process(os.getpid()).children(recursive=True)]
    return sum(t.user + t.system + t.children_user + t.children_system for t in times)


def main():
    """Do one job."""
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    model = arguments["model"]
    spec = _spec(model)
    live = None
    if arguments["live"]:
        from bluecellab import Cell

        live = Cell.from_spec(spec)
    import bluecellab.analysis.validation  # noqa: F401 - part of "all", as NEURON is of the bare script's

    begin, walls = time.process_time(), []
    for _ in range(arguments["times"]):
        wall = time.perf_counter()
        value = globals()[name](live or spec, model=model, processes=arguments.get("processes", 1))
        walls.append(time.perf_counter() - wall)
    answer = {
        "cpu": (time.process_time() - begin) / arguments["times"],
        "wall": walls[-(len(walls) // 2 + 1) :],  # the first starts the servers
        "value": value,
    }
    if live is not None:
        live.close()
    answer["all"] = time.process_time() - _BEGIN + _servers()
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
