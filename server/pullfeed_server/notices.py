"""Notices for operators: what waits, what was given up, and what becomes of it."""

from __future__ import annotations

import re

from pullfeed_server import clock, errors, outbox, paging
from pullfeed_server.store import Store, Transaction, rows

_PLACE = re.compile(r"([0-9]{1,18})-(n[0-9a-f]{32})\Z")


class Notices:
    """Lists notices, sends them again, and skips them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def waiting(
        self, shop: str, importer: str, page_size: int, page_token: str, *, only_dead: bool
    ) -> paging.Page[tuple[rows.OutboxKey, rows.NoticeRow]]:
        """Notices that are not over, the page served first first.

        importer: "" for all. Raises FieldInvalid, ShopNotFound.
        """
        after = _read(page_token)

        def work(tx: Transaction) -> paging.Page[tuple[rows.OutboxKey, rows.NoticeRow]]:
            if not tx.feeds.has_shop(shop):
                raise errors.ShopNotFound
            found = tx.outbox.waiting(shop, importer, after, page_size + 1, only_dead=only_dead)
            return paging.cut(found, page_size, _place)

        return self._store.read(work)

    def resend(self, shop: str, notice: str) -> None:
        """Sends a notice that was given up as if it were new. Raises NoticeNotFound."""
        self._store.write(lambda tx: outbox.resend(tx, shop, notice, clock.now_us()))

    def skip(self, shop: str, notice: str) -> None:
        """Confirms the page of a notice that was given up. Raises NoticeNotFound."""
        self._store.write(lambda tx: outbox.skip(tx, shop, notice, clock.now_us()))


def _place(listed: tuple[rows.OutboxKey, rows.NoticeRow]) -> str:
    _, notice = listed
    return f"{notice.served_us}-{notice.notice}"


def _read(token: str) -> tuple[int, str]:
    """Behind which notice a page begins. Raises FieldInvalid."""
    if not token:
        return 0, ""
    match = _PLACE.match(paging.read(token))
    if match is None:
        raise errors.FieldInvalid(
            "page_token must be the next_page_token of the page before.", field="page_token"
        )
    return int(match[1]), match[2]
