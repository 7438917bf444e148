"""The whole of a move: which shops, between which databases, in which order."""

from __future__ import annotations

import contextlib
import functools
import pathlib
from collections.abc import Callable, Generator, Sequence
from typing import NamedTuple, Protocol

from pullfeed_server import errors
from pullfeed_server.moving import callers, ring
from pullfeed_server.moving import shop as shops
from pullfeed_server.moving.side import Side
from pullfeed_server.store import rows
from pullfeed_server.store.sql import moves
from pullfeed_server.store.sql.statement import Cursor

_SHOPS = 1000


class Plan(NamedTuple):
    """What an operator asks for. shops: none for all. secrets: the setting.

    new_epoch: is it known that cursors and tokens end, where the target has an epoch of
    its own. secrets_file: where to write the target's.
    """

    source_url: str
    target_url: str
    shops: Sequence[str]
    secrets: str
    secrets_file: pathlib.Path | None
    new_epoch: bool


class Told(Protocol):
    """Who hears how far a move is."""

    def copied(self, shop: str, count: int) -> None:
        """So many more records and tombstones were copied; one that changed meanwhile, again."""
        ...

    def say(self, sentence: str) -> None:
        """Something has come to an end."""
        ...


def run(plan: Plan, told: Told) -> None:
    """Moves the shops; each is open in the target when this returns. Raises Unusable."""
    with _sides(plan) as (source, target):
        said = ring.carry(plan.source_url, plan.target_url, plan.secrets, plan.secrets_file)
        if said:
            told.say(said)
        names = _names(plan, source, target)
        found = _epochs(source, target, plan, names)
        calling = callers.Callers(source, target, plan.shops or None)
        merge = functools.partial(calling.merge, with_all_shops=not found.jump)
        _say_left(merge(replace=rows.OPEN not in target.read(target.moves.states)), told)
        while names:
            _move_all([_ShopMove(source, target, name, found, told) for name in names], merge)
            # Shops that were made meanwhile.
            names = [] if plan.shops else _names(plan, source, target)


def undo(plan: Plan, told: Told) -> None:
    """Empties shops in the target that were never opened there.

    Those that the source was frozen for are opened in the source again. Raises Unusable.
    """
    with _sides(plan) as (source, target):
        for name in plan.shops:
            told.say(f"{name}: {_undo(source, target, name)}")


class _ShopMove(shops.ShopMove):
    """A shop's move that tells how far it is."""

    def __init__(
        self, source: Side, target: Side, name: str, found: shops.Epochs, told: Told
    ) -> None:
        super().__init__(source, target, name, found, functools.partial(told.copied, name))
        self.name = name
        self.told = told


def _move_all(moving: Sequence[_ShopMove], merge: Callable[..., object]) -> None:
    """Copies all of them first, so that none waits closed for the others to be copied."""
    begun: list[_ShopMove] = []
    for one in moving:
        if one.begin():
            one.fill()
            begun.append(one)
        else:
            one.told.say(f"{one.name}: the target serves it already")
    merge(replace=True)
    for one in begun:
        moved = one.finish()
        one.told.say(
            f"{one.name}: {moved.record_count:,} records, {moved.removed_count:,} removed; "
            f"frozen for {moved.frozen_s:.2f} s, served by the target from now on"
        )
    # Keys that were made or revoked meanwhile.
    merge(replace=True)


@contextlib.contextmanager
def _sides(plan: Plan) -> Generator[tuple[Side, Side]]:
    source = Side("source", plan.source_url, is_source=True)
    with contextlib.closing(source):
        # Before anything is made: a mistyped name leaves no database and no secrets behind.
        _check_known(source, plan.shops)
        target = Side("target", plan.target_url, is_source=False)
        with contextlib.closing(target):
            yield source, target


def _check_known(source: Side, names: Sequence[str]) -> None:
    def unknown(cursor: Cursor) -> list[str]:
        return [name for name in names if source.moves.shop(cursor, name) is None]

    if missing := source.read(unknown):
        raise errors.Unusable(f"The source has no shop {', '.join(missing)}.")


def _names(plan: Plan, source: Side, target: Side) -> list[str]:
    """The shops that are asked for, or all that the source still has to give."""
    if plan.shops:
        return list(plan.shops)
    found: list[str] = []
    after = ""
    while listed := source.read(functools.partial(source.moves.shops, after=after, limit=_SHOPS)):
        there = target.read(functools.partial(_there, target, [row.shop for row in listed]))
        found += [row.shop for row in listed if _is_to_move(row, there.get(row.shop))]
        after = listed[-1].shop
    return found


