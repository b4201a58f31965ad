"""Simulations of circuits: instantiate cells with their synapses and inputs, replay, run, report."""
