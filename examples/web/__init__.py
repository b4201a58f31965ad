"""A web back end for cells: an example to begin from. See README.md."""
