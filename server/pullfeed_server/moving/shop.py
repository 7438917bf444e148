"""The move of one shop: copied while it is served, frozen, copied to the end, opened."""

from __future__ import annotations

import collections
import functools
import secrets
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from pullfeed_server import errors
from pullfeed_server.moving import mirror
from pullfeed_server.moving.side import Side
from pullfeed_server.store import rows
from pullfeed_server.store.sql import epochs, moves, tables
from pullfeed_server.store.sql.statement import Cursor

# Rows a statement, and a transaction of the target.
BATCH = 500
# Rows of an index, in a statement that counts.
_COUNTED = 50_000
# A writer that is faster than the copy is stopped by the freeze.
_PASSES = 10
# Of a place that is filled no further.
_LEFT = " --undo takes away what a copy has left here."

# Takes the number of rows of both lists that were copied since it was told last.
Count = Callable[[int], None]


class Moved(NamedTuple):
    """A shop that is open at the target. frozen_s: for so long nobody was served."""

    record_count: int
    removed_count: int
    frozen_s: float


class Epochs(NamedTuple):
    """Of both databases. jump: the target has its own, and what was signed ends."""

    source: moves.DatabaseRow
    target: moves.DatabaseRow
    jump: bool


class ShopMove:
    """One shop on its way."""

    def __init__(self, source: Side, target: Side, shop: str, found: Epochs, count: Count) -> None:
        self._source = source
        self._target = target
        self._shop = shop
        self._epochs = found
        self._count = count
        self._mirror = mirror.Mirror(source, target, shop)
        self._position = source.moves.records.names.index("position")
        self._move = 0

    def begin(self) -> bool:
        """Makes the shop's place in the target, or finds it; False where it is open there already.

        Raises Unusable where the shop lives there, or does not live in the source.
        """
        row = self._source.read(lambda cursor: self._source.moves.shop(cursor, self._shop))
        if row is None:
            raise errors.Unusable(f"The source has no shop {self._shop}.")
        self._move, is_open = self._target.write(lambda cursor: self._place(cursor, row))
        return not is_open

    def fill(self) -> None:
        """Copies what there is, while the source serves it."""
        for _ in range(_PASSES):
            if self._follow() < BATCH:
                break
        self._mirror.make_alike()

    def finish(self) -> Moved:
        """Freezes the shop in the source, copies what is left, and opens it in the target.

        Raises Unusable; from the freeze on nobody is served until it was run to its end.
        """
        self.fill()
        if not self._source.write(self._freeze):
            self._target.write(self._leave)
            raise _given_away(self._shop)
        begun_s = time.monotonic()
        self._follow()
        self._mirror.make_alike()
        self._target.write(self._settle)
        counts = self._compare_counts()
        self._target.write(self._open)
        return Moved(counts[rows.RECORDS], counts[rows.REMOVED], time.monotonic() - begun_s)

    def _place(self, cursor: Cursor, source: moves.ShopRow) -> tuple[int, bool]:
        """The number of the move, and is it over."""
        found = self._target.moves
        known = found.lock(cursor, self._shop)
        is_ours = known is not None and known.state != rows.MOVED and known.move == source.move
        if source.state == rows.MOVED and is_ours:
            return source.move, known is not None and known.state == rows.OPEN
        _check_can_begin(source, known)
        goes_on = (rows.FILLING, self._epochs.source.epoch)
        if known is not None and (known.state, known.moved_epoch) == goes_on:
            return known.move, False
        if known is not None:
            found.drop(cursor, self._shop)
        # Drawn, not counted: databases have no common sequence.
        move = secrets.randbits(62) or 1
        begun = source._replace(
            state=rows.FILLING, move=move, moved_epoch=self._epochs.source.epoch
        )
        found.put(cursor, begun)
        return move, False

    def _follow(self) -> int:
        """Copies the records behind those that were copied; how many there were."""
        return sum(self._follow_feed(feed) for feed in self._feeds(self._source))

    def _follow_feed(self, feed: dict[str, Any]) -> int:
        """Up to where the feed stood. What changes meanwhile comes behind that again."""
        count, scope = 0, feed["scope"]
        after = self._reached(scope)
        found: list[Any] = [None] * BATCH
        while len(found) == BATCH and after < self._effective(feed):
            found = self._changed(scope, after)
            if not found:
                break
            after = found[-1][self._position]
            reached = {**feed, "position": after, "state": rows.FILLING}
            self._target.write(functools.partial(self._keep, found, reached))
            self._count(len(found))
            count += len(found)
        return count

    def _changed(self, scope: int, after: int) -> list[Any]:
        found = self._source.moves
        return self._source.read(
            lambda cursor: found.changed(cursor, self._shop, scope, after, BATCH)
        )

    def _keep(self, found: list[Any], reached: dict[str, Any], cursor: Cursor) -> None:
        """Stores records, and how far they reach: a move that is broken off goes on from there."""
        self._target.moves.records.set(cursor, self._shop, found)
        self._set_feeds(cursor, [reached])

    def _reached(self, scope: int) -> int:
        """Up to which position the target has every record."""
        found = (feed["position"] for feed in self._feeds(self._target) if feed["scope"] == scope)
        return next(found, 0)

    def _freeze(self, cursor: Cursor) -> bool:
        """Closes the shop; False where another copy had it given to another target."""
        found = self._source.moves
        row = found.lock(cursor, self._shop)
        if found.epoch(cursor) != self._epochs.source or row is None:
            raise errors.Unusable(
                "The source began a new epoch during the copy: it was restored, or another server "
                "took over. Run the same command again."
            )
        # Another copy may have begun beside this one: only one of them gives the shop away.
        if row.state != rows.OPEN and (row.state, row.move) != (rows.MOVED, self._move):
            return False
        found.put(cursor, row._replace(state=rows.MOVED, move=self._move))
        return True

    def _leave(self, cursor: Cursor) -> None:
        """Takes the shop's place away, which the source is not frozen for."""
        row = self._target.moves.lock(cursor, self._shop)
        if row is not None and (row.state, row.move) == (rows.FILLING, self._move):
            self._target.moves.drop(cursor, self._shop)
            self._target.moves.forget(cursor, self._shop)

    def _settle(self, cursor: Cursor) -> None:
        """What the source no longer keeps, and the counters as they stand at the end.

        Raises Unusable where the place is this move's no more.
        """
        self._own_place(cursor)
        feeds = self._feeds(self._source)
        for feed in feeds:
            self._target.moves.prune(cursor, self._shop, feed["scope"], feed["pruned"])
        self._set_feeds(cursor, [self._settled(feed) for feed in feeds])

    def _settled(self, feed: dict[str, Any]) -> dict[str, Any]:
        settled = {**feed, "state": rows.FILLING}
        if self._epochs.jump:
            position = self._effective(feed) + epochs.JUMP
            return {**settled, "position": position, "jumps": self._epochs.target.jumps}
        return settled

    def _effective(self, feed: dict[str, Any]) -> int:
        """Where a feed stands once it has made every jump."""
        missing = max(0, self._epochs.source.jumps - feed["jumps"])
        position: int = feed["position"] + missing * epochs.JUMP
        return position

    def _compare_counts(self) -> collections.Counter[int]:
        """How many rows of each list both have. Raises Unusable where one has more."""
        counts: collections.Counter[int] = collections.Counter()
        for feed in self._feeds(self._source):
            for kind in moves.LISTS:
                before, after = (
                    self._counted(side, feed["scope"], kind)
                    for side in (self._source, self._target)
                )
                if before != after:
                    raise errors.Unusable(
                        f"The target has {after:,} rows of a list of {self._shop}, the source has "
                        f"{before:,}: the shop stays closed on both sides. Take it back with "
                        "--undo, and report this."
                    )
                counts[kind] += before
        return counts

    def _counted(self, side: Side, scope: int, kind: int) -> int:
        total, after, count = 0, 0, _COUNTED
        while count == _COUNTED:
            feed = (self._shop, scope, kind)
            count, after = side.read(functools.partial(_counted, side, feed, after))
            total += count
        return total

    def _own_place(self, cursor: Cursor) -> moves.ShopRow:
        """The locked row of the place that this move fills. Raises Unusable where it has none."""
        row = self._target.moves.lock(cursor, self._shop)
        if row is None or (row.state, row.move) != (rows.FILLING, self._move):
            raise errors.Unusable(
                f"The place of {self._shop} in the target was taken away during the copy. "
                "Run the same command again."
            )
        return row

    def _open(self, cursor: Cursor) -> None:
        found = self._target.moves
        row = self._own_place(cursor)
        if found.lock_epoch(cursor) != self._epochs.target:
            raise errors.Unusable(
                "The target began a new epoch during the copy. Run the same command again, "
                "with --new-epoch."
            )
        found.put(cursor, row._replace(state=rows.OPEN))

    def _feeds(self, side: Side) -> list[dict[str, Any]]:
        table = side.moves.feeds
        return side.read(functools.partial(self._named, table))

    def _named(self, table: tables.Table, cursor: Cursor) -> list[dict[str, Any]]:
        found = table.rows(cursor, self._shop, None, BATCH)
        return [dict(zip(table.names, row, strict=True)) for row in found]

    def _set_feeds(self, cursor: Cursor, feeds: list[dict[str, Any]]) -> None:
        table = self._target.moves.feeds
        known = {feed["scope"]: feed for feed in self._named(table, cursor)}
        feeds = [_with_bounds(feed, known.get(feed["scope"], feed)) for feed in feeds]
        told = [tuple(feed[name] for name in table.names) for feed in feeds]
        table.set(cursor, self._shop, told)


