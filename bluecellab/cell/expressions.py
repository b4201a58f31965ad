"""A small evaluator for expressions such as ``self.soma(0.5)._ref_v``; it runs no other code."""

from __future__ import annotations

import ast
from typing import Any

from bluecellab.errors import NeuronEvalError

__all__ = ["eval_neuron"]


def eval_neuron(source: str, **context: object) -> Any:
    """Evaluate names, attributes, calls, subscripts and constants; nothing else.

    Parameters
    ----------
    source
        The expression.
    context
        What its names stand for.

    Returns
    -------
    object
        The value.

    Raises
    ------
    NeuronEvalError
        If the expression is anything else, or fails.

    Examples
    --------
    >>> eval_neuron("box[1]", box=["a", "b"])
    'b'
    """
    try:
        tree = ast.parse(source, mode="eval")
        return _value(tree.body, context)
    except NeuronEvalError:
        raise
    except Exception as error:
        raise NeuronEvalError(f"cannot evaluate {source!r}: {type(error).__name__}: {error}") from error


def _value(node: ast.expr, context: dict[str, object]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, context)
    if isinstance(node, ast.Name):
        if node.id not in context:
            raise NeuronEvalError(f"unknown name {node.id!r}; there are {', '.join(sorted(context))}")
        return context[node.id]
    if isinstance(node, ast.Attribute):
        if node.attr.startswith("__"):
            raise NeuronEvalError(f"attribute {node.attr!r} is not allowed")
        return getattr(_value(node.value, context), node.attr)
    if isinstance(node, ast.Subscript):
        return _value(node.value, context)[_value(node.slice, context)]
    if isinstance(node, ast.Call):
        if node.keywords:
            raise NeuronEvalError("keyword arguments are not allowed")
        return _value(node.func, context)(*(_value(argument, context) for argument in node.args))
    raise NeuronEvalError(f"{ast.unparse(node)!r} is not a name, attribute, call, subscript or constant")
