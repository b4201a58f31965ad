"""Benchmarks: ``python -m benchmarks [--quick] [names]``. Ratios to bare NEURON; never timed tests."""
