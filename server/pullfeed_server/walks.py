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
_MINUTE_US = 60 * 1_000_000
# Walks from a time that are forgotten whenever one is opened: more than come.
_MAX_FORGOTTEN = 10


# How an importer's walks begin.
START_FULL, START_COMMITTED = "full", "committed"

# What tokens carry of a walk's number.
NAME_MASK = 2**32 - 1
_LAST = 2**62


class Place(NamedTuple):
    """Where a numbered page begins.

    walk: the walk of the key, or the one to be opened. mark_walk: the walk whose
    marks the page goes on with, this one or the one before it. covered_from:
    from there on the walk was served up to `start` without a gap. replaces: the
    walk that an opening one takes the place of, 0 for none; None opens nothing.
    served: records from covered_from on, up to `start`.
    """

    walk: rows.WalkRow
    mark_walk: int
    start: int
    covered_from: int
    replaces: int | None = None
    served: int = 0


def locate(tx: Transaction, key: rows.WalkKey, page: int, epoch: int, now_us: int) -> Place:
    """Where a page begins. Raises PageNotReached, WalkExpired, Rewound."""
    walk = tx.walks.get(key)
    if page == 1:
        return _first_page(tx, key, walk, epoch, now_us)
    if walk is None:
        if key.since_us:
            # It may have been forgotten: counting forward could skip what has changed.
            raise errors.WalkExpired
        _check_not_lost(tx, now_us)
        return _counted(tx, key, _new(tx, key, 0, epoch, now_us), page, replaces=0)
    if _is_over(walk, epoch, now_us):
        raise errors.WalkExpired
    if walk.generation != _commit(tx, key).generation:
        raise errors.Rewound
    return _marked(tx, key, walk, page - 1) or _counted(tx, key, walk, page)


def record(
    tx: Transaction, key: rows.WalkKey, place: Place, mark: rows.MarkRow, now_us: int
) -> int:
    """Makes the end of a page durable, and its walk where that is new; the key's walk then.

    Raises Rewound where the importer was rewound since the page was located, and ShopMoved.
    """
    tx.feeds.keep_open(key.shop)
    if place.walk.generation != _commit(tx, key).generation:
        raise errors.Rewound
    current, mark_walk = place.walk.walk, place.mark_walk
    if place.replaces is not None:
        current = mark_walk = _open(tx, key, place.walk, place.replaces)
    elif mark.page == 1 and place.walk.is_rewound:
        # Who asks page 1 twice knows of the rewind: nobody is in the walk before any more.
        tx.walks.forget_previous(key, place.walk)
    elif mark.page == 1:
        tx.walks.repeat(key, current)
    # The walk before its marks, as where one is opened: in one order no two writers wait
    # for each other. Also by a page of the walk before: whose walk it is, the importer is
    # not idle.
    ended = mark.page if mark_walk == current and not mark.has_next else 0
    tx.walks.touch(key, current, now_us, ended)
    is_new = mark_walk == current and mark.page <= place.walk.previous_claimed
    tx.walks.put_mark(key.shop, mark_walk, mark._replace(follows_claim=is_new))
    return current


def claim(
    tx: Transaction, key: rows.WalkKey, page: int, epoch: int, now_us: int
) -> tuple[int, rows.MarkRow]:
    """The walk that handed out a page which is committed by its number, and the page's mark.

    Where two walks did, the one that goes less far: the newer one may have been
    opened by a repeated request whose answer nobody read. A page of the newer one is
    meant once it was served behind a commit of the older one's.
    Raises PageNotServed, WalkExpired, Rewound.
    """
    walk = tx.walks.get(key)
    if walk is None:
        _check_not_lost(tx, now_us)
        raise errors.PageNotServed
    if _is_over(walk, epoch, now_us):
        raise errors.WalkExpired
    if walk.generation != _commit(tx, key).generation:
        raise errors.Rewound
    marks = [(each, tx.walks.mark(key.shop, each, page)) for each in (walk.walk, walk.previous)]
    found = [(each, mark) for each, mark in marks if mark is not None]
    if not found:
        raise errors.PageNotServed
    if walk.is_rewound:
        return _claim_rewound(tx, key, walk, found)
    tx.walks.claim(key, walk.walk, page)
    candidates = found[:1] if found[0][1].follows_claim else found
    return min(candidates, key=lambda served: served[1].end)