def _with_bounds(feed: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """The feed, which has every encoding that was copied: the source's rows may be renewed since.

    That gives them no new position, and they stay in the target as they were.
    """
    return {
        **feed,
        "oldest_encoding": min(feed["oldest_encoding"], known["oldest_encoding"]),
        "newest_encoding": max(feed["newest_encoding"], known["newest_encoding"]),
    }


def _counted(side: Side, feed: tuple[str, int, int], after: int, cursor: Cursor) -> tuple[int, int]:
    return side.moves.counted(cursor, *feed, after, _COUNTED)


def _check_can_begin(source: moves.ShopRow, known: moves.ShopRow | None) -> None:
    """Raises Unusable where the shop is not the source's to give, or is the target's."""
    if source.state == rows.FILLING:
        raise errors.Unusable(f"The source's {source.shop} is itself being filled by a copy.")
    if source.state == rows.MOVED:
        is_left = known is not None and known.state == rows.FILLING
        raise _given_away(source.shop, _LEFT * is_left)
    if known is not None and known.state == rows.OPEN:
        raise errors.Unusable(
            f"The target serves a shop {source.shop} already: a copy would replace it."
        )


def _given_away(shop: str, more: str = "") -> errors.Unusable:
    return errors.Unusable(
        f"The source has given {shop} to another database than this target.{more}"
    )
