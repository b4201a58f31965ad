"""Tables of types."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bluecellab.circuit.allen.types import TypeTable, read_types
from bluecellab.errors import CircuitFileError


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "node_types.csv"


def _read(path: Path, text: str) -> TypeTable:
    path.write_bytes(text.encode())
    return read_types(str(path), "node_type_id")


def test_kinds_of_columns(table: Path) -> None:
    found = _read(
        table,
        "node_type_id whole real truth text mixed nothing some\n"
        '100 1 1.5 True "a b" 5 NULL 7\n'
        "101 -2 1e-3 False 'c' NONE NaN NA\n"
        '7 3 2 true "d ""e""" x NULL 8\n',
    )
    assert found.ids.tolist() == [100, 101, 7]
    values = {name: column.values.tolist() for name, column in found.columns.items()}
    assert values["whole"] == [1, -2, 3]
    assert values["real"] == [1.5, 0.001, 2.0]
    assert values["truth"] == [True, False, True]
    assert values["text"] == ["a b", "'c'", 'd "e"']
    assert values["mixed"] == ["5", "", "x"]
    assert np.isnan(values["nothing"]).all()
    assert values["some"] == [7, 0, 8]
    assert found.columns["some"].there.tolist() == [True, False, True]
    assert found.columns["mixed"].there.tolist() == [True, False, True]


@pytest.mark.parametrize(
    "text",
    [
        "node_type_id a b\n1 x 2\n2 y 3\n",
        "node_type_id a b\r\n1 x 2\r\n2 y 3\r\n",
        "\ufeffnode_type_id a b\n1 x 2\n2 y 3",
        "node_type_id a b \n1 x 2 \n2 y 3 \n",
        "node_type_id  a  b\n1   x 2\n2 y  3\n",
        '"node_type_id" "a" "b"\n"1" "x" "2"\n\n2 y 3\n\n',
        "a node_type_id b\nx 1 2\ny 2 3\n",
    ],
)
def test_ways_of_writing(table: Path, text: str) -> None:
    found = _read(table, text)
    assert found.ids.tolist() == [1, 2]
    assert found.columns["a"].values.tolist() == ["x", "y"]
    assert found.columns["b"].values.tolist() == [2, 3]


def test_one_space_is_one_column(table: Path) -> None:
    found = _read(table, "node_type_id a b\n1  2\n2 y 3\n")
    assert found.columns["a"].values.tolist() == ["", "y"]
    assert found.columns["a"].there.tolist() == [False, True]


def test_what_a_row_lacks_at_its_end_is_missing(table: Path) -> None:
    found = _read(table, "node_type_id a b\n1 x\n2 y 3\n")
    assert found.columns["b"].there.tolist() == [False, True]


def test_names_that_look_like_numbers(table: Path) -> None:
    assert _read(table, "node_type_id a\n1 1_000\n").columns["a"].values.tolist() == ["1_000"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("type a\n1 x\n", "has no column 'node_type_id'"),
        ("node_type_id a\n1 x\n2", r"is cut off: its last line has fewer values"),
        ("node_type_id a\n1 x y\n", r"row 1 has 3 values for 2 columns"),
        ('node_type_id a\n1 "x\n', "is no table of types: unexpected end of data"),
        ("node_type_id a\nx y\n", "node_type_id has 'x'; whole numbers are needed"),
        ("node_type_id a\n1.5 y\n", "node_type_id has '1.5'"),
        ("node_type_id a\n1 x\n1 y\n", "has the type 1 twice"),
        ("node_type_id a a\n1 x y\n", "has two columns 'a'"),
        ("node_type_id a\n1 \0\n", "zero bytes"),
    ],
)
def test_tables_that_are_wrong(table: Path, text: str, says: str) -> None:
    with pytest.raises(CircuitFileError, match=says) as caught:
        _read(table, text)
    assert str(table) in str(caught.value)


def test_not_text(table: Path) -> None:
    table.write_bytes(b"\x89HDF\r\n\x1a\n\xff\xfe")
    with pytest.raises(CircuitFileError, match="is no table of types"):
        read_types(str(table), "node_type_id")


def test_rows_of_types(table: Path) -> None:
    found = _read(table, "node_type_id a\n100 x\n7 y\n")
    assert found.rows(np.array([7, 100, 7])).tolist() == [1, 0, 1]
    assert found.rows(np.array([], np.int64)).tolist() == []
    with pytest.raises(CircuitFileError, match=r"has no type 8, which 1 rows .* there are: 100, 7"):
        found.rows(np.array([7, 8]))