def _claim_rewound(
    tx: Transaction,
    key: rows.WalkKey,
    walk: rows.WalkRow,
    found: list[tuple[int, rows.MarkRow]],
) -> tuple[int, rows.MarkRow]:
    """The same where the walk before is of an older generation, of which nothing is confirmed."""
    number, mark = found[0]
    if number != walk.walk:
        raise errors.Rewound
    end = mark.end
    for _, other in found[1:]:
        if _may_be_at(tx, key, walk, other.page):
            # It may be this one that is meant: no more than both gave.
            end = min(end, other.end)
    return number, mark._replace(end=end)


def _is_at(tx: Transaction, key: rows.WalkKey, walk: int, page: int) -> bool:
    """Is a page the last one that a walk has served."""
    last = tx.walks.nearest_mark(key.shop, walk, _LAST)
    return last is None or page >= last.page


def _first_page(
    tx: Transaction, key: rows.WalkKey, walk: rows.WalkRow | None, epoch: int, now_us: int
) -> Place:
    if walk is None or _is_over(walk, epoch, now_us):
        opened = _new(tx, key, 0, epoch, now_us)
    elif walk.generation != _commit(tx, key).generation:
        opened = _new_after_rewind(tx, key, walk, epoch, now_us)
    elif walk.touched_us < now_us - IDLE_US or _is_done(tx, key, walk):
        opened = _new(tx, key, walk.walk, epoch, now_us)._replace(previous_claimed=walk.claimed)
    else:
        return Place(walk, walk.walk, walk.start, walk.start)
    replaces = 0 if walk is None else walk.walk
    return Place(opened, opened.walk, opened.start, opened.start, replaces)


def _check_not_lost(tx: Transaction, now_us: int) -> None:
    """Raises WalkExpired where a walk that is not known may be one of the epoch before.

    It may have served the records in another order than they stand in now.
    """
    if tx.feeds.epoch().begun_us > now_us - LIFETIME_US:
        raise errors.WalkExpired


def _is_over(walk: rows.WalkRow, epoch: int, now_us: int) -> bool:
    return walk.touched_us < now_us - LIFETIME_US or walk.epoch != epoch


def _is_done(tx: Transaction, key: rows.WalkKey, walk: rows.WalkRow) -> bool:
    """Is the importer through with a walk, so that its next page 1 begins another one.

    Was the last page served and, where walks start at the commit, committed. A
    walk by cursor leaves no mark but its first page's; there the commit tells. One that
    was longer before has marks behind its end: there the end that was claimed tells.
    """
    if 0 < walk.ended <= walk.claimed:
        return True
    last = tx.walks.nearest_mark(key.shop, walk.walk, _LAST)
    if last is None or _is_confirmed(tx, key, walk.walk):
        return True
    if _starts_full(tx, key):
        # It was opened while walks still started at the commit: not everything.
        return not last.has_next or (walk.start > 0 and not key.since_us)
    commit = _commit(tx, key)
    only = last.page == 1 and not last.has_next
    return last.end <= commit.position and (commit.finished or only)


def _left_off(
    tx: Transaction, key: rows.WalkKey, walk: int, before: rows.MarkRow
) -> rows.MarkRow | None:
    """Where a replaced walk's next page begins, if the importer may still be about to ask it.

    Repeated requests open walks too, so that the one before may not be over.
    before: the replaced walk's mark of the page before.
    """
    last = tx.walks.nearest_mark(key.shop, walk, _LAST)
    if last is None or (before.page >= last.page and not last.has_next):
        return None
    if _is_confirmed(tx, key, walk):
        return None
    if not _starts_full(tx, key):
        # What is committed is stored: from there on nothing can be skipped.
        floor = max(before.end, _commit(tx, key).position)
        return before._replace(end=floor, covered_from=min(before.covered_from, floor))
    # It is past a page that is followed by another one; of the last one its answer may
    # have been lost. Behind the first page late requests of a walk still before may have
    # served all the others.
    return before if before.page == 1 or before.page + 1 >= last.page else None


def _is_confirmed(tx: Transaction, key: rows.WalkKey, walk: int) -> bool:
    """Was a walk's own last page confirmed, so that its importer has left it.

    The committed position does not tell: a walk that began below it can end there, and
    another walk can have moved it further.
    """
    name = rows.WalkName(key.shop, key.scope, key.list, key.importer, walk & NAME_MASK)
    receipt = tx.deliveries.receipt(name)
    return receipt is not None and receipt.is_finished


def _new(
    tx: Transaction, key: rows.WalkKey, previous: int, epoch: int, now_us: int
) -> rows.WalkRow:
    # Drawn, not counted: replicas need no common sequence.
    number = secrets.randbits(62) or 1
    commit = _commit(tx, key)
    if key.since_us:
        start = position_at(tx, key.shop, key.scope, key.since_us)
    else:
        start = 0 if _starts_full(tx, key) else commit.position
    return rows.WalkRow(number, previous, start, epoch, now_us, commit.generation)


