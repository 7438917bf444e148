"""What an importer confirms: cumulative, repeatable, never backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pullfeed_server import clock, errors, feed, tokens, walks
from pullfeed_server.store import Store, Transaction, rows


class Claim(NamedTuple):
    """A commit that is asked for, by token, by cursor, or by page and page_size."""

    importer: str
    shop: str
    scope: int
    commit_token: str
    cursor: str
    page: int
    page_size: int


class Standing(NamedTuple):
    """Where the committed position stands. committed_us: 0 where it never moved."""

    position: int
    advanced: bool
    committed_us: int


# How far a claim reaches, given the committed position it starts from.
_Reach = Callable[[Transaction, int], int]


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
        TokenInvalid, TokenForeign, TokenExpired, or their cursor twins.
        """
        if claim.commit_token or claim.cursor:
            return self._by_point(claim)
        return self._store.write(lambda tx: _by_page(tx, claim))

    def _by_point(self, claim: Claim) -> Standing:
        owner = tokens.Feed(claim.importer, claim.shop, claim.scope, rows.RECORDS)
        if claim.commit_token:
            point = self._tokens.read_commit_token(owner, claim.commit_token)
        else:
            point = self._tokens.read_cursor(owner, claim.cursor)
        expired = errors.TokenExpired if claim.commit_token else errors.CursorExpired

        def reach(tx: Transaction, committed: int) -> int:
            if feed.epoch_of(tx, claim.shop, claim.scope) != point.epoch:
                raise expired
            return point.position if point.covered_from <= committed else committed

        return self._store.write(lambda tx: _advance(tx, claim, reach))


def _by_page(tx: Transaction, claim: Claim) -> Standing:
    epoch = feed.epoch_of(tx, claim.shop, claim.scope)
    key = rows.WalkKey(claim.shop, claim.scope, rows.RECORDS, claim.importer, claim.page_size)
    walk, mark = walks.served(tx, key, claim.page, epoch, clock.now_us())

    def reach(tx: Transaction, committed: int) -> int:
        if mark.covered_from <= committed:
            return mark.end
        # There is a gap below this page: as far as the walk goes without one.
        return tx.walks.covered_end(claim.shop, walk, claim.page, committed)

    return _advance(tx, claim, reach)


def _advance(tx: Transaction, claim: Claim, reach: _Reach) -> Standing:
    place = (claim.shop, claim.scope, rows.RECORDS, claim.importer)
    known = tx.commits.lock(*place) or rows.CommitRow(0, rows.FIRST_EPOCH, 0)
    position = reach(tx, known.position)
    counter = tx.feeds.get(claim.shop, claim.scope)
    if position > (counter.position if counter else 0):
        raise errors.CommitAhead
    if position <= known.position:
        return Standing(known.position, advanced=False, committed_us=known.committed_us)
    epoch = counter.epoch if counter else rows.FIRST_EPOCH
    commit = rows.CommitRow(position, epoch, clock.now_us())
    tx.commits.set(*place, commit)
    return Standing(position, advanced=True, committed_us=commit.committed_us)
