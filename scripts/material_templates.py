"""Write hoc templates and converted morphologies; run by material.py with the helper packages.

The templates are what the published hoc writers make of the published parameters. Where a format is
meant that they do not write, their text is adapted by the few replacements below, each of which must
apply, so that a new version of the packages cannot go unnoticed.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import bluepyopt
import h5py
import morphio
from bluepyopt import ephys
from emodelrunner.create_cells import create_cell_using_config
from emodelrunner.create_hoc_tools import create_hoc
from emodelrunner.load import get_release_params, load_config

ROOT = Path(sys.argv[1])
EXAMPLES = ROOT / "packages" / "emodelrunner" / "examples"
L5PC = ROOT / "packages" / "bluepyopt" / "examples" / "l5pc"
NEURODAMUS = EXAMPLES / "sscx_sample_dir" / "templates" / "cell_template_neurodamus.jinja2"
AXON = EXAMPLES / "sscx_sample_dir" / "templates" / "replace_axon_hoc.hoc"
BLUEPYOPT = Path(bluepyopt.__file__).parent / "ephys" / "templates" / "cell_template.jinja2"

_H5 = """\
  if (sf.tail(extension.s, "[.]h5$", command) != -1) {
    sprint(command, "morphio_read(%s, \\"%s\\")", this, morph_path)
    execute1(command)
    return
  }
