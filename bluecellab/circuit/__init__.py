"""Circuits as they lie in files or in memory, read lazily and in columns. No NEURON."""
