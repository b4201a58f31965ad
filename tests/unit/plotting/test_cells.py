"""Pictures of cells: where lines are, how wide, and of which colour."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba

from bluecellab import create_ball_stick
from bluecellab.errors import NotRecordableError, ResultsError
from bluecellab.plotting import plot_dendrogram, plot_morphology
from bluecellab.plotting.outlines import outline
from bluecellab.plotting.scales import KIND_COLOURS, nice_length
from bluecellab.results.measured import CellShape, SectionShape
from bluecellab.results.measured.shapes import Kind
from bluecellab.spec.base import Site


def section(
    name: str, kind: Kind, points: list[list[float]], segments: int = 1, **more: object
) -> SectionShape:
    """A section along points of x, y, z and diameter, its variable "g" counting segments."""
    table = np.array(points, dtype=float)
    arc = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(table[:, :3], axis=0), axis=1))])
    positions = (np.arange(segments) + 0.5) / segments
    fields: dict[str, object] = {
        "parent": "soma",
        "distances": positions * arc[-1],
        "diameters": np.interp(positions * arc[-1], arc, table[:, 3]),
        "values": {"g": np.arange(segments, dtype=float)},
    }
    return SectionShape(
        name=name, kind=kind, points=table, arc=arc, length=arc[-1], positions=positions,
        **(fields | more),  # type: ignore[arg-type]
    )  # fmt: skip


def cell() -> CellShape:
    """A soma of 20 um, a dendrite to the right, one up that forks, and an axon without the variable."""
    return CellShape(
        "cell",
        (
            section("soma", "soma", [[-10, 0, 0, 20], [10, 0, 0, 20]], parent=""),
            section("dend", "basal", [[10, 0, 0, 4], [60, 0, 0, 2]], 5),
            section("apic", "apical", [[0, 10, 0, 4], [0, 110, 0, 4]], 2, parent_x=0.5),
            section("left", "apical", [[0, 110, 0, 2], [-30, 150, 0, 2]], 1, parent="apic"),
            section("right", "apical", [[0, 110, 0, 2], [0, 110, 40, 2]], 1, parent="apic"),
            section(
                "axon", "axon", [[0, -10, 0, 1], [0, -60, 0, 1]], 1, parent_x=0.5, values={"g": [np.nan]}
            ),
        ),
        {"g": "S/cm2"},
    )


def painted(axes: object, label: str) -> PolyCollection:
    (found,) = [each for each in axes.collections if each.get_label() == label]  # type: ignore[attr-defined]
    return found


def test_outlines_are_true_to_scale() -> None:
    dend = outline(cell()["dend"], (0, 1))
    assert dend.segments == [0, 1, 2, 3, 4]
    corners = np.array(dend.pieces)
    assert corners[0].tolist() == [[10, 2], [20, 1.8], [20, -1.8], [10, -2]]  # half the diameter to each side
    assert corners[-1][:, 0].tolist() == [50, 60, 60, 50]
    assert np.array_equal(corners[1:, 0], corners[:-1, 1])  # no gaps
    bent = section("bent", "basal", [[0, 0, 0, 2], [10, 0, 0, 2], [10, 10, 0, 2]])
    first, second = outline(bent, (0, 1)).pieces
    assert first[1] == pytest.approx(second[0])
    assert first[2] == pytest.approx(second[3])
    back = section("back", "basal", [[0, 0, 0, 2], [10, 0, 0, 2], [0, 0, 0, 2]])
    assert np.isfinite(outline(back, (0, 1)).pieces).all()


def test_pieces_along_the_line_of_sight_are_discs() -> None:
    (disc,) = outline(cell()["right"], (0, 1)).pieces
    assert np.linalg.norm(disc - [0, 110], axis=1) == pytest.approx(np.ones(len(disc)))
    (side,) = outline(cell()["right"], (2, 1)).pieces
    assert np.ptp(side[:, 0]) == 40


def test_morphology_by_kind() -> None:
    figure = plot_morphology(cell(), title="A cell")
    (axes,) = figure.axes
    for kind in ("soma", "basal", "apical", "axon"):
        drawn = painted(axes, kind)
        assert tuple(drawn.get_facecolor()[0]) == to_rgba(KIND_COLOURS[kind])  # type: ignore[index]
    assert len(painted(axes, "basal").get_paths()) == 5
    assert len(painted(axes, "apical").get_paths()) == 4
    assert axes.collections[-1].get_label() == "soma"  # above all
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "soma", "basal dendrite", "apical dendrite", "axon"
    ]  # fmt: skip
    assert len(set(KIND_COLOURS.values())) == len(KIND_COLOURS)
    assert axes.get_aspect() == 1.0
    assert not axes.axison
    (bar,) = axes.lines
    assert np.ptp(bar.get_xdata()) == 20
    assert [text.get_text() for text in axes.texts] == ["20 µm"]
    assert figure.get_suptitle() == "A cell"


def test_morphology_by_variable() -> None:
    axes, bar = plot_morphology(cell(), "g").axes
    drawn = painted(axes, "g")
    numbers = np.ma.filled(drawn.get_array(), np.nan)
    assert sorted(numbers[np.isfinite(numbers)].tolist()) == [0, 0, 0, 0, 0, 1, 1, 2, 3, 4]
    assert np.isnan(numbers).sum() == 1
    drawn.update_scalarmappable()
    shades = drawn.get_facecolor()
    assert tuple(shades[np.isnan(numbers)][0]) == pytest.approx(to_rgba("#d0d0d0"))
    assert tuple(shades[np.nanargmax(numbers)]) == pytest.approx(drawn.get_cmap()(1.0))
    assert bar.get_ylabel() == "g (S/cm²)"
    assert axes.get_legend() is None
    assert (drawn.norm.vmin, drawn.norm.vmax) == (0, 4)
    axes, _ = plot_morphology(cell(), "g", limits=(1, 2)).axes
    assert (painted(axes, "g").norm.vmin, painted(axes, "g").norm.vmax) == (1, 2)


@pytest.mark.parametrize(("plane", "size"), [("xy", (90, 210)), ("zy", (42, 210)), ("xz", (90, 50))])
def test_planes(plane: str, size: tuple[float, float]) -> None:
    (axes,) = plot_morphology(cell(), plane=plane).axes  # type: ignore[arg-type]
    corners = np.concatenate([path.vertices for each in axes.collections for path in each.get_paths()])
    assert np.ptp(corners, axis=0) == pytest.approx(size, abs=22)
    assert (np.ptp(corners, axis=0)[0] > np.ptp(corners, axis=0)[1]) == (size[0] > size[1])


def test_morphology_in_space() -> None:
    axes = plot_morphology(cell(), dimensions=3).axes[0]
    lines = {each.get_label(): each for each in axes.collections}
    assert list(lines)[-1] == "soma"
    assert len(lines) == 6
    apic = np.array(lines["apic"]._segments3d)
    assert apic[:, :, 2].tolist() == [[10, 60], [60, 110]]  # y goes up
    assert np.array(lines["right"]._segments3d)[0, 1].tolist() == [0, -40, 110]
    widths = lines["soma"].get_linewidths()[0] / lines["apic"].get_linewidths()[0]
    assert widths == pytest.approx(5)
    assert tuple(lines["dend"].get_colors()[0]) == to_rgba(KIND_COLOURS["basal"])
    axes, bar = plot_morphology(cell(), "g", dimensions=3).axes
    dend = next(each for each in axes.collections if each.get_label() == "dend")
    assert dend.get_array().tolist() == [0, 1, 2, 3, 4]
    assert bar.get_ylabel() == "g (S/cm²)"


def test_marked_sites() -> None:
    sites = [Site(section="dend", x=0.5), Site(section="apic", x=1.0)]
    (axes,) = plot_morphology(cell(), sites=sites).axes
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in marks] == [(35, 0), (0, 110)]
    assert {"dend(0.5)", "apic(1)"} <= {text.get_text() for text in axes.texts}
    axes = plot_morphology(cell(), "g", dimensions=3, sites={"electrode": sites[1]}).axes[0]
    (mark,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert [float(numbers[0]) for numbers in mark.get_data_3d()] == [0, 0, 110]
    assert "electrode" in {text.get_text().strip() for text in axes.texts}
    with pytest.raises(ResultsError, match="no section 'soma\\[0\\]' in the shape of cell"):
        plot_morphology(cell(), sites=[Site()])


def test_dendrogram() -> None:
    (axes,) = plot_dendrogram(cell()).axes
    boxes = {
        kind: np.array([path.vertices[:4] for path in painted(axes, kind).get_paths()])
        for kind in ("soma", "basal", "apical", "axon")
    }
    assert [(low, high) for low, high in boxes["soma"][0, :2, 1][None]] == [(-10, 10)]
    assert boxes["basal"][:, :2, 1].tolist() == [[10, 20], [20, 30], [30, 40], [40, 50], [50, 60]]
    assert boxes["apical"][:, :2, 1].tolist() == [[0, 50], [50, 100], [100, 150], [100, 140]]
    assert np.ptp(boxes["basal"][:, :, 0], axis=1) == pytest.approx(cell()["dend"].diameters)
    middles = {kind: rows[:, :, 0].mean(axis=1) for kind, rows in boxes.items()}
    trunk, _, left, right = middles["apical"]
    assert trunk == pytest.approx((left + right) / 2)
    tips = [middles["axon"][0], middles["basal"][0], left, right]
    assert np.diff(tips) == pytest.approx(np.full(3, tips[1] - tips[0]))  # in order, equally far apart
    joints = painted(axes, "joints")
    assert len(joints.get_segments()) == 5  # type: ignore[attr-defined]
    heights = sorted(line[0, 1] for line in joints.get_segments())  # type: ignore[attr-defined]
    assert heights == [0, 0, 10, 100, 100]
    upright, across = axes.lines
    assert (np.ptp(upright.get_ydata()), np.ptp(across.get_xdata())) == (20, 2)
    assert [text.get_text() for text in axes.texts] == ["20 µm", "2 µm diameter"]


def test_dendrogram_by_variable() -> None:
    axes, bar = plot_dendrogram(cell(), "g").axes
    numbers = np.ma.filled(painted(axes, "g").get_array(), np.nan)
    assert numbers[1:6].tolist() == [0, 1, 2, 3, 4]
    assert bar.get_ylabel() == "g (S/cm²)"
    turned = CellShape(
        "x",
        (
            section("soma", "soma", [[0, 0, 0, 1], [1, 0, 0, 1]], parent=""),
            section("dend", "basal", [[9, 0, 0, 1], [1, 0, 0, 3]], 4, start=1.0),
        ),
        {"g": ""},
    )
    axes, _ = plot_dendrogram(turned, "g").axes  # from the end that is connected
    assert np.ma.filled(painted(axes, "g").get_array(), np.nan).tolist() == [0, 3, 2, 1, 0]


def test_one_value_alone() -> None:
    shape = CellShape("x", (section("soma", "soma", [[0, 0, 0, 1], [1, 0, 0, 1]], parent=""),), {"g": "mV"})
    axes, bar = plot_morphology(shape, "g").axes
    assert painted(axes, "g").norm.vmin < 0 < painted(axes, "g").norm.vmax
    assert bar.get_ylabel() == "g (mV)"


def test_nothing_to_draw() -> None:
    for draw in (plot_morphology, plot_dendrogram):
        with pytest.raises(ResultsError, match="no section of empty"):
            draw(CellShape("empty", ()))
        with pytest.raises(ResultsError, match=r"no values of 'v'; it has g\. Ask for them: cell\.shape"):
            draw(cell(), "v")
        with pytest.raises(ResultsError, match="ascend"):
            draw(cell(), "g", limits=(2, 1))
    with pytest.raises(ResultsError, match="2 or 3 dimensions"):
        plot_morphology(cell(), dimensions=4)  # type: ignore[arg-type]
    with pytest.raises(ResultsError, match="plane"):
        plot_morphology(cell(), plane="xx")  # type: ignore[arg-type]
    axon = CellShape(
        "x",
        (section("axon", "axon", [[0, 0, 0, 1], [1, 0, 0, 1]], parent="", values={"g": [np.nan]}),),
        {"g": ""},
    )
    with pytest.raises(ResultsError, match="no finite number"):
        plot_morphology(axon, "g")


def test_lengths_of_bars() -> None:
    for extent, length in ((1000, 200), (999, 100), (49.9, 5), (5, 1), (0.1, 0.02), (0, 1)):
        assert nice_length(extent) == length


def test_live_cells() -> None:
    with create_ball_stick() as made:
        (axes,) = made.plot(title="ball").axes
        assert len(painted(axes, "basal").get_paths()) == 200
        assert made.plot(dimensions=3).axes[0].name == "3d"
        axes, bar = made.plot("v", plane="yx").axes
        assert bar.get_ylabel() == "membrane potential (mV)"
        assert set(painted(axes, "v").get_array().tolist()) == {-65.0}
        axes, bar = made.plot_dendrogram("hh.gnabar", limits=(0, 0.3)).axes
        assert bar.get_ylabel() == "hh.gnabar (S/cm²)"
        assert len(painted(axes, "hh.gnabar").get_paths()) == 201
        with pytest.raises(NotRecordableError):
            made.plot("gna")
