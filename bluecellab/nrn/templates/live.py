"""Templates as NEURON knows them: defined once, instantiated, released without a trace."""

from __future__ import annotations

import hashlib
import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bluecellab.errors import (
    EngineError,
    MissingMechanismError,
    MorphologyError,
    TemplateError,
    TemplateNotFoundError,
)
from bluecellab.nrn import geometry, objects, runtime, settings
from bluecellab.nrn.templates import source
from bluecellab.nrn.templates.naming import unique_name

__all__ = ["Template", "load", "loaded_names", "release"]

_GLOBALS = ("celsius", "v_init", "dt", "tstop", "t", "steps_per_ms", "secondorder", "stoprun")
_OURS = ("Cell", "TDistFunc")  # what a v5 template makes of ours
_MISSING = re.compile(r"(\w+) is not a (?:MECHANISM|template)")
_LOADING = threading.RLock()


@dataclass(frozen=True)
class Template:
    """A hoc template that NEURON has.

    Parameters
    ----------
    name
        Under which NEURON knows it; unique for its content.
    original_name
        In the file.
    path
        The file it was first loaded from.
    needed_attributes
        Names of the extra constructor arguments, in order: what the file's
        ``<original name>_NeededAttributes`` lists.
    notes
        What loading it did to NEURON and was put right.
    inserts
        Names of the mechanisms that it inserts by name.
    """

    name: str
    original_name: str
    path: str
    needed_attributes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    inserts: tuple[str, ...] = ()

    def create(self, *args: object) -> Any:
        """Make an instance.

        Parameters
        ----------
        args
            Arguments of the template's ``init``.

        Returns
        -------
        hoc.HocObject
            To be given to :func:`release` in the end.

        Raises
        ------
        MissingMechanismError
            If a mechanism that it needs is not loaded.
        MorphologyError
            If the morphology cannot be used.
        TemplateError
            If it fails otherwise, with what NEURON printed. Nothing is left behind in NEURON.
        """
        instance = self.make(*args)
        if getattr(instance, "getCell", None) is None and getattr(instance, "CellRef", None) is None:
            release(instance)
            raise TemplateError(
                f"template {self.original_name} ({self.path}) has neither getCell() nor CellRef, by "
                "which its sections are reached; add 'public getCell' and 'obfunc getCell() { return "
                "this }' to it"
            )
        return instance

    def make(self, *args: object) -> Any:
        """Do :meth:`create` for a template that need have neither ``getCell`` nor ``CellRef``."""
        runtime.refuse_while_running(f"making an instance of template {self.original_name}")
        _wake()
        before = _counts((self.name, *_OURS))
        with settings.preserved(_GLOBALS[:-1]), geometry.collected_failure() as failure:
            try:
                return self._construct(args, failure)
            except BaseException:
                _wake()
                discard(before)
                raise

    def _construct(self, args: tuple[object, ...], failure: geometry.Failure) -> Any:
        doing = f"template {self.original_name} ({self.path}) fails with arguments {args!r}"
        h = runtime.raw_h()
        try:
            with runtime.guard(doing, TemplateError) as printed:
                instance = getattr(h, self.name)(*args)
                if failure.reading:  # Import3d stops when it does not understand a file
                    del instance
                    raise TemplateError(doing, printed.text)
                return instance
        except TemplateError as error:
            better = (
                failure.error
                or _morphology_failed(error, failure.reading)
                or _missing_mechanism(error, doing, self.inserts)
            )
            if better is None:
                raise
            raise better from error


_by_content: dict[str, Template] = {}
_attempts: dict[str, int] = {}


def loaded_names() -> tuple[str, ...]:
    """Return the names, as NEURON knows them, of all templates loaded and of those of ours."""
    return (*(template.name for template in _by_content.values()), *_OURS)


