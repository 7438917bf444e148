"""An importer that is told of its pages, and its server."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from tests import factories
from tests.clock import DAY_US, HOUR_US, Clock
from tests.store.shop import CUSTOMERS, Importer, Shop

from pullfeed_server import calls, notices, outbox, sender
from pullfeed_server.store import Store, rows

OK = calls.Outcome(is_success=True, text="HTTP 204")
FAILED = calls.Outcome(is_success=False, text="HTTP 500")
KEY = rows.OutboxKey(factories.SHOP, CUSTOMERS, rows.RECORDS, "mail")


class Server(calls.Calls):
    """The importer's server: what it answers, and what it was told."""

    def __init__(self) -> None:
        super().__init__(10)
        self.outcome = OK
        self.urls: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.bodies: list[bytes] = []

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, allow_private: bool
    ) -> calls.Outcome:
        self.urls.append(url)
        self.headers.append(headers)
        self.bodies.append(body)
        return self.outcome

    @property
    def told(self) -> list[int]:
        """The numbers of the pages told of, in the order of the calls."""
        return [orjson.loads(body)["page"] for body in self.bodies]

    @property
    def keys(self) -> list[str]:
        """The idempotency keys, in the order of the calls."""
        return [headers["Idempotency-Key"] for headers in self.headers]


class World:
    """An importer that is told of its pages, its server, and the core's side of it."""

    def __init__(self, shop: Shop, clock: Clock) -> None:
        self.shop = shop
        self.clock = clock
        self.store: Store = shop.store
        self.server = Server()
        self.importer: Importer = shop.importer()
        self.importer.commits_by("notify", integration_type_id="7")
        self.notices = notices.Notices(shop.store)
        self._sender = sender.Sender(shop.store, self.server, 24 * HOUR_US, is_alone=True)

    def send(self) -> int:
        """Sends what is due; the number of calls."""
        return self._sender.send_due()

    def hand_over(self, *numbers: int) -> None:
        """Serves pages, and hands each of them over."""
        for number in numbers:
            self.importer.hand_over(self.importer.page(number))

    def give_up(self) -> rows.NoticeRow:
        """Lets the first notice in line fail until it is given up."""
        self.server.outcome = FAILED
        self.send()
        self.clock.forward(DAY_US)
        self.send()
        self.server.outcome = OK
        (dead,) = self.waiting(only_dead=True)
        return dead

    def waiting(self, importer: str = "", *, only_dead: bool = False) -> list[rows.NoticeRow]:
        page = self.notices.waiting(factories.SHOP, importer, 50, "", only_dead=only_dead)
        return [row for _, row in page.items]

    def claim(self) -> outbox.Call | None:
        """What a core does that is about to send."""
        return self.store.write(lambda tx: outbox.claim(tx, KEY, self.clock.now_us))
