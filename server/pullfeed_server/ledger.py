"""What is held of each shop, and what is kept out of its feeds."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from pullfeed_server import errors
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


class Ledger:
    """Answers operators and shops."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def shops(self, caller: Caller, page_size: int, page_token: str) -> Shops:
        """The shops the caller may see, by name. Raises FieldInvalid."""
        after = _read_token(page_token)

        def work(tx: Transaction) -> Shops:
            names = _visible(tx, caller, after, page_size + 1)
            kept = names[:page_size]
            more = len(names) > page_size
            return Shops(
                [(shop, tx.feeds.counts(shop)) for shop in kept],
                _token(kept[-1]) if more else "",
            )

        return self._store.read(work)

    def withheld(
        self, shop: str, scope: int, reason: str, page_size: int, page_token: str
    ) -> Withheld:
        """The withheld records of one feed, by id. Raises FieldInvalid, ShopNotFound."""
        after = _read_token(page_token)

        def work(tx: Transaction) -> Withheld:
            if not tx.feeds.has_shop(shop):
                raise errors.ShopNotFound
            found = tx.records.withheld(shop, scope, reason, after, page_size + 1)
            kept = found[:page_size]
            more = len(found) > page_size
            return Withheld(kept, _token(kept[-1].id) if more else "")

        return self._store.read(work)


def _visible(tx: Transaction, caller: Caller, after: str, limit: int) -> list[str]:
    if caller.may_touch("*"):
        return tx.feeds.shops(after, limit)
    own = sorted(shop for shop in caller.shops if shop > after)
    return [shop for shop in own if tx.feeds.has_shop(shop)][:limit]


def _token(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).rstrip(b"=").decode()


def _read_token(text: str) -> str:
    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise errors.FieldInvalid(
            "page_token must be the next_page_token of the page before.", field="page_token"
        ) from error
