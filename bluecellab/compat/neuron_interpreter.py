"""Evaluating expressions such as ``self.soma(0.5)._ref_v``."""

from __future__ import annotations

from bluecellab.cell.expressions import eval_neuron
from bluecellab.errors import NeuronEvalError

__all__ = ["NeuronEvalError", "eval_neuron"]
