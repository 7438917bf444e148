"""Page-mode walks: where page n begins, though a request names no walk.

One walk per key. Its start is mark 0, the end of page n is mark n; page n+1
begins at mark n. Marks are only ever lowered, so that doubled or overlapping
requests can repeat records but never skip them.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

from pullfeed_server import errors
from pullfeed_server.store import Transaction, rows

MAX_AHEAD = 1000
IDLE_US = 3600 * 1_000_000
LIFETIME_US = 7 * 24 * 3600 * 1_000_000


# How an importer's walks begin.
START_FULL, START_COMMITTED = "full", "committed"

_LAST = 2**62


class Place(NamedTuple):
    """Where a numbered page begins.

    walk: the walk of the key, or the one to be opened. mark_walk: the walk whose
    marks the page goes on with, this one or the one before it. covered_from:
    from there on the walk was served up to `start` without a gap. replaces: the
    walk that an opening one takes the place of, 0 for none; None opens nothing.
    """

    walk: rows.WalkRow
    mark_walk: int
    start: int
    covered_from: int
    replaces: int | None = None


def locate(tx: Transaction, key: rows.WalkKey, page: int, epoch: int, now_us: int) -> Place:
    """Where a page begins. Raises PageNotReached, WalkExpired."""
    walk = tx.walks.get(key)
    if page == 1:
        return _first_page(tx, key, walk, epoch, now_us)
    if walk is None:
        return _counted(tx, key, _new(tx, key, 0, epoch, now_us), page, replaces=0)
    if _is_over(walk, epoch, now_us):
        raise errors.WalkExpired
    return _marked(tx, key, walk, page - 1) or _counted(tx, key, walk, page)


def record(
    tx: Transaction, key: rows.WalkKey, place: Place, mark: rows.MarkRow, now_us: int
) -> None:
    """Makes the end of a page durable, and its walk where that is new."""
    mark_walk = place.mark_walk
    if place.replaces is not None:
        mark_walk = _open(tx, key, place.walk, place.replaces)
    tx.walks.put_mark(key.shop, mark_walk, mark)
    tx.walks.touch(key, mark_walk, now_us)


def served(
    tx: Transaction, key: rows.WalkKey, page: int, epoch: int, now_us: int
) -> tuple[int, rows.MarkRow]:
    """The walk that handed a page out, and the page's mark.

    Raises PageNotServed, WalkExpired.
    """
    walk = tx.walks.get(key)
    if walk is None:
        raise errors.PageNotServed
    if _is_over(walk, epoch, now_us):
        raise errors.WalkExpired
    for candidate in (walk.walk, walk.previous):
        mark = tx.walks.mark(key.shop, candidate, page)
        if mark is not None:
            return candidate, mark
    raise errors.PageNotServed


def _first_page(
    tx: Transaction, key: rows.WalkKey, walk: rows.WalkRow | None, epoch: int, now_us: int
) -> Place:
    if walk is None or _is_over(walk, epoch, now_us):
        opened = _new(tx, key, 0, epoch, now_us)
    elif walk.touched_us < now_us - IDLE_US or _may_begin_anew(tx, key, walk):
        opened = _new(tx, key, walk.walk, epoch, now_us)
    else:
        return Place(walk, walk.walk, walk.start, walk.start)
    replaces = 0 if walk is None else walk.walk
    return Place(opened, opened.walk, opened.start, opened.start, replaces)


def _is_over(walk: rows.WalkRow, epoch: int, now_us: int) -> bool:
    return walk.touched_us < now_us - LIFETIME_US or walk.epoch != epoch


def _may_begin_anew(tx: Transaction, key: rows.WalkKey, walk: rows.WalkRow) -> bool:
    """Was the last page served or, where walks start at the commit, all that was served committed.

    A walk by cursor leaves no mark but the first page's: there its commit tells alone.
    """
    last = tx.walks.nearest_mark(key.shop, walk.walk, _LAST)
    if last is None:
        return True
    return not last.has_next if _starts_full(tx, key) else last.end <= _committed(tx, key)


def _may_go_on(tx: Transaction, key: rows.WalkKey, walk: int, page: int) -> bool:
    """May the importer still be about to ask this page of a walk that another one replaced.

    Repeated requests open walks too. The importer is past a page that is followed
    by another one; of the last one its answer may have been lost, unless it was
    committed and said to be the last.
    """
    last = tx.walks.nearest_mark(key.shop, walk, _LAST)
    if last is None or page < last.page:
        return False
    return last.has_next or last.end > _committed(tx, key)


def _new(
    tx: Transaction, key: rows.WalkKey, previous: int, epoch: int, now_us: int
) -> rows.WalkRow:
    # Drawn, not counted: replicas need no common sequence.
    number = secrets.randbits(62) or 1
    start = 0 if _starts_full(tx, key) else _committed(tx, key)
    return rows.WalkRow(number, previous, start, epoch, now_us)


def _open(tx: Transaction, key: rows.WalkKey, opened: rows.WalkRow, replaces: int) -> int:
    """Opens a walk unless another request was faster; the walk that is open then."""
    current = tx.walks.get(key)
    if current is not None and current.walk != replaces:
        return current.walk
    for dropped in (current.walk, current.previous) if current else ():
        if dropped != opened.previous:
            tx.walks.drop(key.shop, dropped)
    tx.walks.open(key, opened)
    return opened.walk


def _marked(tx: Transaction, key: rows.WalkKey, walk: rows.WalkRow, before: int) -> Place | None:
    """The end of the page before, in this walk or the previous one."""
    own = tx.walks.mark(key.shop, walk.walk, before)
    old = tx.walks.mark(key.shop, walk.previous, before) if walk.previous else None
    if own is None:
        return None if old is None else Place(walk, walk.previous, old.end, old.covered_from)
    if old is not None and old.end < own.end and _may_go_on(tx, key, walk.previous, before + 1):
        own = old
    return Place(walk, walk.walk, own.end, own.covered_from)


def _counted(
    tx: Transaction,
    key: rows.WalkKey,
    walk: rows.WalkRow,
    page: int,
    replaces: int | None = None,
) -> Place:
    """A page that was not reached yet, counted from the nearest mark before it."""
    nearest = tx.walks.nearest_mark(key.shop, walk.walk, page)
    reached, end = (0, walk.start) if nearest is None else (nearest.page, nearest.end)
    ahead = page - 1 - reached
    if ahead > MAX_AHEAD:
        raise errors.PageNotReached
    start = tx.records.skip(key.shop, key.scope, end, ahead * key.page_size)
    # What was skipped was not served: only from here on is there no gap.
    return Place(walk, walk.walk, start, start, replaces)


def _starts_full(tx: Transaction, key: rows.WalkKey) -> bool:
    importer = tx.keys.importer(key.importer)
    return importer is None or importer.starts.get(key.scope) != START_COMMITTED


def _committed(tx: Transaction, key: rows.WalkKey) -> int:
    commit = tx.commits.get(key.shop, key.scope, key.list, key.importer)
    return 0 if commit is None else commit.position
