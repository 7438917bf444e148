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
    list: int
    commit_token: str
    cursor: str
    page: int
    page_size: int


class Standing(NamedTuple):
    """Where the committed position stands. committed_us: 0 where it never moved."""

    position: int
    advanced: bool
    committed_us: int


class _Reach(NamedTuple):
    """How far a claim reaches. is_last: nothing stood behind it when it was served."""

    position: int
    is_last: bool


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
        return self._store.write(lambda tx: _advance(tx, claim, _reach_of_page))

    def _by_point(self, claim: Claim) -> Standing:
        owner = tokens.Feed(claim.importer, claim.shop, claim.scope, claim.list)
        if claim.commit_token:
            point = self._tokens.read_commit_token(owner, claim.commit_token)
        else:
            point = self._tokens.read_cursor(owner, claim.cursor)
        expired = errors.TokenExpired if claim.commit_token else errors.CursorExpired

        def reach(_tx: Transaction, _claim: Claim, epoch: int, committed: int) -> _Reach:
            if epoch != point.epoch:
                raise expired
            covers = point.covered_from <= committed
            return _Reach(point.position if covers else committed, point.is_last and covers)

        return self._store.write(lambda tx: _advance(tx, claim, reach))


def _reach_of_page(tx: Transaction, claim: Claim, epoch: int, committed: int) -> _Reach:
    key = rows.WalkKey(claim.shop, claim.scope, claim.list, claim.importer, claim.page_size)
    walk, mark = walks.served(tx, key, claim.page, epoch, clock.now_us(), committed)
    if mark.covered_from <= committed:
        return _Reach(mark.end, not mark.has_next)
    # There is a gap below this page: as far as the walk goes without one.
    return _Reach(tx.walks.covered_end(claim.shop, walk, claim.page, committed), is_last=False)


def _advance(
    tx: Transaction, claim: Claim, reach_of: Callable[[Transaction, Claim, int, int], _Reach]
) -> Standing:
    place = (claim.shop, claim.scope, claim.list, claim.importer)
    epoch = feed.epoch_of(tx, claim.shop, claim.scope)
    known = tx.commits.lock(*place, epoch)
    reach = reach_of(tx, claim, epoch, known.position)
    counter = tx.feeds.get(claim.shop, claim.scope)
    end = counter.position if counter else 0
    if reach.position > end:
        raise errors.CommitAhead
    if reach.position < known.position:
        return Standing(known.position, advanced=False, committed_us=known.committed_us)
    advanced = reach.position > known.position
    commit = rows.CommitRow(
        reach.position,
        epoch,
        clock.now_us() if advanced else known.committed_us,
        # Behind the last change there is nothing, whatever the page said.
        reach.is_last or reach.position == end or (known.finished and not advanced),
    )
    if commit != known:
        tx.commits.set(*place, commit)
    if advanced:
        advance = rows.ConfirmationRow(known.position, commit.position, commit.committed_us)
        tx.ledger.confirm(*place, advance)
    return Standing(commit.position, advanced, commit.committed_us)
