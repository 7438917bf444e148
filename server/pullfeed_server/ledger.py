"""What is held of each shop, what is kept out of its feeds, and who has one record."""

from __future__ import annotations

from typing import NamedTuple

from pullfeed_server import epochs, keys, paging
from pullfeed_server.keys import Caller
from pullfeed_server.store import Store, Transaction, rows


class Shops(NamedTuple):
    """A page of shops with their counts. next_token: "" at the end."""

    shops: list[tuple[str, list[rows.ShopCounts]]]
    next_token: str


class Withheld(NamedTuple):
    """A page of withheld records. next_token: "" at the end."""

    rows: list[rows.WithheldRow]
    next_token: str


class Reach(NamedTuple):
    """How an importer stands to one record.

    committed: its position of the list in which the record stands. confirmed_us:
    when it first passed the record; 0 where it did not, or that is not kept.
    rejected: why it could not take the record; None where it did not say so.
    """

    importer: str
    committed: int
    has_confirmed: bool
    confirmed_us: int
    rejected: str | None = None


class Explanation(NamedTuple):
    """How one id stands. place: None where it is in neither list; then nobody has it."""

    id: str
    place: rows.PlaceRow | None
    withheld: rows.WithheldRow | None
    importers: list[Reach]


class Ledger:
    """Answers operators and shops."""

    def __init__(self, store: Store, known: keys.Keys) -> None:
        self._store = store
        self._keys = known

    def shops(self, caller: Caller, page_size: int, page_token: str) -> Shops:
        """The shops the caller may see, by name. Raises FieldInvalid."""
        after = paging.read(page_token)

        def work(tx: Transaction) -> Shops:
            names = _visible(tx, caller, after, page_size + 1)
            kept = names[:page_size]
            more = len(names) > page_size
            return Shops(
                [(shop, tx.feeds.counts(shop)) for shop in kept],
                paging.token(kept[-1]) if more else "",
            )

        return self._store.read(work)

    def withheld(
        self, shop: str, scope: int, reason: str, page_size: int, page_token: str
    ) -> Withheld:
        """The withheld records of one feed, by id. Raises FieldInvalid, ShopNotFound."""
        after = paging.read(page_token)

        def work(tx: Transaction) -> Withheld:
            epochs.of(tx, shop, scope)
            found = tx.records.withheld(shop, scope, reason, after, page_size + 1)
            kept = found[:page_size]
            more = len(found) > page_size
            return Withheld(kept, paging.token(kept[-1].id) if more else "")

        return self._store.read(work)

    def explain(self, shop: str, scope: int, id: str) -> Explanation:
        """How an id stands, and how each importer stands to it. Raises ShopNotFound."""
        # As a put trims it.
        record_id = id.strip()

        def work(tx: Transaction) -> Explanation:
            epochs.of(tx, shop, scope)
            place = tx.ledger.place(shop, scope, record_id)
            withheld = tx.ledger.withheld(shop, scope, record_id)
            importers = [] if place is None else self._reaches(tx, shop, scope, record_id, place)
            return Explanation(record_id, place, withheld, importers)

        return self._store.read(work)

    def _reaches(
        self, tx: Transaction, shop: str, scope: int, id: str, place: rows.PlaceRow
    ) -> list[Reach]:
        committed = tx.ledger.committed(shop)
        here = {
            row.importer: row.position
            for row in committed
            if (row.scope, row.list) == (scope, place.list)
        }
        names = self._keys.importers_of(tx, shop) | {row.importer for row in committed}
        refused = {row.importer: row.reason for row in tx.rejections.of(shop, scope, id)}
        return [
            _reach(tx, (shop, scope, place.list, name), here.get(name, 0), place.position)._replace(
                rejected=refused.get(name)
            )
            for name in sorted(names)
        ]


def _reach(
    tx: Transaction, owner: tuple[str, int, int, str], committed: int, position: int
) -> Reach:
    has_confirmed = committed >= position
    confirmed_us = tx.ledger.confirmed_us(*owner, position) if has_confirmed else 0
    return Reach(owner[-1], committed, has_confirmed, confirmed_us)


def _visible(tx: Transaction, caller: Caller, after: str, limit: int) -> list[str]:
    if caller.may_touch("*"):
        return tx.feeds.shops(after, limit)
    own = sorted(shop for shop in caller.shops if shop > after)
    return [shop for shop in own if tx.feeds.state(shop) == rows.OPEN][:limit]
