"""One builder for each family of cells: a specification becomes sections in NEURON."""
