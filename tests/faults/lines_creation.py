"""Lines 31 to 34, 38 and 39: cells that cannot be made, and strange names."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.faults.harness import line, refused
from tests.faults.hocs import ASC, SWC, template, write


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as path:
        yield Path(path).resolve()


def v6(template_path: Path, morphology: Path) -> object:
    from bluecellab import Cell, EmodelProperties

    return Cell(
        template_path,
        morphology,
        template_format="v6",
        emodel_properties=EmodelProperties(threshold_current=0.2, holding_current=0.0),
    )


def sections_alive() -> int:
    from bluecellab.nrn import h

    return sum(1 for _ in h.allsec())


@line
def line_31_morphologies() -> None:
    from bluecellab.errors import MorphologyError, MorphologyNotFoundError

    with folder() as here:
        hoc = write(here / "small.hoc", template())
        asc = write(here / "small_asc.hoc", template(reader="Import3d_Neurolucida3"))
        good = write(here / "good.swc", SWC)
        cell = v6(hoc, good)
        assert len(cell.sections) >= 5
        cell.close()
        with refused("missing.swc", error=MorphologyNotFoundError):
            v6(hoc, here / "missing.swc")
        bad = {
            "empty.swc": "",
            "empty.asc": "",
            "garbage.swc": bytes(range(256)) * 20,
            "garbage.asc": bytes(range(256)) * 20,
            "garbage.h5": bytes(range(256)) * 20,
            "unknown.xyz": SWC,
            "nosoma.swc": "1 3 0 0 0 1 -1\n2 3 50 0 0 1 1\n",
            "nosoma.asc": ASC[ASC.index("((Dendrite)") :],
            "truncated.asc": ASC[: len(ASC) * 2 // 3],
            "twosomata.swc": SWC + "11 1 500 0 0 8 -1\n12 1 500 9 0 8 11\n13 1 500 -9 0 8 11\n",
            "twosomata.asc": ASC + ASC[: ASC.index("((Dendrite)")].replace("8 0 0 0", "98 0 0 0"),
            "dangling.swc": SWC + "12 3 90 -20 0 0.7 77\n",
        }
        for name, content in bad.items():
            path = write(here / name, content)
            with refused(name, error=MorphologyError):
                v6(asc if name.endswith(".asc") else hoc, path)
            assert sections_alive() == 0, name


@line
def line_32_templates() -> None:
    from bluecellab.errors import BluecellabError, TemplateError, TemplateNotFoundError

    with folder() as here:
        morphology = write(here / "good.swc", SWC)
        with refused("missing.hoc", error=TemplateNotFoundError):
            v6(here / "missing.hoc", morphology)
        broken = {
            "syntax.hoc": template("Syntax", biophysics="forsec all { insert = 3 }"),
            "no_begin.hoc": "proc nothing() { }\n",
            "no_end.hoc": template("NoEnd").replace("endtemplate NoEnd", ""),
            "empty.hoc": "",
            "quits.hoc": template("Quits", prelude="quit()"),
            "errors.hoc": template("Errors", biophysics='execerror("mine", "own")'),
            "unknown.hoc": template("Unknown", biophysics="forsec all { no_such_variable_pas = 3 }"),
        }
        for name, text in broken.items():
            with refused(error=TemplateError):
                v6(write(here / name, text), morphology)
            assert sections_alive() == 0, name
        private = template("Private", public="", members="").replace(
            "public soma, dend, apic, axon, myelin, all, somatic, basal, apical, axonal, myelinated, gid, nSecAll",
            "",
        )
        with refused("public", error=BluecellabError):
            v6(write(here / "private.hoc", private), morphology)
        assert sections_alive() == 0
        mended = v6(write(here / "syntax.hoc", template("Syntax")), morphology)
        mended.close()


@line
def line_33_formats_and_properties() -> None:
    from bluecellab import Cell, EmodelProperties, HocCell
    from bluecellab.errors import CellError, InvalidSpecError

    with folder() as here:
        hoc, morphology = write(here / "small.hoc", template()), write(here / "good.swc", SWC)
        with refused("v7", "v6", error=CellError):
            Cell(hoc, morphology, template_format="v7")
        with refused("EmodelProperties", error=CellError):
            Cell(hoc, morphology, template_format="v6")
        with refused("emodel_properties", error=InvalidSpecError):
            HocCell(template_path=hoc, morphology_path=morphology, template_format="v6")
        with refused("threshold_current", error=InvalidSpecError):
            EmodelProperties(holding_current=0)
        with refused("treshold_current", error=InvalidSpecError):
            EmodelProperties(treshold_current=0.1, threshold_current=0.2, holding_current=0)
        with refused(error=InvalidSpecError):
            EmodelProperties(threshold_current=float("nan"), holding_current=0)
        needing = 'strdef Needy_NeededAttributes\nNeedy_NeededAttributes = "AIS_scaler;no_such"\n' + template(
            "Needy"
        )
        with refused("no_such", error=CellError):
            v6(write(here / "needy.hoc", needing), morphology)
    assert sections_alive() == 0


@line
def line_34_twenty_failures() -> None:
    from bluecellab.errors import BluecellabError

    with folder() as here:
        morphology = write(here / "good.swc", SWC)
        hoc = write(
            here / "late.hoc",
            template("Late", biophysics='forsec all { insert pas } execerror("late", "")'),
        )
        for _ in range(20):
            with refused("late", error=BluecellabError):
                v6(hoc, morphology)
    assert sections_alive() == 0


@line
def line_38_names() -> None:
    from bluecellab.nrn import h

    assert h is not None
    with folder() as here:
        morphology = write(here / "good.swc", SWC)
        long_name = "T" + "emplate" * 28
        names = [f"{'f' * 196}.hoc", "with space.hoc", "dots.1.2.hoc", "Zelle_für_Ünïcödé_神経.hoc"]
        traces = []
        for number, name in enumerate(names):
            text = template(long_name if number == 0 else f"Same_{number}")
            cell = v6(write(here / name, text), morphology)
            assert cell.get_section("dend[0]").hname().endswith(".dend[0]")
            traces.append(cell.area())
            cell.close()
        assert len(set(traces)) == 1
        one = v6(
            write(here / "one.hoc", template("Twin", biophysics="forsec all { cm = 1 }")),
            morphology,
        )
        two = v6(
            write(here / "two.hoc", template("Twin", biophysics="forsec all { cm = 2 }")),
            morphology,
        )
        three = v6(here / "one.hoc", morphology)
        assert [cell.soma.cm for cell in (one, two, three)] == [1, 2, 1]
        for cell in (one, two, three):
            cell.close()


@line
def line_39_paths() -> None:
    with folder() as here:
        strange = here / "a folder" / "mit Ümlaut é 神"
        hoc, morphology = (
            write(strange / "small.hoc", template()),
            write(strange / "my cell.swc", SWC),
        )
        link = here / "link"
        link.symlink_to(strange, target_is_directory=True)
        areas = []
        for where in (strange, link):
            cell = v6(where / "small.hoc", where / "my cell.swc")
            areas.append(cell.area())
            cell.close()
        before = Path.cwd()
        os.chdir(strange)
        try:
            cell = v6(Path("small.hoc"), Path("my cell.swc"))
            os.chdir(here)
            areas.append(cell.area())
            cell.close()
            cell = v6(Path("a folder") / strange.name / "small.hoc", Path("link") / "my cell.swc")
            areas.append(cell.area())
            cell.close()
        finally:
            os.chdir(before)
        assert np.ptp(areas) == 0
        assert hoc.exists()
        assert morphology.exists()
