"""What is held of each shop, what is kept out of its feeds, and who has one record."""

from __future__ import annotations

from typing import NamedTuple

from pullfeed_server import epochs, keys, paging
from pullfeed_server.keys import Caller
from pullfeed_server.store import Store, Transaction, rows


class Held(NamedTuple):
    """What is held of a shop. state: rows.OPEN, FILLING or MOVED."""

    shop: str
    state: int
    counts: list[rows.ShopCounts]


class Shops(NamedTuple):
    """A page of shops. next_token: "" at the end."""

    shops: list[Held]
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

    def shops(
        self, caller: Caller, page_size: int, page_token: str, *, include_closed: bool = False
    ) -> Shops:
        """The shops the caller may see, by name. Raises FieldInvalid.

        include_closed: also those that are not served here.
        """
        after = paging.read(page_token)

        def work(tx: Transaction) -> Shops:
            visible = _visible if include_closed else _served
            found = visible(tx, caller, after, page_size + 1)
            kept = [Held(*one, tx.feeds.counts(one[0])) for one in found[:page_size]]
            more = len(found) > page_size
            return Shops(kept, paging.token(kept[-1].shop) if more else "")

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


def _served(tx: Transaction, caller: Caller, after: str, limit: int) -> list[tuple[str, int]]:
    """The caller's shops behind a name that are open."""
    if caller.may_touch("*"):
        return [(shop, rows.OPEN) for shop in tx.feeds.shops(after, limit)]
    return [one for one in _own(tx, caller, after) if one[1] == rows.OPEN][:limit]


def _visible(tx: Transaction, caller: Caller, after: str, limit: int) -> list[tuple[str, int]]:
    """The same in any state."""
    if caller.may_touch("*"):
        return tx.feeds.states(after, limit)
    return _own(tx, caller, after)[:limit]


def _own(tx: Transaction, caller: Caller, after: str) -> list[tuple[str, int]]:
    known = ((shop, tx.feeds.state(shop)) for shop in sorted(caller.shops) if shop > after)
    return [(shop, state) for shop, state in known if state is not None]
