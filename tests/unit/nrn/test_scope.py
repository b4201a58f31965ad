"""The ownership tree."""

from __future__ import annotations

import gc
import warnings

import pytest

from bluecellab.errors import BluecellabError, BusyError, ClosedError
from bluecellab.nrn import runtime, scope
from bluecellab.nrn.scope import Live, Scope


def test_release_is_last_in_first_out_and_once() -> None:
    released: list[str] = []
    owner = Scope("owner")
    owner.own("a", released.append)
    child = owner.child("child")
    child.own("b", released.append)
    owner.own("c", released.append)
    owner.close()
    owner.close()
    assert released == ["c", "b", "a"]
    assert child.closed


def test_child_closed_first_leaves_its_owner() -> None:
    owner = Scope("owner")
    child = owner.child("child")
    child.close()
    assert not owner.closed
    assert not owner._items
    owner.close()


def test_goes_on_after_a_failure_then_raises() -> None:
    released: list[str] = []

    def fail(item: str) -> None:
        raise OSError(item)

    owner = Scope("owner")
    owner.own("first", released.append)
    owner.own("bad", fail)
    owner.own("worse", fail)
    with pytest.raises(BluecellabError, match="closing owner left 2 failures: OSError: worse; OSError: bad"):
        owner.close()
    assert released == ["first"]
    assert owner.closed


def test_closed_error_names_thing_and_owner() -> None:
    owner = Scope("Cell 7")
    child = owner.child("Step")
    owner.close()
    with pytest.raises(ClosedError, match=r"Step \(owned by Cell 7\) is closed"):
        child.check()
    with pytest.raises(ClosedError, match="Cell 7 is closed"):
        owner.own(1)


def test_close_is_refused_in_a_run_and_a_drop_waits() -> None:
    released: list[str] = []
    held = Scope("held")
    held.own("held", released.append)
    dropped = Scope("dropped")
    dropped.own("dropped", released.append)
    with runtime.marked_running("a test"):
        with pytest.raises(BusyError, match="closing held is not possible while a test is running"):
            held.close()
        dropped.abandon()
        assert not released
    scope.release_deferred()
    assert released == ["dropped"]
    held.close()
    assert released == ["dropped", "held"]


class Thing(Live):
    def __init__(self, released: list[str], owner: Scope | None = None) -> None:
        super().__init__("Thing", owner)
        self._scope.own("thing", released.append)


def test_forgotten_object_is_released_with_a_warning_that_names_the_line() -> None:
    released: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        thing = Thing(released)
        del thing
    assert released == ["thing"]
    assert [warning.category for warning in caught] == [ResourceWarning]
    assert "test_scope.py:" in str(caught[0].message)


def test_owned_face_may_be_dropped() -> None:
    released: list[str] = []
    owner = Scope("owner")
    Thing(released, owner)
    gc.collect()
    assert not released
    owner.close()
    assert released == ["thing"]


def test_context_manager_closes_and_changes_are_counted() -> None:
    released: list[str] = []
    before = scope.changes()
    with Thing(released) as thing:
        assert not thing.closed
    assert thing.closed
    assert scope.changes() > before
    with pytest.raises(ClosedError), thing:
        pass
