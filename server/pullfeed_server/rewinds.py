"""Setting back what an importer has confirmed: the one way in which a position goes back."""

from __future__ import annotations

from typing import NamedTuple

from pullfeed_server import epochs, errors, keys, walks
from pullfeed_server.store import Store, Transaction, rows


class Rewind(NamedTuple):
    """A committed position that is to be set back. to_us: None for the beginning."""

    importer: str
    shop: str
    scope: int
    list: int
    to_us: int | None


class Rewinds:
    """Sets importers back."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def rewind(self, rewind: Rewind) -> tuple[int, int]:
        """Sets a position back to where the feed stood at a time; where it stands now and stood.

        It never goes forward. What was handed out before is void from then on: cursors,
        tokens and numbered pages are answered Rewound. Durable when it returns.
        Raises ShopNotFound, ImporterNotFound.
        """
        return self._store.write(lambda tx: _rewind(tx, rewind))


def _rewind(tx: Transaction, rewind: Rewind) -> tuple[int, int]:
    place = (rewind.shop, rewind.scope, rewind.list, rewind.importer)
    tx.feeds.keep_open(rewind.shop)
    found = epochs.feed(tx, rewind.shop, rewind.scope)
    if rewind.importer != keys.ANONYMOUS and tx.keys.importer(rewind.importer) is None:
        raise errors.ImporterNotFound
    known = tx.commits.lock(*place, found.epoch)
    if rewind.to_us is None:
        target = 0
    else:
        target = walks.position_at(tx, rewind.shop, rewind.scope, rewind.to_us)
    position = min(known.position, target)
    begins_anew = rewind.list == rows.REMOVED and rewind.to_us is None
    commit = known._replace(
        position=position,
        finished=False,
        generation=known.generation + 1,
        # Who begins anew imports everything, and needs no tombstone that is gone by now.
        spared=found.pruned if begins_anew else min(known.spared, position),
    )
    tx.commits.set(*place, commit)
    # What is confirmed anew is dated anew.
    tx.ledger.take_back(*place, position)
    return position, known.position
