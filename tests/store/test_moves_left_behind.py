"""What an unfinished copy left in its target goes by itself, or by --undo, and opens nothing."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from tests import databases, factories
from tests.store import moving
from tests.store.moving import MakePair, Pair

from pullfeed_server import errors
from pullfeed_server.moving import plan
from pullfeed_server.moving import shop as shops
from pullfeed_server.store import rows
from pullfeed_server.store.dialects import postgresql
from pullfeed_server.store.sql import tables
from pullfeed_server.store.sql.statement import Cursor

_EMPTIED = "shop.example: its unfinished copy is gone from the target; the source is as it was"


class _Cut(Exception):
    """The copy is killed."""


def _cut(*_: object) -> None:
    raise _Cut


@pytest.mark.parametrize("target", databases.EACH_ENGINE)
def test_the_loser_of_two_copies_takes_away_what_it_copied(
    make_pair: MakePair, target: str
) -> None:
    loser, winner = make_pair(target=target), make_pair()
    loser.source.put("c1", "c2")
    _give_away_meanwhile(loser, winner)
    assert loser.states() == (rows.MOVED, None)
    assert not any(_of_the_shop(loser.target_url).values())
    assert moving.state(winner.target_url) == rows.OPEN


def _give_away_meanwhile(loser: Pair, winner: Pair) -> None:
    """Runs a copy to the winner's target beside one to the loser's, which is refused then."""
    begun = iter([loser.plan()._replace(target_url=winner.target_url)])

    def meanwhile() -> None:
        for other in itertools.islice(begun, 1):
            plan.run(other, moving.Told())

    with pytest.raises(errors.Unusable, match=r"has given shop\.example to another database"):
        loser.copy(meanwhile=meanwhile)


def _of_the_shop(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of the tables that a shop has rows of its own in."""
    return moving.content(url, leave=list(tables.MERGED))


@pytest.mark.parametrize("target", databases.EACH_ENGINE)
def test_what_a_loser_left_that_was_killed_is_taken_away_by_undo(
    make_pair: MakePair, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    loser, winner = make_pair(target=target), make_pair()
    loser.source.put("c1", "c2")
    _leave_unfinished(loser, monkeypatch)
    plan.run(loser.plan()._replace(target_url=winner.target_url), moving.Told())
    with pytest.raises(errors.Unusable, match="--undo takes away what a copy has left"):
        loser.copy()
    assert loser.states() == (rows.MOVED, rows.FILLING)
    assert loser.undo() == [_EMPTIED]
    assert loser.states() == (rows.MOVED, rows.MOVED)
    assert [row[0] for row in _of_the_shop(loser.target_url).pop("shops")] == [factories.SHOP]
    assert moving.state(winner.target_url) == rows.OPEN
    with pytest.raises(errors.Unusable, match="It is not this target"):
        loser.undo()


def _leave_unfinished(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills a copy before the freeze."""
    with monkeypatch.context() as killed:
        killed.setattr(shops.ShopMove, "_freeze", _cut)
        with pytest.raises(_Cut):
            pair.copy()


def test_a_copy_that_nobody_wants_any_more_is_taken_away_before_the_freeze(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.source.put("c1", "c2")
    _leave_unfinished(pair, monkeypatch)
    assert pair.undo() == [_EMPTIED]
    assert pair.states() == (rows.OPEN, rows.MOVED)
    assert not _of_the_shop(pair.target_url)["records"]
    assert pair.source.put("later") == ["stored"]
    with pytest.raises(errors.Unusable, match="there is nothing to undo"):
        pair.undo()
    pair.copy()
    assert pair.states() == (rows.MOVED, rows.OPEN)
    assert moving.content(pair.target_url) == moving.content(pair.source_url)


def test_an_undo_that_names_a_source_before_the_last_keeps_no_shop_closed(
    make_pair: MakePair, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, third = make_pair(), make_pair()
    first.source.put("c1", "c2")
    first.copy()
    last = Pair(first.target_url, third.target_url)
    monkeypatch.setattr(shops.ShopMove, "_open", _cut)
    with pytest.raises(_Cut):
        last.copy()
    plan.undo(first.plan()._replace(target_url=third.target_url), moving.Told())
    assert last.states() == (rows.MOVED, rows.MOVED)
    assert last.undo() == ["shop.example: served by the source again, and not in the target"]
    assert last.states() == (rows.OPEN, None)
    last.close()


@pytest.mark.postgresql
def test_a_copy_whose_place_was_taken_away_writes_no_feed_into_the_target(
    make_pair: MakePair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = make_pair(target="postgresql")
    pair.source.put("c1", "c2")
    settle = shops.ShopMove._settle

    def taken_away(self: shops.ShopMove, cursor: Cursor) -> None:
        pair.undo()
        settle(self, cursor)

    with monkeypatch.context() as beside:
        # As behind a pooler that lends connections by transaction: the lock keeps nobody off.
        beside.setattr(postgresql, "hold_move", lambda _: True)
        beside.setattr(shops.ShopMove, "_settle", taken_away)
        with pytest.raises(errors.Unusable, match="was taken away during the copy"):
            pair.copy()
    assert pair.states() == (rows.OPEN, None)
    assert not any(_of_the_shop(pair.target_url).values())
    # A feed that says how far it reaches, without its records, would keep them from being copied.
    pair.copy()
    assert moving.content(pair.target_url) == moving.content(pair.source_url)
