"""Many jobs: cells times protocols, or cells times parameters of a measurement, side by side."""

from __future__ import annotations
