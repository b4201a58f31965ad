"""The text of a hoc template: what it defines, and the same text with other names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest

from bluecellab.errors import TemplateError

__all__ = ["PROVIDED_FILES", "Source", "Token", "parse"]

PROVIDED_FILES = frozenset(
    f"{name}.hoc" for name in ("Cell", "TDistFunc", "TStim", "MorphIO", "RNGSettings", "fileUtils")
)
"""Files that circulating templates load, and that NEURON has loaded from this package."""

_ENDINGS = {
    "quit": 'execerror("the template called quit(), which would have ended this process", "")',
    "stop": 'execerror("the template executed stop, after which NEURON would ignore calls", "")',
}
_LOADED_ALREADY = '"stdlib.hoc"'
_TRIAL = "bluecellab_trial_"
_READERS = ("Import3d_Neurolucida3", "Import3d_SWC_read")
_SHIMS = {
    "Import3d_Neurolucida3": "BluecellabNeurolucida3",
    "Import3d_SWC_read": "BluecellabSWC",
    "Import3d_GUI": "BluecellabImport3d",
}
_SHIM_MEMBERS = frozenset({"quiet", "input", "instantiate"})
_TOKEN = re.compile(
    r"""(?P<space>\s+|\\\n|//[^\n]*|/\*.*?\*/)
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A piece of hoc text: ``kind`` is space (comments too), string, name, number or other."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True)
class Source:
    """A hoc file that defines templates.

    Parameters
    ----------
    tokens
        All of it; joined they are the text.
    templates
        Names of the templates it defines, in order.
    main
        The template that none of the others instantiates.
    inserts
        Names of the mechanisms that it inserts by name.
    """

    tokens: tuple[Token, ...]
    templates: tuple[str, ...]
    main: str
    inserts: tuple[str, ...]

    def has_name(self, name: str) -> bool:
        """Whether the identifier occurs."""
        return any(token.kind == "name" and token.text == name for token in self.tokens)

    def only_assigned(self) -> tuple[str, ...]:
        """Return the identifiers that are given values, and never occur otherwise."""
        code = [token for token in self.tokens if token.kind != "space"]
        assigned: dict[str, None] = {}
        used: set[str] = set()
        for index, token in enumerate(code):
            if token.kind == "name":
                after = [follower.text for follower in code[index + 1 : index + 3]]
                if after[:1] == ["="] and after[1:] != ["="]:
                    assigned[token.text] = None
                else:
                    used.add(token.text)
        return tuple(name for name in assigned if name not in used)

    def trial(self, names: Mapping[str, str]) -> str:
        """Return the text such that it makes no sections while NEURON parses it.

        A template that fails to parse leaves the sections that its body creates in NEURON, where
        nothing can delete them any more. So the text is tried first with one symbol, which has no
        sections, in the place of them all.
        """
        tokens = list(self.tokens)
        code = [index for index, token in enumerate(tokens) if token.kind != "space"]
        arrays: set[str] = set()
        for first, last in _body_creates(tokens, code):
            arrays.update(_declared(tokens, code[first + 1 : last + 1]))
            for index in code[first : last + 1]:
                tokens[index] = Token("space", "", tokens[index].line)
            tokens[code[first]] = Token("name", f"external {_TRIAL}", tokens[code[first]].line)
        return replace(self, tokens=tuple(_with_one_section(tokens, arrays))).rewritten(names)

    def rewritten(self, names: Mapping[str, str]) -> str:
        """Return the text with other names for the templates, and without traps.

        ``quit()`` becomes an error, the files that this package provides are not looked for, and
        NEURON's morphology readers become ours where the file uses them in the plain way that ours
        know.

        Parameters
        ----------
        names
            New name of each template.
        """
        replaced = dict(names)
        if _uses_readers_plainly(self.tokens):
            replaced.update(_SHIMS)
        out: list[str] = []
        before = earlier = ""
        for token in _without_quit(self.tokens):
            if token.kind == "name" and before != ".":
                out.append(replaced.get(token.text, token.text))
            elif token.text.strip('"') in PROVIDED_FILES and earlier == "load_file":
                out.append(_LOADED_ALREADY)
            else:
                out.append(token.text)
            if token.kind != "space":
                earlier, before = before, token.text
        return "".join(out)


def _without_quit(tokens: tuple[Token, ...]) -> Iterator[Token]:
    """Put an error for ``quit()``, with or without parentheses, and for ``stop``."""
    before = ""
    depth: int | None = None  # of parentheses after quit; None elsewhere
    for token in tokens:
        if token.kind == "space":
            yield token
            continue
        if depth is not None:
            depth += (token.text == "(") - (token.text == ")")
            if depth > 0 or token.text == ")":
                depth = depth or None
                continue
            depth = None
        if token.kind == "name" and token.text in _ENDINGS and before != ".":
            depth = 0 if token.text == "quit" else None
            yield Token("other", _ENDINGS[token.text], token.line)
        else:
            yield token
        before = token.text


def _body_creates(tokens: list[Token], code: list[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last place in ``code`` of each ``create`` in the body of a template."""
    depth = 0
    inside = False
    for place, index in enumerate(code):
        text = tokens[index].text
        depth += (text == "{") - (text == "}")
        if text in ("begintemplate", "endtemplate"):
            inside = text == "begintemplate"
        elif inside and depth == 0 and text == "create":
            yield place, _end_of_list(tokens, code, place)


def _end_of_list(tokens: list[Token], code: list[int], start: int) -> int:
    """Return the place in ``code`` of the last token of ``create a, b[2], c``, begun at ``start``."""
    place = start + 1
    while place + 1 < len(code):
        follows = tokens[code[place + 1]].text
        if follows == "[":
            while tokens[code[place]].text != "]" and place + 1 < len(code):
                place += 1
        elif follows == ",":
            place += 2
        else:
            break
    return min(place, len(code) - 1)


def _declared(tokens: list[Token], places: list[int]) -> Iterator[str]:
    depth = 0
    for place in places:
        token = tokens[place]
        depth += (token.text == "[") - (token.text == "]")
        if token.kind == "name" and depth == 0:
            yield token.text


def _with_one_section(tokens: list[Token], arrays: set[str]) -> Iterator[Token]:
    """Put one symbol for all arrays of sections, except where they are members or made public."""
    listing = False
    before = ""
    for token in tokens:
        if token.kind == "space":
            listing = listing and ("\n" not in token.text or token.text == "\\\n")
            yield token
            continue
        listing = token.text == "public" or (listing and (token.kind == "name" or token.text == ","))
        if token.kind == "name" and token.text in arrays and before != "." and not listing:
            yield Token("name", _TRIAL, token.line)
        else:
            yield token
        before = token.text


def parse(text: str, where: str) -> Source:
    """Take a hoc text apart.

    Parameters
    ----------
    text
        The whole file.
    where
        Its path, for messages.

    Raises
    ------
    TemplateError
        If it defines no template, or a string, comment, brace or template is left open.
    """
    tokens = tuple(_tokens(text, where))
    code = [token for token in tokens if token.kind != "space"]
    templates = _definitions(code, where)
    _check_brackets(code, where)
    made = {after.text for before, after in pairwise(code) if before.text == "new"}
    roots = [name for name in templates if name not in made] or list(templates)
    inserts = dict.fromkeys(
        after.text for before, after in pairwise(code) if before.text == "insert" and after.kind == "name"
    )
    return Source(tokens, templates, roots[0], tuple(inserts))


def _tokens(text: str, where: str) -> Iterator[Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        kind, piece = str(match.lastgroup), match.group()
        if piece == '"':
            raise TemplateError(f"{where}, line {line}: a string is not closed before the line ends")
        if piece == "/" and text.startswith("/*", match.start()):
            raise TemplateError(f"{where}, line {line}: the comment that begins here is never closed")
        if piece == "\0":
            raise TemplateError(f"{where}, line {line}: this is not a text file (it has a zero byte)")
        yield Token(kind, piece, line)
        line += piece.count("\n")


def _definitions(code: list[Token], where: str) -> tuple[str, ...]:
    """Return the names of the templates, having checked that each is closed."""
    names: list[str] = []
    opened: Token | None = None
    for token, after in zip_longest(code, code[1:]):
        if token.text not in ("begintemplate", "endtemplate") or token.kind != "name":
            continue
        if after is None or after.kind != "name":
            raise TemplateError(f"{where}, line {token.line}: {token.text} without a name")
        if token.text == "begintemplate":
            if opened is not None:
                raise TemplateError(
                    f"{where}, line {token.line}: begintemplate {after.text} inside template "
                    f"{opened.text}, which has no endtemplate before it"
                )
            if after.text in names:
                raise TemplateError(f"{where}, line {token.line}: template {after.text} is defined twice")
            opened = after
            names.append(after.text)
        elif opened is None or opened.text != after.text:
            expected = f"begintemplate {opened.text}" if opened else "no open template"
            raise TemplateError(f"{where}, line {token.line}: endtemplate {after.text} for {expected}")
        else:
            opened = None
    if opened is not None:
        raise TemplateError(
            f"{where}: template {opened.text}, begun in line {opened.line}, has no endtemplate; "
            "the file may be cut short"
        )
    if not names:
        raise TemplateError(f"{where} has no 'begintemplate NAME': it is not a hoc cell template")
    return tuple(names)


def _check_brackets(code: list[Token], where: str) -> None:
    """Refuse unbalanced braces: hoc would read on into whatever is executed next."""
    opened: list[Token] = []
    for token in code:
        if token.kind != "other":
            continue
        if token.text == "{":
            opened.append(token)
        elif token.text == "}":
            if not opened:
                raise TemplateError(f"{where}, line {token.line}: '}}' without '{{'")
            opened.pop()
    if opened:
        raise TemplateError(f"{where}, line {opened[-1].line}: '{{' is never closed")


def _uses_readers_plainly(tokens: tuple[Token, ...]) -> bool:
    """Whether NEURON's readers are used for nothing but quiet, input() and instantiate().

    Only then can ours stand in for them. A variable that holds a reader may be declared, assigned
    from ``new``, used with these members, and passed to ``Import3d_GUI``; anything else could reach
    what ours do not have.
    """
    code = [token for token in tokens if token.kind != "space"]
    text = [token.text for token in code] + ["", "", ""]
    kept: set[str] = set()
    for index, name in enumerate(text):
        if name in _SHIMS:
            if text[index - 1] != "new" or text[index - 2] != "=" or code[index - 3].kind != "name":
                return False
            kept.add(text[index - 3])
    declared = False
    for index, token in enumerate(code):
        if token.text in ("localobj", "objref"):
            declared = True
        elif declared and token.kind != "name" and token.text != ",":
            declared = False
        if token.kind != "name" or token.text not in kept or text[index - 1] == ".":
            continue
        follows = text[index + 1]
        if follows == ".":
            plain = text[index + 2] in _SHIM_MEMBERS
        elif follows == "=":
            plain = text[index + 2] == "new" or text[index + 2] in ("nil", "nullobject")
        else:
            plain = declared or text[index - 2] == "Import3d_GUI"
        if not plain:
            return False
    return bool(kept)