def _there(target: Side, names: Sequence[str], cursor: Cursor) -> dict[str, moves.ShopRow]:
    found = (target.moves.shop(cursor, name) for name in names)
    return {row.shop: row for row in found if row is not None}


def _is_to_move(row: moves.ShopRow, there: moves.ShopRow | None) -> bool:
    if row.state != rows.MOVED:
        return True
    # Its move was broken off behind the freeze.
    return there is not None and (there.state, there.move) == (rows.FILLING, row.move)


def _epochs(source: Side, target: Side, plan: Plan, names: Sequence[str]) -> shops.Epochs:
    """The epochs of both; an empty target takes over the source's. Raises Unusable."""
    of_source = source.read(source.moves.epoch)

    def work(cursor: Cursor) -> shops.Epochs:
        known = target.moves.lock_epoch(cursor)
        if (known.epoch, known.jumps) == (of_source.epoch, of_source.jumps):
            return shops.Epochs(of_source, known, jump=False)
        if target.moves.states(cursor) <= {rows.FILLING}:
            target.moves.set_epoch(cursor, of_source)
            return shops.Epochs(of_source, of_source, jump=False)
        if not plan.new_epoch:
            raise errors.Unusable(
                "The target has shops and an epoch of its own: cursors and tokens of the source "
                "would end. Copy into an empty database, or say --new-epoch: importers of these "
                "shops begin again at page 1, and confirmed positions stay."
            )
        if any(row.state == rows.MOVED for row in _there(target, names, cursor).values()):
            # What it signed for them before it gave them away must not be good again.
            target.epochs.begin(cursor)
        return shops.Epochs(of_source, target.moves.epoch(cursor), jump=True)

    return target.write(work)


def _say_left(left: Sequence[str], told: Told) -> None:
    if left:
        told.say(
            f"Keys for every shop that were not copied, since they would open the target's other "
            f"shops: {', '.join(left)}"
        )


def _undo(source: Side, target: Side, name: str) -> str:
    """What was done, for a person."""
    if target.write(functools.partial(_empty, source, target, name)):
        return "its unfinished copy is gone from the target; the source is as it was"
    target.write(functools.partial(_take_back, source, target, name))
    source.write(functools.partial(_reopen, source, name))
    target.write(functools.partial(target.moves.forget, shop=name))
    return "served by the source again, and not in the target"


def _empty(source: Side, target: Side, name: str, cursor: Cursor) -> bool:
    """Takes away what a copy left that the source was not frozen for; was there anything."""
    row = source.read(lambda cursor: source.moves.shop(cursor, name))
    known = target.moves.lock(cursor, name)
    if row is None or row.state == rows.FILLING or known is None or known.state != rows.FILLING:
        return False
    if (row.state, row.move) == (rows.MOVED, known.move):
        return False
    target.moves.drop(cursor, name)
    # Closed, not forgotten: were another source frozen for it, its own undo finds it so.
    target.moves.put(cursor, known._replace(state=rows.MOVED))
    return True


def _take_back(source: Side, target: Side, name: str, cursor: Cursor) -> None:
    """Empties the shop's place in the target, so that no copy opens it any more."""
    row = source.read(lambda cursor: source.moves.shop(cursor, name))
    if row is None or row.state != rows.MOVED:
        raise errors.Unusable(f"The source has not given {name} away: there is nothing to undo.")
    known = target.moves.lock(cursor, name)
    # One that an undo has closed is empty; one with a feed has given the shop away itself.
    is_closed = known is not None and known.state == rows.MOVED
    is_giver = is_closed and target.moves.feeds.rows(cursor, name, None, 1)
    if known is None or known.move != row.move or is_giver:
        raise errors.Unusable(f"It is not this target that {name} was frozen for.")
    if known.state == rows.OPEN:
        raise errors.Unusable(f"The target serves {name}: copy it back instead.")
    target.moves.drop(cursor, name)
    target.moves.put(cursor, known._replace(state=rows.MOVED))


def _reopen(source: Side, name: str, cursor: Cursor) -> None:
    row = source.moves.lock(cursor, name)
    if row is not None:
        source.moves.put(cursor, row._replace(state=rows.OPEN))