def _new_after_rewind(
    tx: Transaction, key: rows.WalkKey, cut: rows.WalkRow, epoch: int, now_us: int
) -> rows.WalkRow:
    """A walk in the place of one that a rewind has ended.

    This may be a repeated request, of an importer that goes on with its next page and
    must be told. One that was silent for an hour is not in its walk any more.
    """
    if cut.touched_us < now_us - IDLE_US:
        return _new(tx, key, 0, epoch, now_us)
    opened = _new(tx, key, cut.walk, epoch, now_us)
    return opened._replace(is_rewound=True, was_repeated=cut.was_repeated)


def _open(tx: Transaction, key: rows.WalkKey, opened: rows.WalkRow, replaces: int) -> int:
    """Opens a walk unless another request was faster; the walk that is open then.

    Raises Rewound where the faster one came after a rewind.
    """
    replaced = tx.walks.get(key)
    if not tx.walks.open(key, opened, replaces):
        faster = tx.walks.get(key) or opened
        if faster.generation > opened.generation:
            raise errors.Rewound
        if faster.generation < opened.generation:
            return _open(tx, key, opened, faster.walk)
        if not faster.is_rewound:
            tx.walks.repeat(key, faster.walk)
        return faster.walk
    if key.since_us:
        # Each time has a walk of its own: without this there would be more and more.
        for expired in tx.walks.expired(key, opened.touched_us - LIFETIME_US, _MAX_FORGOTTEN):
            tx.walks.close(expired)
    for dropped in (replaced.walk, replaced.previous) if replaced else ():
        if dropped != opened.previous:
            tx.walks.drop(key.shop, dropped)
    return opened.walk


def _marked(tx: Transaction, key: rows.WalkKey, walk: rows.WalkRow, before: int) -> Place | None:
    """The end of the page before, in this walk or the previous one."""
    own = tx.walks.mark(key.shop, walk.walk, before)
    old = tx.walks.mark(key.shop, walk.previous, before) if walk.previous else None
    if walk.is_rewound and old is not None:
        _check_rewound(tx, key, walk, own, old)
        old = None
    if own is None:
        return None if old is None else _behind(walk, walk.previous, old)
    left = None if old is None else _left_off(tx, key, walk.previous, old)
    if left is not None and left.end < own.end:
        own = left
    return _behind(walk, walk.walk, own)


def _behind(walk: rows.WalkRow, mark_walk: int, mark: rows.MarkRow) -> Place:
    return Place(walk, mark_walk, mark.end, mark.covered_from, served=mark.served)


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
    start = tx.records.skip(key.shop, key.scope, key.list, end, ahead * key.page_size)
    # What was skipped was not served: only from here on is there no gap.
    return Place(walk, walk.walk, start, start, replaces)


def _check_rewound(
    tx: Transaction,
    key: rows.WalkKey,
    walk: rows.WalkRow,
    own: rows.MarkRow | None,
    old: rows.MarkRow,
) -> None:
    """Raises Rewound where the importer may not know that it was.

    Who has begun again is told once more at most: asking page 1 again ends the doubt.
    """
    if own is None or (own.end > old.end and _may_be_at(tx, key, walk, old.page + 1)):
        raise errors.Rewound


def _may_be_at(tx: Transaction, key: rows.WalkKey, walk: rows.WalkRow, page: int) -> bool:
    """May the importer be at a page of the walk that a rewind has ended.

    What stands behind that page may have been served to late requests of a walk still
    before: only where it was confirmed is it known to be the importer's.
    """
    is_last = _is_at(tx, key, walk.previous, page)
    return walk.was_repeated or is_last or not _is_confirmed(tx, key, walk.previous)


def position_at(tx: Transaction, shop: str, scope: int, since_us: int) -> int:
    """A position behind which everything stands that was stored at a time or later.

    What was stored in the two minutes before may stand there too: a minute is as exact as
    times are noted, and a change is seen a little after its time was taken.
    """
    return tx.feeds.stood_at(shop, scope, since_us // _MINUTE_US - 1)


def _starts_full(tx: Transaction, key: rows.WalkKey) -> bool:
    if key.since_us:
        return True
    importer = tx.keys.importer(key.importer)
    return importer is None or importer.starts.get(key.scope) != START_COMMITTED


def _commit(tx: Transaction, key: rows.WalkKey) -> rows.CommitRow:
    commit = tx.commits.get(key.shop, key.scope, key.list, key.importer)
    return commit or rows.CommitRow(0, tx.feeds.epoch().epoch, 0, finished=False)
