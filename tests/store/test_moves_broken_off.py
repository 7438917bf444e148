"""A move that is killed anywhere goes on, or is taken back; never is a shop open on both sides."""

from __future__ import annotations

import itertools
import pathlib
from typing import Any

import pytest
from tests import databases, factories
from tests.store import moving
from tests.store.moving import MakePair, Pair

from pullfeed_server import errors
from pullfeed_server.moving import plan, side
from pullfeed_server.moving import shop as shops
from pullfeed_server.store import rows

_ON_SERVER = pytest.mark.postgresql


class _Cut(Exception):
    """The copy is killed."""


class _Cutting:
    """Kills a copy at one of its writes, before or after it is durable."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._left = -1
        self._is_before = True
        write = side.Side.write

        def cut(self_: side.Side, work: Any) -> Any:
            self._left -= 1
            if self._left == 0 and self._is_before:
                raise _Cut
            found = write(self_, work)
            if self._left == 0:
                raise _Cut
            return found

        monkeypatch.setattr(side.Side, "write", cut)

    def at(self, number: int, *, is_before: bool) -> None:
        self._left, self._is_before = number, is_before


@pytest.mark.parametrize(
    ("target", "first", "step"),
    [("sqlite", 1, 1), pytest.param("postgresql", 2, 2, marks=_ON_SERVER)],
)
def test_a_copy_that_is_killed_anywhere_goes_on_and_neither_loses_nor_doubles(
    make_pair: MakePair,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    target: str,
    first: int,
    step: int,
) -> None:
    furnished = make_pair()
    moving.furnish(furnished.source, tmp_path)
    furnished.close()
    cutting = _Cutting(monkeypatch)
    monkeypatch.setattr(shops, "BATCH", 5)
    seen: list[tuple[int | None, int | None]] = []
    for number in itertools.count(first, step):
        pair = make_pair(target=target, like=furnished)
        cutting.at(number, is_before=number % 2 == 0)
        try:
            pair.copy()
        except _Cut:
            seen.append(pair.states())
            if seen[-1][0] == rows.OPEN:
                pair.source.put("later", second=9)
            pair.copy()
        else:
            break
        assert pair.states() == (rows.MOVED, rows.OPEN)
        assert moving.content(pair.target_url) == moving.content(pair.source_url)
        pair.close()
    # It was killed before it began, while it filled, and behind the freeze.
    assert set(seen) >= {
        (rows.OPEN, None),
        (rows.OPEN, rows.FILLING),
        (rows.MOVED, rows.FILLING),
    }


def test_a_shop_is_taken_back_that_was_frozen_but_never_opened(
    pair: Pair, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving.furnish(pair.source, tmp_path)
    before = moving.content(pair.source_url)
    monkeypatch.setattr(shops.ShopMove, "_open", _cut)
    with pytest.raises(_Cut):
        pair.copy()
    assert pair.states() == (rows.MOVED, rows.FILLING)
    assert pair.undo() == ["shop.example: served by the source again, and not in the target"]
    assert pair.states() == (rows.OPEN, None)
    assert moving.content(pair.source_url) == before
    assert pair.source.put("later") == ["stored"]
    monkeypatch.undo()
    pair.copy()
    assert pair.states() == (rows.MOVED, rows.OPEN)


@pytest.mark.parametrize("engine", databases.EACH_ENGINE)
def test_a_source_that_is_named_as_the_target_too_loses_nothing(
    make_pair: MakePair, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    pair = make_pair(source=engine)
    pair.source.put("c1")
    before = moving.content(pair.source_url)
    monkeypatch.setattr(shops.ShopMove, "_open", _cut)
    with pytest.raises(_Cut):
        pair.copy()
    pair.close()
    itself = pair.plan()._replace(target_url=pair.source_url)
    with pytest.raises(errors.Unusable, match="It is not this target"):
        plan.undo(itself, moving.Told())
    assert moving.content(pair.source_url) == before
    assert pair.undo() == ["shop.example: served by the source again, and not in the target"]


def _cut(*_: object) -> None:
    raise _Cut


def test_nothing_is_taken_back_that_the_target_serves(pair: Pair) -> None:
    pair.source.put("c1")
    pair.copy()
    with pytest.raises(errors.Unusable, match=r"The target serves shop\.example"):
        pair.undo()
    assert pair.states() == (rows.MOVED, rows.OPEN)


def test_nothing_is_taken_back_that_the_source_serves(pair: Pair) -> None:
    pair.source.put("c1")
    with pytest.raises(errors.Unusable, match="there is nothing to undo"):
        pair.undo()


@pytest.mark.parametrize("target", databases.EACH_ENGINE)
def test_a_shop_that_is_being_filled_is_not_served(
    make_pair: MakePair, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    pair = make_pair(target=target)
    pair.source.put("c1")
    monkeypatch.setattr(shops.ShopMove, "_freeze", _cut)
    with pytest.raises(_Cut):
        pair.copy()
    assert pair.states() == (rows.OPEN, rows.FILLING)
    filled = pair.open_target()
    for call in (
        lambda: filled.importer().page(1),
        lambda: filled.put("c2"),
        lambda: filled.put_all([factories.record(factories.product())], scope=3),
    ):
        with pytest.raises(errors.ShopMoved):
            call()
    assert filled.store.read(lambda tx: tx.feeds.shops("", 10)) == []