def load(path: str | Path) -> Template:
    """Define the template of a file, unless its content has been defined already.

    Parameters
    ----------
    path
        A hoc file. Its name does not matter, its content does.

    Raises
    ------
    TemplateNotFoundError
        If there is no such file.
    MissingMechanismError
        If it inserts mechanisms that are not loaded. After loading them, load it again.
    TemplateError
        If NEURON refuses it, with what NEURON printed; nothing of it is left in NEURON.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise TemplateNotFoundError(f"Couldn't find template file: {path}") from error
    except OSError as error:
        raise TemplateError(f"template file {path} cannot be read: {error.strerror}") from error
    return load_content(path, content)


def load_content(path: Path, content: bytes, main: str | None = None) -> Template:
    """Do :func:`load` for a content, of which a template other than the outermost may be chosen."""
    key = hashlib.sha256(content + (main or "").encode()).hexdigest()
    with _LOADING:
        found = _by_content.get(key)
        if found is None:
            found = _by_content[key] = _define(path, content, key, main)
        return found


def define_as_written(path: Path, text: str) -> None:
    """Define the templates of a file under their own names, which NEURON must not have yet."""
    parsed = source.parse(_lines(text), str(path))
    runtime.refuse_while_running(f"loading {path}")
    doing = f"{path} cannot be loaded"
    _refuse_missing(parsed.inserts, doing)
    sections = set(runtime.raw_h().allsec())
    key = hashlib.sha256(text.encode("latin-1")).hexdigest()
    attempt = _attempts[key] = _attempts.get(key, -1) + 1
    trials = {name: f"{unique_name(name, key, attempt)}_try" for name in parsed.templates}
    with _LOADING, _globals_put_back():
        try:
            _execute(parsed.trial(trials), doing, path)
            _execute(parsed.rewritten({}), doing, path)
        finally:
            _delete_made_since(sections)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _define(path: Path, content: bytes, key: str, main: str | None) -> Template:
    parsed = source.parse(_lines(content.decode("latin-1")), str(path))
    if main is not None:
        parsed = replace(parsed, main=main)
    runtime.refuse_while_running(f"loading template {parsed.main}")
    h = runtime.raw_h()
    doing = f"template {parsed.main} ({path}) cannot be loaded"
    _refuse_missing(parsed.inserts, doing)
    _refuse_unknown_variables(parsed.only_assigned(), doing)
    attempt = _attempts[key] = _attempts.get(key, -1) + 1
    names = {name: unique_name(name, key, attempt) for name in parsed.templates}
    trials = {name: f"{unique}_trial" for name, unique in names.items()}
    sections = set(h.allsec())
    with _globals_put_back() as notes:
        try:
            _execute(parsed.trial(trials), doing, path)
            printed = _execute(parsed.rewritten(names), doing, path)
        except EngineError as error:
            better = _missing_mechanism(error, doing, parsed.inserts)
            if better is None:
                raise
            raise better from error
        finally:
            notes.extend(_delete_made_since(sections))
    if getattr(h, names[parsed.main], None) is None:
        raise TemplateError(f"{doing}: NEURON has not defined it", printed)
    notes.extend(line for line in printed.splitlines() if line.startswith("Couldn't find"))
    return Template(
        names[parsed.main],
        parsed.main,
        str(path),
        _needed_attributes(parsed),
        tuple(notes),
        parsed.inserts,
    )


def _execute(text: str, doing: str, path: Path) -> str:
    """Execute hoc text as a file, so that NEURON names lines; return what it printed."""
    with tempfile.TemporaryDirectory(prefix="bluecellab-") as folder:
        copy = Path(folder) / "template.hoc"
        copy.write_bytes(text.encode("latin-1"))
        try:
            with runtime.guard(doing, TemplateError) as printed:
                if str(copy).isascii():
                    runtime.raw_h().xopen(str(copy))
                elif not runtime.raw_h()(text.encode("ascii", "replace").decode()):
                    raise RuntimeError("refused")  # hoc takes ASCII only, and said why
        except TemplateError as error:
            cause = error.__cause__
            output = error.output.replace(str(copy), str(path))
            raise TemplateError(f"{doing}: {_first_line(output) or cause}", output) from cause
    return printed.text


def _first_line(output: str) -> str:
    return output.strip().partition("\n")[0].removeprefix("NEURON: ").strip()


@contextmanager
def _globals_put_back() -> Iterator[list[str]]:
    """Put run settings that the block changes back and note which those were."""
    notes: list[str] = []
    before = {name: settings.read(name) for name in _GLOBALS}
    h = runtime.raw_h()
    try:
        yield notes
    finally:
        for name, value in before.items():
            found = settings.read(name)
            if found != value:
                setattr(h, name, value)
                notes.append(f"sets {name} = {found:g}; put back to {value:g}")


def _refuse_missing(inserts: tuple[str, ...], doing: str) -> None:
    h = runtime.raw_h()
    missing = [name for name in inserts if not hasattr(h, name)]
    if missing:
        raise _mechanisms_missing(missing, doing, "")


def _refuse_unknown_variables(names: Sequence[str], doing: str) -> None:
    """Refuse what looks like a variable of a mechanism that does not have it.

    hoc would make a new variable without a word, and the mechanism would keep its default.
    """
    h = runtime.raw_h()
    kinds = h.MechanismType(0)
    text = h.ref("")
    for index in range(int(kinds.count())):
        kinds.select(index)
        kinds.selected(text)
        mechanism = str(text[0])
        unknown = [name for name in names if name.endswith(f"_{mechanism}")]
        unknown = [name for name in unknown if not h.name_declared(name)]
        if unknown:
            raise TemplateError(
                f"{doing}: it sets {', '.join(unknown)}, which mechanism {mechanism} does not have; "
                "correct the name in the template"
            )


def _delete_made_since(before: set[Any]) -> list[str]:
    """Delete sections that the file made outside its templates."""
    h = runtime.raw_h()
    stray = [section for section in h.allsec() if section not in before]
    notes = [f"makes section {section.hname()} outside its template; deleted" for section in stray]
    for section in stray:
        h.delete_section(sec=section)
    return notes


def _needed_attributes(parsed: source.Source) -> tuple[str, ...]:
    variable = f"{parsed.main}_NeededAttributes"
    if not parsed.has_name(variable):
        return ()
    value = getattr(runtime.raw_h(), variable, "")
    return tuple(part.strip() for part in str(value).split(";") if part.strip())


def _missing_mechanism(
    error: EngineError, doing: str, inserts: tuple[str, ...]
) -> MissingMechanismError | None:
    """Return a better error if a mechanism is what is missing."""
    named = _MISSING.findall(error.output)
    h = runtime.raw_h()
    missing = sorted({name for name in (*named, *inserts) if not hasattr(h, name)})
    if not missing or not (named or any(name in error.output for name in missing)):
        return None
    return _mechanisms_missing(missing, doing, error.output)


def _mechanisms_missing(missing: Sequence[str], doing: str, output: str) -> MissingMechanismError:
    return MissingMechanismError(
        f"{doing}: NEURON has no mechanism {', '.join(missing)}. Load the model's mechanisms first: "
        "bluecellab.load_mechanisms(folder of the .mod files)",
        output,
        names=missing,
    )


def _morphology_failed(error: EngineError, reading: str) -> MorphologyError | None:
    """Return a better error if NEURON failed to make the sections of a file."""
    if not reading:
        return None
    reason = _first_line(error.output) or str(error)
    return MorphologyError(f"NEURON cannot make sections of morphology {reading}: {reason}")


def _wake() -> None:
    """Have NEURON listen: after hoc's ``stop`` it ignores calls, until it is told something."""
    runtime.raw_h().execute1("{1}")


