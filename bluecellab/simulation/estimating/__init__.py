"""Estimates: how large a simulation is and what it will take, before anything is built."""
