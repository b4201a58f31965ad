"""Stimuli, under the published names."""

from __future__ import annotations

from bluecellab.stimulus import StimulusFactory

__all__ = ["StimulusFactory"]
