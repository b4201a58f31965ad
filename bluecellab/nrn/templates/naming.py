"""Names of templates that NEURON accepts and prints in full."""

from __future__ import annotations

import hashlib
import re

__all__ = [
    "check_compliance_with_neuron",
    "get_neuron_compliant_template_name",
    "shorten_and_hash_string",
    "unique_name",
]

_MAX_LENGTH = 50
_COMPLIANT = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def shorten_and_hash_string(label: str, keep_length: int = 40, hash_length: int = 9) -> str:
    """Shorten a long label and make up for what is lost by a hash of it.

    Parameters
    ----------
    label
        Any text.
    keep_length
        Number of leading characters that are kept.
    hash_length
        Number of hexadecimal digits of the hash, at most 20.

    Returns
    -------
    str
        ``label`` itself if it has at most ``keep_length + hash_length + 1`` characters, else its
        beginning, ``_`` and the first digits of its SHA-1.

    Raises
    ------
    ValueError
        If ``hash_length`` exceeds 20.

    Examples
    --------
    >>> shorten_and_hash_string("short")
    'short'
    >>> len(shorten_and_hash_string(80 * "x"))
    50
    """
    if hash_length > 20:
        raise ValueError(f"hash_length is {hash_length}; it must be at most 20")
    if len(label) <= keep_length + hash_length + 1:
        return label
    digest = hashlib.sha1(label.encode(), usedforsecurity=False).hexdigest()
    return f"{label[:keep_length]}_{digest[:hash_length]}"


def check_compliance_with_neuron(template_name: str) -> bool:
    """Return whether a name will do for a hoc template.

    A name begins with a letter, has letters, digits and underscores only, and at most 50 of them.

    Examples
    --------
    >>> check_compliance_with_neuron("cADpyr_L5TPC"), check_compliance_with_neuron("5-HT")
    (True, False)
    """
    return len(template_name) <= _MAX_LENGTH and _COMPLIANT.fullmatch(template_name) is not None


def get_neuron_compliant_template_name(name: str) -> str:
    """Return a name that will do for a hoc template: the given one, if that is so already.

    Otherwise leading digits go, hyphens become underscores, and what exceeds 50 characters is
    shortened and hashed.

    Examples
    --------
    >>> get_neuron_compliant_template_name("5hyphenated-name")
    'hyphenated_name'
    """
    if check_compliance_with_neuron(name):
        return name
    return shorten_and_hash_string(name.lstrip("0123456789").replace("-", "_"))


def unique_name(original: str, content_hash: str, attempt: int = 0) -> str:
    """Return the name under which one content of a template is defined in NEURON.

    NEURON prints at most 99 characters of an instance's name, and templates execute what it
    prints; so the name has at most 70, which leaves room for ``[123456789]``.

    Parameters
    ----------
    original
        The name in the file.
    content_hash
        Hexadecimal hash of the content.
    attempt
        Number of earlier attempts with this content that NEURON refused half-way: each has used
        up its name.
    """
    suffix = f"_{attempt + 1}" if attempt else ""
    return f"{get_neuron_compliant_template_name(original)}_{content_hash[:10]}{suffix}"
