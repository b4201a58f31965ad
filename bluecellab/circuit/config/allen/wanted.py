"""One block of ``inputs`` or ``reports``, with all that reading it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bluecellab.circuit.config.allen.places import AllenPlaces
from bluecellab.circuit.config.allen.values import InlineSets
from bluecellab.circuit.config.blocks import Block, Key

__all__ = ["Wanted"]

_OF_ALL = ("module", "input_type", "node_set", "enabled")


@dataclass(frozen=True)
class Wanted:
    """What a block wants.

    Parameters
    ----------
    name
        Its key in the configuration.
    block
        It, without remarks and nulls.
    places
        For its paths.
    sets
        Where node sets go that stand in the block.
    directory
        The folder of output; None if that is not known.
    nulls
        Keys that are there, and null.
    """

    name: str
    block: Block
    places: AllenPlaces
    sets: InlineSets
    directory: str | None = None
    nulls: frozenset[str] = frozenset()

    def read(self, keys: Sequence[Key], *others: str) -> dict[str, object]:
        """Return the values of keys; see :meth:`Block.read`. Keys that every input has are known.

        Parameters
        ----------
        keys
            Those that are read here.
        others
            Names of keys that are read elsewhere, or left alone.
        """
        return self.block.read(keys, ignored=(*_OF_ALL, *others))

    def file(self, name: str) -> str | None:
        """Return the absolute path of a file that is read; None if there is none, or it is no path."""
        text = self.block.values.get(name)
        return self.places.existing(text, self.block.at(name)) if isinstance(text, str) else None

    def of_output(self, name: str) -> str | None:
        """Return the name of a file of output; None if there is none, or it is no path."""
        text = self.block.values.get(name)
        if not isinstance(text, str) or self.directory is None:
            return None
        return self.places.of_output(text, self.block.at(name), self.directory)

    def node_set(self, name: str) -> str | None:
        """Return the name of a node set, also of one that stands here."""
        return self.sets.name_of(self.block, name)
