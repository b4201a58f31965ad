"""Figures and pages of validations."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import pytest

from bluecellab.plotting import validation_figures, validation_html
from bluecellab.results.measured import ValidationReport, ValidationResult
from bluecellab.spec.protocols import Placed
from bluecellab.spec.stimuli import RelativeLinear
from tests.unit.plotting.measured import FI, IV, back_propagation, potential, results

RELATIVE = (Placed(stimulus=RelativeLinear(delay=250, duration=500, percent_start=130)),)


def report() -> ValidationReport:
    traces = results(potential("soma[0]"), potential("axon[0]"))
    return ValidationReport(
        "L5 <TTPC> & co",
        (
            ValidationResult(
                "spiking_test", "Spiking", "passed", "Validation passed: 5 spikes", {"n": 5}, traces
            ),
            ValidationResult("bpap_test", "bAP", "passed", "", {"soma": 1 / 3}, back_propagation()),
            ValidationResult("ais_spiking_test", "AIS", "failed", "no <b>spike</b>", {}, traces),
            ValidationResult("rin_test", "Rin", "skipped", "nothing to see", {"all": [1, 2.5000001]}),
            ValidationResult("iv_test", "IV", "passed", "", {}, IV),
            ValidationResult("fi_test", "FI", "error", "it broke", {}, FI),
            ValidationResult("thumbnail_test", "thumbnail", "passed", "", {}, traces),
        ),
        {"holding_current": -0.05, "rheobase": 0.2, "rin": 85.25},
        {"versions": {"neuron": "9.0"}, "template": "<cADpyr>"},
    )


class Page(HTMLParser):
    """What there is on a page; every tag has to be closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


@pytest.fixture(scope="module")
def text() -> str:
    return validation_html(report())


def test_figures() -> None:
    figures = validation_figures(report())
    assert list(figures) == [
        "spiking_test", "bpap_test", "bpap_test_recordings", "ais_spiking_test", "ais_spiking_test_zoomed",
        "iv_test", "fi_test", "thumbnail_test",
    ]  # fmt: skip
    stimulus, response = figures["spiking_test"].axes
    assert stimulus.get_ylabel() == "current (nA)"
    assert len(response.lines) == 2
    assert figures["spiking_test"].get_suptitle() == "Spiking"
    assert {axes.get_xlim() for axes in figures["ais_spiking_test_zoomed"].axes} == {(250, 350)}
    assert figures["ais_spiking_test"].axes[0].get_xlim() == (0, 1099.5)
    (thumbnail,) = figures["thumbnail_test"].axes
    assert len(thumbnail.lines) == 1  # the potential alone
    assert not thumbnail.get_title()
    assert not figures["thumbnail_test"].get_suptitle()
    assert figures["iv_test"].axes[0].get_ylabel().endswith("(mV)")


def test_evidence_that_cannot_be_drawn() -> None:
    made = (
        ValidationResult("x", "X", "error", "", {}, results()),
        ValidationResult("y", "Y", "passed", "", {}, results(potential("soma[0]"), stimuli=RELATIVE)),
        ValidationResult("thumbnail_test", "thumbnail", "error", "", {}, results()),
    )
    blank = ValidationReport("x", made, {})
    figures = validation_figures(blank)
    assert "x" not in figures
    assert len(figures["y"].axes) == 1  # whose currents nobody knows: the traces alone
    assert "No figure: there is no trace to draw" in validation_html(blank)


def test_page_holds_all(text: str) -> None:
    page = Page(text)
    for expected in (
        "Validation of L5 <TTPC> & co", "✗ failed: 5 of 7 validations", "-0.05 nA", "0.2 nA", "85.25 MΩ",
        "Validation passed: 5 spikes", "no <b>spike</b>", "○ skipped", "! error", "0.333333", "[1, 2.5]", "5",
    ):  # fmt: skip
        assert expected in page.texts
    assert any('"neuron": "9.0"' in text and "<cADpyr>" in text for text in page.texts)
    anchors = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    headings = [attributes["id"] for tag, attributes in page.tags if tag == "h2" and "id" in attributes]
    assert anchors == [f"#{key}" for key in headings]
    assert len(headings) == 7
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) == 8
    assert images[0]["alt"] == "Spiking: spiking_test"
    for image in images:
        kind, _, data = str(image["src"]).partition(",")
        assert kind == "data:image/png;base64"
        assert base64.b64decode(data, validate=True).startswith(b"\x89PNG")


def test_page_needs_nothing_else(text: str) -> None:
    page = Page(text)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "base", "form"}
    assert not re.search(r"(https?:)?//[a-z]", re.sub(r"base64,[^\"]*", "", text))
    assert "@import" not in text
    assert "url(" not in text


def test_page_is_the_same_every_time() -> None:
    once, again = (
        validation_html(ValidationReport("x", (ValidationResult("iv_test", "IV", "passed", "", {}, IV),), {}))
        for _ in range(2)
    )
    assert once == again


def test_texts_are_escaped() -> None:
    evil = '"><script>alert(1)</script>'
    made = ValidationResult(evil, evil, "passed", evil, {evil: evil}, IV)
    page = Page(validation_html(ValidationReport(evil, (made,), {evil: 1.0}, {evil: evil})))
    assert "script" not in {tag for tag, _ in page.tags}
    assert evil in page.texts
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)


def test_page_of_nothing() -> None:
    page = Page(validation_html(ValidationReport("none", (), {})))
    assert "✓ passed: 0 of 0 validations" in page.texts
    assert "Properties" not in page.texts