"""
_UPPER = '  if(strcmp(extension.s, ".ASC") == 0 ){'
#: From (gid, path) to the constructor of circuits, (gid, folder, file), with .h5 by morphio_read.
TO_V6 = [
    ("init(/* args: gid, morphology_path */)", "init(/* gid, folder, file */)"),
    ("load_morphology($s2)", "load_morphology($s2, $s3)"),
    ("load_morphology(/* morphology_path */)", "load_morphology(/* folder, file */)"),
    (
        "strdef morph_path\n  morph_path = $s1",
        'strdef morph_path, command\n  sprint(morph_path, "%s/%s", $s1, $s2)',
    ),
    (_UPPER, _H5 + _UPPER),
]
_NEEDED = 'strdef {name}_NeededAttributes\n{name}_NeededAttributes = "AIS_scaler;soma_scaler"\n\n'
#: Extra arguments of the constructor, announced by a global string, that scale the first axon.
TO_SCALED = [
    ("begintemplate {name}\n", _NEEDED + "begintemplate {name}\n"),
    ("    replace_axon()\n  insertChannel()", "    replace_axon($4, $5)\n  insertChannel()"),
    ("proc replace_axon(){ local nSec,", "proc replace_axon(/* AIS_scaler, soma_scaler */){ local nSec,"),
    ("diam(x) = diams.x[count]\n", "diam(x) = diams.x[count] * $1\n"),
]
# Measured on these templates with bare NEURON 9.0.2 at 34 degC from -80 mV (CVODE, scratch script): the
# current in nA that holds the soma at -82 mV, the voltage base of the example's features, and the
# rheobase of a step of 1000 ms on top of it. Of the model with stochastic channels: without them.
MEASURED: dict[str, tuple[float, float]] = {
    "sscx_v6": (-0.05775, 0.1123),
    "sscx_v6_scaled": (-0.05762, 0.103),  # AIS_scaler 1.5
    "sscx_v6_noisy": (-0.05775, 0.1123),
    "sscx_bluepyopt": (-0.05775, 0.1123),
    "l5pc_v6": (-0.20484, 0.4009),
    "l5pc_bluepyopt": (-0.19793, 0.3735),
    "thalamus_bluepyopt": (-0.10804, 0.0884),
}
#: Of the models whose template asks for it.
AIS_SCALERS = {"sscx_v6_scaled": 1.5}


def adapted(text: str, replacements: list[tuple[str, str]], name: str) -> str:
    """Apply all replacements, or stop."""
    for old, new in replacements:
        old, new = old.replace("{name}", name), new.replace("{name}", name)
        if text.count(old) != 1:
            raise SystemExit(f"{text.count(old)} places instead of one to replace in {name}: {old!r}")
        text = text.replace(old, new)
    return text


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in a folder: the configurations have relative paths."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def from_example(example: str, config: str, template: Path, *, name: str, stochastic: bool = False) -> str:
    """Return the hoc text for an example of emodelrunner with its release parameters."""
    with inside(EXAMPLES / example):
        settings = load_config(config_path=config)
        cell = create_cell_using_config(settings)
        cell.name = name
        if stochastic:
            cell.mechanisms.append(
                ephys.mechanisms.NrnMODMechanism(
                    name="StochKv3.somatic",
                    suffix="StochKv3",
                    locations=[ephys.locations.NrnSeclistLocation("somatic", seclist_name="somatic")],
                    preloaded=True,
                    deterministic=False,
                )
            )
        return str(
            cell.create_custom_hoc(
                get_release_params(settings), template_path=str(template), disable_banner=True
            )
        )


def l5pc(template: Path | None, *, name: str) -> str:
    """Return the hoc text for BluePyOpt's layer 5 pyramidal cell with the example's parameters."""
    sys.path.insert(0, str(L5PC))
    with inside(L5PC):
        cell = importlib.import_module("l5pc_model").create()
        values = importlib.import_module("generate_hoc").param_values
    cell.name = name
    if template is None:
        return str(cell.create_hoc(values, disable_banner=True))
    cell.freeze(values)
    return str(
        create_hoc(
            mechs=cell.mechanisms,
            parameters=cell.params.values(),
            replace_axon=AXON.read_text(encoding="utf-8"),
            template_name=name,
            template_path=str(template),
            disable_banner=True,
        )
    )


def convert(source: Path) -> dict[str, str]:
    """Write a morphology in all formats; return the paths by format, relative to the root."""
    folder = ROOT / "morphologies"
    folder.mkdir(exist_ok=True)
    stem = source.name.removesuffix(".asc")
    paths = {kind: folder / f"{stem}.{kind}" for kind in ("asc", "swc", "h5")}
    if not paths["asc"].exists():
        shutil.copyfile(source, paths["asc"])
        sorted_by_type = morphio.mut.Morphology(source, options=morphio.Option.nrn_order)
        sorted_by_type.write(paths["h5"])
        soma = sorted_by_type.soma  # an .swc cannot hold a contour: one point of the same radius
        centre = soma.points.mean(axis=0)
        radius = float(((soma.points - centre) ** 2).sum(axis=1).mean() ** 0.5)
        soma.points, soma.diameters, soma.type = [centre], [2 * radius], morphio.SomaType.SOMA_SINGLE_POINT
        sorted_by_type.remove_unifurcations()  # nor a section with a single child
        sorted_by_type.write(paths["swc"])
        with h5py.File(folder / "container.h5", "a") as container, h5py.File(paths["h5"]) as single:
            group = container.create_group(stem)
            for name in single:
                single.copy(name, group)
    relative = {kind: path.relative_to(ROOT).as_posix() for kind, path in paths.items()}
    return {**relative, "container": f"morphologies/container.h5/{stem}"}


class Model(NamedTuple):
    """One cell model."""

    template_name: str
    template_format: str
    family: str
    example: Path
    text: str


def models() -> dict[str, Model]:
    """Return all cell models by name."""
    sscx, thalamus = EXAMPLES / "sscx_sample_dir", EXAMPLES / "thalamus_sample_dir"
    short = "config/config_recipe_prots_short.ini"

    def l4(name: str, template: Path = NEURODAMUS, *, stochastic: bool = False) -> str:
        config = "config/config_allsteps.ini"
        return from_example("sscx_sample_dir", config, template, name=name, stochastic=stochastic)

    def v6(name: str, family: str, example: Path, text: str) -> Model:
        return Model(name, "v6", family, example, adapted(text, TO_V6, name))

    scaled = v6("cADpyr_L4UPC_scaled", "sscx", sscx, l4("cADpyr_L4UPC_scaled"))
    relay = from_example("thalamus_sample_dir", short, BLUEPYOPT, name="dNAD_ltb")
    published = (L5PC / "cADpyr_76.hoc").read_text(encoding="utf-8")
    return {
        "sscx_v6": v6("cADpyr_L4UPC", "sscx", sscx, l4("cADpyr_L4UPC")),
        "sscx_v6_scaled": scaled._replace(text=adapted(scaled.text, TO_SCALED, scaled.template_name)),
        "sscx_v6_noisy": v6("cADpyr_L4UPC_noisy", "sscx", sscx, l4("cADpyr_L4UPC_noisy", stochastic=True)),
        "sscx_bluepyopt": Model("cADpyr_L4UPC", "bluepyopt", "sscx", sscx, l4("cADpyr_L4UPC", BLUEPYOPT)),
        "thalamus_bluepyopt": Model("dNAD_ltb", "bluepyopt", "thalamus", thalamus, relay),
        "l5pc_bluepyopt": Model("l5pc", "bluepyopt", "l5pc", L5PC, l5pc(None, name="l5pc")),
        "l5pc_v6": v6("cADpyr_L5PC", "l5pc", L5PC, l5pc(NEURODAMUS, name="cADpyr_L5PC")),
        "l5pc_v5": Model("CCell", "v5", "l5pc", L5PC, published),
    }


def main() -> None:
    """Write everything and cells.json."""
    morphio.set_maximum_warnings(0)
    cells = {}
    for name, model in models().items():
        template = ROOT / "templates" / f"{name}.hoc"
        template.parent.mkdir(exist_ok=True)
        template.write_text(model.text, encoding="utf-8")
        morphologies = convert(next((model.example / "morphology").glob("*.asc")))
        holding, threshold = MEASURED.get(name, (None, None))
        cells[name] = {
            "template_name": model.template_name,
            "template": template.relative_to(ROOT).as_posix(),
            "template_format": model.template_format,
            "morphologies": morphologies,
            "mechanisms": f"mechanisms/{model.family}",
            "holding_current": holding,
            "threshold_current": threshold,
            "AIS_scaler": AIS_SCALERS.get(name, 1.0),
            "celsius": 34.0,
            "v_init": -80.0,
            "files": [template.relative_to(ROOT).as_posix(), *list(morphologies.values())[:3]],
        }
    (ROOT / "cells.json").write_text(json.dumps({"cells": cells}, indent=1), encoding="utf-8")


main()
