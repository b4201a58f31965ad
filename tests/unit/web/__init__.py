"""The web back end under examples/web."""