def _counts(names: tuple[str, ...]) -> dict[str, int]:
    """Return how many instances of each template there are."""
    h = runtime.raw_h()
    return {name: int(objects.listing(name).count()) for name in names if hasattr(h, name)}


def discard(before: dict[str, int]) -> None:
    """Release instances that are younger than a count: the remains of a template that failed."""
    for name, count in before.items():
        instances = objects.listing(name)
        young = [instances.o(index) for index in range(count, int(instances.count()))]
        del instances
        while young:
            release(young.pop())


def release(instance: Any) -> None:
    """Free an instance with its sections, and break the circles that would keep it alive.

    Parameters
    ----------
    instance
        What :meth:`Template.create` returned. Sections of it that are held elsewhere become invalid.
    """
    h = runtime.raw_h()
    nothing = h.hoc_sf_  # any object that lives for ever: Python cannot assign hoc's nil
    cell = getattr(instance, "CellRef", None)
    parts = [instance] if cell is None or cell == instance else [cell, instance]
    for part in parts:
        sections = getattr(part, "all", None)
        for section in list(sections) if sections is not None else ():
            h.delete_section(sec=section)
        clear = getattr(part, "clear", None)
        if clear is not None:
            with runtime.guard("clearing a cell"):
                clear()
        for name in ("CellRef", "CCellRef"):
            if getattr(part, name, None) is not None:
                setattr(part, name, nothing)
