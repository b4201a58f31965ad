"""SPACE: electric fields that act on cells."""
