"""Both lists of a feed as one, for those who keep a copy of it."""

from __future__ import annotations

from typing import NamedTuple

from pullfeed_server import epochs, errors
from pullfeed_server.store import Store, Transaction, rows


class Query(NamedTuple):
    """Changes that are asked for. epoch: that of `after`; of no matter where that is 0."""

    shop: str
    scope: int
    after: int
    epoch: int
    limit: int


class Page(NamedTuple):
    """Changes in the order of their positions. position: where the next ones begin."""

    rows: list[rows.ChangeRow]
    position: int
    epoch: int
    has_next: bool


class Changes:
    """Hands out what changed; whoever reads keeps the position."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def fetch(self, query: Query) -> Page:
        """Up to `limit` changes behind a position.

        Raises ShopNotFound, CursorExpired, ResyncRequired.
        """

        def work(tx: Transaction) -> Page:
            epoch = epochs.of(tx, query.shop, query.scope)
            if query.after:
                _check(tx, query, epoch)
            # One more than asked tells whether there is more.
            found = tx.records.changes(query.shop, query.scope, query.after, query.limit + 1)
            kept = found[: query.limit]
            position = kept[-1].position if kept else query.after
            return Page(kept, position, epoch, len(found) > query.limit)

        return self._store.read(work)


def _check(tx: Transaction, query: Query, epoch: int) -> None:
    """May who stands at this position go on from there. Raises CursorExpired, ResyncRequired."""
    if query.epoch != epoch:
        raise errors.CursorExpired(
            "The position is of another epoch of the feed. Begin at 0.", field="epoch"
        )
    known = tx.feeds.get(query.shop, query.scope)
    if known is not None and query.after < known.pruned:
        raise errors.ResyncRequired(
            "Removals behind that position are no longer kept. Begin at 0, with an empty copy."
        )
