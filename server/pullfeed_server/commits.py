"""What an importer confirms: cumulative, repeatable, never backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pullfeed_server import clock, epochs, errors, receipts, tokens, walks
from pullfeed_server.store import Store, Transaction, rows


class Claim(NamedTuple):
    """A commit that is asked for, by token, by cursor, or by the page as it was asked for."""

    importer: str
    shop: str
    scope: int
    list: int
    commit_token: str
    cursor: str
    page: int
    page_size: int
    since_us: int = 0
    receipt: receipts.Receipt = receipts.NONE


class Standing(NamedTuple):
    """Where the committed position stands. committed_us: 0 where it never moved.

    served_count: records that were confirmed; None where that is not known.
    """

    position: int
    advanced: bool
    committed_us: int
    served_count: int | None = None


class _Reach(NamedTuple):
    """How far a claim reaches."""

    position: int
    served: receipts.Served


# Of a claim, the feed's epoch and what was committed.
_ReachOf = Callable[[Transaction, Claim, int, rows.CommitRow], _Reach]


class Commits:
    """Keeps what each importer has confirmed."""

    def __init__(self, store: Store, signed: tokens.Tokens) -> None:
        self._store = store
        self._tokens = signed

    def commit(self, claim: Claim) -> Standing:
        """Confirms a page and all its walk gave before it; durable when it returns.

        The position advances only over what the walk served without a gap, and
        only if the walk began at or below it; it never goes back.
        Raises ShopNotFound, PageNotServed, WalkExpired, CommitAhead;
        TokenInvalid, TokenForeign, TokenExpired, or their cursor twins; Rewound.
        """
        if claim.commit_token or claim.cursor:
            return self._by_point(claim)
        return self._store.write(lambda tx: _advance(tx, claim, _reach_of_page))

    def _by_point(self, claim: Claim) -> Standing:
        owner = tokens.Feed(claim.importer, claim.shop, claim.scope, claim.list)
        if claim.commit_token:
            point = self._tokens.read_commit_token(owner, claim.commit_token)
        else:
            point = self._tokens.read_cursor(owner, claim.cursor)
        expired = errors.TokenExpired if claim.commit_token else errors.CursorExpired
        reach = _reach_of_point(point, expired, "commit_token" if claim.commit_token else "cursor")
        return self._store.write(lambda tx: _advance(tx, claim, reach))


def confirm(tx: Transaction, owner: tokens.Feed, point: tokens.Point) -> Standing:
    """What a commit by the point's token does.

    Raises ShopNotFound, TokenExpired, Rewound, CommitAhead.
    """
    claim = Claim(*owner, commit_token="", cursor="", page=point.page, page_size=point.page_size)
    return _advance(tx, claim, _reach_of_point(point, errors.TokenExpired, "commit_token"))


def _reach_of_point(
    point: tokens.Point, expired: type[errors.PullfeedError], field: str
) -> _ReachOf:
    def reach(_: Transaction, __: Claim, epoch: int, known: rows.CommitRow) -> _Reach:
        if epoch != point.epoch:
            raise expired
        if known.generation != point.generation:
            raise errors.Rewound(field=field)
        covers = point.covered_from <= known.position
        served = receipts.Served(
            point.walk,
            point.covered_from,
            point.position,
            point.served if covers else 0,
            point.is_last and covers,
        )
        return _Reach(point.position if covers else known.position, served)

    return reach


def _reach_of_page(tx: Transaction, claim: Claim, epoch: int, known: rows.CommitRow) -> _Reach:
    committed = known.position
    feed = (claim.shop, claim.scope, claim.list)
    key = rows.WalkKey(*feed, claim.importer, claim.page_size, claim.since_us)
    walk, mark = walks.claim(tx, key, claim.page, epoch, clock.now_us())
    name = walk & walks.NAME_MASK
    if mark.covered_from <= committed:
        served = receipts.Served(name, mark.covered_from, mark.end, mark.served, not mark.has_next)
        return _Reach(mark.end, served)
    # There is a gap below this page: as far as the walk goes without one.
    end = tx.walks.covered_end(claim.shop, walk, claim.page, committed)
    return _Reach(end, receipts.Served(name, mark.covered_from, mark.end, 0, is_last=False))


def _advance(tx: Transaction, claim: Claim, reach_of: _ReachOf) -> Standing:
    place = (claim.shop, claim.scope, claim.list, claim.importer)
    tx.feeds.keep_open(claim.shop)
    epoch = epochs.of(tx, claim.shop, claim.scope)
    known = tx.commits.lock(*place, epoch)
    reach = reach_of(tx, claim, epoch, known)
    counter = tx.feeds.get(claim.shop, claim.scope)
    end = counter.position if counter else 0
    if reach.position > end:
        raise errors.CommitAhead
    now_us = clock.now_us()
    commit = _moved(known, reach, epoch, end, now_us)
    tx.commits.set(*place, commit)
    advanced = commit.position > known.position
    if advanced:
        advance = rows.ConfirmationRow(known.position, commit.position, now_us)
        tx.ledger.confirm(*place, advance)
    served_count = receipts.keep(tx, place, reach.served, claim.receipt, now_us)
    return Standing(commit.position, advanced, commit.committed_us, served_count)


def _moved(
    known: rows.CommitRow, reach: _Reach, epoch: int, end: int, now_us: int
) -> rows.CommitRow:
    """The committed position after a claim. end: of the feed."""
    claimed = known._replace(claimed_us=now_us)
    if reach.position < known.position:
        return claimed
    advanced = reach.position > known.position
    return claimed._replace(
        position=reach.position,
        epoch=epoch,
        committed_us=now_us if advanced else known.committed_us,
        # Behind the last change there is nothing, whatever the page said.
        finished=reach.served.is_last or reach.position == end or (known.finished and not advanced),
    )
