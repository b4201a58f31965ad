"""LINEAR blocks of mechanisms as procedures: NEURON solves a LINEAR block in memory that all share.

The procedure finds the coefficients by putting unit vectors in, and eliminates in the order in which NEURON
does, so that the solution is the same to the last bit.
"""

from __future__ import annotations

import re

from bluecellab.nrn.mechanisms.nmodl import visible

__all__ = ["as_procedure"]

_LINEAR = re.compile(r"(?<![A-Z])LINEAR\s+(?P<name>[A-Za-z_]\w*)\s*\{(?P<body>[^{}]*)\}")
_STATE = re.compile(r"\bSTATE\s*\{(?P<body>[^}]*)\}")
_SOLVED_FOR = re.compile(r"\bSOLVEFOR\b")
_WORD = re.compile(r"[A-Za-z_]\w*")

_PROCEDURE = """PROCEDURE {name}() {{
    LOCAL bcl_left, bcl_right
VERBATIM
    {{
    const int bcl_n = {count};
    double bcl_a[{count}][{count} + 1], bcl_left0[{count}], bcl_right0[{count}], bcl_x[{count}];
    int bcl_order[{count}];
    for (int bcl_column = bcl_n; bcl_column >= 0; --bcl_column) {{
        int bcl_row = 0;
        {units}
ENDVERBATIM
{equations}
VERBATIM
        if (bcl_column == bcl_n) {{
            for (int bcl_i = 0; bcl_i < bcl_n; ++bcl_i) {{
                bcl_a[bcl_i][bcl_n] = bcl_right0[bcl_i] - bcl_left0[bcl_i];
            }}
        }}
    }}
    for (int bcl_i = 0; bcl_i < bcl_n; ++bcl_i) {{
        bcl_order[bcl_i] = bcl_i;
    }}
    for (int bcl_j = 0; bcl_j < bcl_n; ++bcl_j) {{
        int bcl_best = bcl_j;
        for (int bcl_i = bcl_j + 1; bcl_i < bcl_n; ++bcl_i) {{
            if (fabs(bcl_a[bcl_order[bcl_best]][bcl_j]) < fabs(bcl_a[bcl_order[bcl_i]][bcl_j])) {{
                bcl_best = bcl_i;
            }}
        }}
        const int bcl_pivot = bcl_order[bcl_best];
        if (fabs(bcl_a[bcl_pivot][bcl_j]) < 1e-20) {{
            hoc_execerror("{name}: the equations have no unique solution", nullptr);
        }}
        bcl_order[bcl_best] = bcl_order[bcl_j];
        bcl_order[bcl_j] = bcl_pivot;
        for (int bcl_k = bcl_j + 1; bcl_k <= bcl_n; ++bcl_k) {{
            bcl_a[bcl_pivot][bcl_k] /= bcl_a[bcl_pivot][bcl_j];
        }}
        for (int bcl_i = bcl_j + 1; bcl_i < bcl_n; ++bcl_i) {{
            const int bcl_row = bcl_order[bcl_i];
            for (int bcl_k = bcl_j + 1; bcl_k <= bcl_n; ++bcl_k) {{
                bcl_a[bcl_row][bcl_k] -= bcl_a[bcl_pivot][bcl_k] * bcl_a[bcl_row][bcl_j];
            }}
        }}
    }}
    for (int bcl_i = bcl_n - 1; bcl_i >= 0; --bcl_i) {{
        bcl_x[bcl_i] = bcl_a[bcl_order[bcl_i]][bcl_n];
        for (int bcl_k = bcl_i + 1; bcl_k < bcl_n; ++bcl_k) {{
            bcl_x[bcl_i] -= bcl_a[bcl_order[bcl_i]][bcl_k] * bcl_x[bcl_k];
        }}
    }}
    {solution}
    }}
ENDVERBATIM
}}"""

_EQUATION = """    bcl_left = {left}
    bcl_right = {right}
VERBATIM
        if (bcl_column == bcl_n) {{
            bcl_left0[bcl_row] = _lbcl_left;
            bcl_right0[bcl_row] = _lbcl_right;
        }} else {{
            bcl_a[bcl_row][bcl_column] =
                (_lbcl_left - bcl_left0[bcl_row]) - (_lbcl_right - bcl_right0[bcl_row]);
        }}
        ++bcl_row;
ENDVERBATIM"""


def as_procedure(text: str) -> tuple[str, str | None]:
    """Return the text with its LINEAR blocks written as procedures, and what was done.

    Returns
    -------
    tuple of str and (str or None)
        The same text and None if there is none, or if one is more than a list of equations.
    """
    shown = visible(text, in_place=True)
    blocks = list(_LINEAR.finditer(shown))
    states = {
        name for found in _STATE.finditer(shown) for name in _WORD.findall(_without_units(found["body"]))
    }
    done = []
    for block in reversed(blocks):
        procedure = _procedure(block["name"], block["body"], states)
        if procedure is None:
            return text, None
        solved = re.compile(rf"\bSOLVE\s+{block['name']}\b(?:[ \t]+METHOD[ \t]+\w+)?")
        text = text[: block.start()] + procedure + text[block.end() :]
        done.append((block["name"], solved))
    for name, solved in done:
        text = solved.sub(f"{name}()", text)
    if not done:
        return text, None
    names = ", ".join(name for name, _ in reversed(done))
    return text, f"LINEAR {names} written as a procedure that solves the same equations in the same order"


def _without_units(body: str) -> str:
    return re.sub(r"\([^)\n]*\)|\bFROM\b|\bTO\b", " ", body)


def _procedure(name: str, body: str, states: set[str]) -> str | None:
    equations = [part.split("=") for part in body.split("~")]
    first, *equations = equations
    if first != [""] and "".join(first).strip():
        return None  # there is more than equations
    if any(len(sides) != 2 for sides in equations) or _SOLVED_FOR.search(body):
        return None
    order = list(dict.fromkeys(word for word in _WORD.findall(body) if word in states))
    if len(order) != len(equations) or not order:
        return None
    sides = [(" ".join(left.split()), " ".join(right.split())) for left, right in equations]
    return _PROCEDURE.format(
        name=name,
        count=len(order),
        units=" ".join(f"{state} = bcl_column == {column};" for column, state in enumerate(order)),
        equations="\n".join(_EQUATION.format(left=left, right=right) for left, right in sides),
        solution=" ".join(f"{state} = bcl_x[{column}];" for column, state in enumerate(order)),
    )
