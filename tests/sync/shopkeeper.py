"""A made-up shop in a database, a core, and what stands between them."""

from __future__ import annotations

import datetime
import pathlib
from collections.abc import Callable
from typing import Any

import click.testing
import sqlalchemy as sa
from tests import factories
from tests.integration import world as worlds
from tests.sources import shop as shops

from pullfeed.v1 import record_service_pb2, record_service_pb2_grpc
from pullfeed_client import cli, connection, puts, scopes
from pullfeed_client.mapping import document, plan, reading
from pullfeed_client.sync import removal, state, sweep

_CORE = "a core of the test"


class Killed(Exception):
    """What a test raises to break off a pass."""


class Shopkeeper:
    """Writes into the source, syncs, and looks at what importers would get."""

    def __init__(self, world: worlds.World, url: str, name: str, folder: pathlib.Path) -> None:
        self.world = world
        self.url = url
        self.name = name
        self.folder = folder
        self.mapping = shops.OF_TABLES
        shops.fill(url, {})

    def add(self, *rows: dict[str, Any], table: sa.Table = shops.customers) -> None:
        """Writes rows, in one transaction."""
        with shops.writing(self.url) as connection_:
            connection_.execute(sa.insert(table), list(rows))

    def change(self, number: int, **values: Any) -> None:
        """Changes a customer."""
        customers = shops.customers
        with shops.writing(self.url) as connection_:
            connection_.execute(
                sa.update(customers).where(customers.c.id == number).values(**values)
            )

    def drop(self, *numbers: int) -> None:
        """Deletes customers from the source."""
        customers = shops.customers
        with shops.writing(self.url) as connection_:
            connection_.execute(sa.delete(customers).where(customers.c.id.in_(numbers)))

    def sync(
        self,
        scope: str = "customer",
        *,
        full: bool = False,
        batch_rows: int = 1000,
        wrapped: Callable[[Any], Any] = lambda records: records,
    ) -> sweep.Report:
        """A pass. wrapped: what stands in for the core's service."""
        mapping = plan.checked(document.Document("map.toml", self.mapping))
        section = mapping.section(scope)
        target = puts.Target(self.name, section.kind, batch_rows=batch_rows)
        order = sweep.Order(target, removal.Threshold(), full)
        feed = state.Feed(_CORE, self.name, "map.toml", scope, self.mapping)
        with (
            state.opened(str(self.folder / "sync.db"), feed) as memory,
            connection.opened(self.world.core.address, self.key) as core,
        ):
            core.records = wrapped(core.records)
            mapped = reading.Mapped(mapping, section, None)
            return sweep.run(core, mapped, memory, order, _ignore)

    @property
    def key(self) -> str:
        """The operator's key."""
        return (self.world.folder / "operator.key").read_text(encoding="ascii").strip()

    def run(self, *arguments: str, **options: Any) -> click.testing.Result:
        """A command of `pullfeed`, on this core."""
        (self.folder / "map.toml").write_text(self.mapping, encoding="utf-8")
        environment = {"PULLFEED_CORE": self.world.core.address, "PULLFEED_KEY": self.key}
        runner = click.testing.CliRunner(env=environment)
        return runner.invoke(cli.main, arguments, prog_name="pullfeed", **options)

    def put(self, number: int, second: int) -> None:
        """Puts a customer into the core, as a shop's save hook does."""
        name = str(shops.customer(number)["First"])
        date = shops.moment(second).isoformat().replace("+00:00", "Z")
        message = factories.customer(
            customer_id=str(number), first_name=name, last_modified_date=date
        )
        self.world.operator.put(self.name, factories.record(message))

    def delivered(self, scope: str = "customer") -> dict[str, str]:
        """First names, or the JSON of other records, of what is in the feed, by id."""
        kind = scopes.KINDS[scope]
        found: dict[str, str] = {}
        for chunk in self.world.operator.export(self.name, kind.scope):
            for record in chunk.records:
                inner = getattr(record, scope)
                name = inner.first_name if scope == "customer" else str(inner)
                found[getattr(inner, kind.id_field)] = name
        return found

    def position(self) -> int:
        """How many changes the customers had."""
        [shop] = [one for one in self.world.operator.shops(page_size=1000).shops
                  if one.shop == self.name]  # fmt: skip
        return next(feed.position for feed in shop.feeds if feed.scope == worlds.CUSTOMER)

    def in_source(self) -> dict[str, str]:
        """First names of the customers in the source, by id."""
        customers = shops.customers
        with shops.writing(self.url) as connection_:
            found = connection_.execute(sa.select(customers.c.id, customers.c["First"]))
            return {str(number): name for number, name in found}

    def held(self) -> list[str]:
        """The customers that are to be removed."""
        request = record_service_pb2.ListHeldRequest(
            shop=self.name, scope=worlds.CUSTOMER, page_size=1000
        )
        stub = record_service_pb2_grpc.RecordServiceStub(self.world.channel)
        answer = stub.ListHeld(request, metadata=self.world.operator.metadata, timeout=60)
        return list(answer.ids)


def now(seconds: float = 0) -> datetime.datetime:
    """The present, or a little before or behind it."""
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)


def _ignore(_: puts.Refusal) -> None:
    """The test looks at the core."""
