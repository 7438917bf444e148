"""Two databases and a shop that moves from one to the other: short words for long calls."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from tests import databases, factories
from tests.store.shop import CUSTOMERS, Shop

from pullfeed_server import erasures, holds, journal
from pullfeed_server.moving import plan
from pullfeed_server.store import dialects, rows, schema
from pullfeed_server.store.sql import SqlStore

SECRET = "a secret of thirty-two characters"
# What says where a shop is served, and differs on both sides of a move.
_STANDING = {"state", "move", "moved_epoch"}


_ON_SERVER = pytest.mark.postgresql
PAIRS = (
    ("sqlite", "sqlite"),
    pytest.param(("sqlite", "postgresql"), marks=_ON_SERVER),
    pytest.param(("postgresql", "postgresql"), marks=_ON_SERVER),
    pytest.param(("postgresql", "sqlite"), marks=_ON_SERVER),
)


class Told:
    """Hears how far a move is. on_copied: does what happens in the source meanwhile."""

    def __init__(self, on_copied: Callable[[], object] = lambda: None) -> None:
        self.sentences: list[str] = []
        self._on_copied = on_copied

    def copied(self, shop: str, count: int) -> None:
        self._on_copied()

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


class Pair:
    """A source that a core serves, and a target that is served once it was opened."""

    def __init__(self, source_url: str, target_url: str) -> None:
        self.source_url = source_url
        self.target_url = target_url
        self._opened: list[SqlStore] = []
        self.source = self.shop_of(source_url)

    def shop_of(self, url: str) -> Shop:
        """The shop's services, as a core on this database has them."""
        self._opened.append(SqlStore(url))
        return Shop(self._opened[-1])

    def open_target(self) -> Shop:
        """The same on the target, which no copy can fill from then on where it is a file."""
        return self.shop_of(self.target_url)

    def close_target(self) -> None:
        """Ends what was opened last."""
        self._opened.pop().close()

    def plan(self, *shops: str, **changes: Any) -> plan.Plan:
        asked = plan.Plan(
            self.source_url,
            self.target_url,
            shops or (factories.SHOP,),
            secrets=SECRET,
            secrets_file=None,
            new_epoch=False,
        )
        return asked._replace(**changes)

    def copy(
        self, *shops: str, meanwhile: Callable[[], object] = lambda: None, **changes: Any
    ) -> list[str]:
        """Moves shops; what was said."""
        told = Told(meanwhile)
        plan.run(self.plan(*shops, **changes), told)
        return told.sentences

    def undo(self) -> list[str]:
        told = Told()
        plan.undo(self.plan(), told)
        return told.sentences

    def states(self, shop: str = factories.SHOP) -> tuple[int | None, int | None]:
        """In which state the shop is on both sides."""
        return state(self.source_url, shop), state(self.target_url, shop)

    def close(self) -> None:
        while self._opened:
            self._opened.pop().close()


def state(url: str, shop: str = factories.SHOP) -> int | None:
    """In which state a shop is; None where there is none."""
    found = select(url, sa.select(schema.shops.c.state).where(schema.shops.c.shop == shop))
    return found[0][0] if found else None


def content(url: str, *, leave: Sequence[sa.Table] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but for what must differ. leave: tables that are not asked."""
    return {
        table.name: select(
            url,
            sa.select(*(column for column in table.c if column.name not in _STANDING)).order_by(
                *table.primary_key
            ),
        )
        for table in schema.metadata.sorted_tables
        if table is not schema.database and table not in leave
    }


def select(url: str, statement: Any) -> list[tuple[Any, ...]]:
    """Rows of a database, beside whoever serves it."""
    if not databases.exists(url):
        return []
    engine = dialects.connect(url, 1)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(statement)]
    finally:
        engine.dispose()


def furnish(shop: Shop, folder: pathlib.Path, *, count: int = 12) -> None:
    """Leaves a row in every table that a shop can have rows in."""
    shop.keys.create("importer", "mail", [factories.SHOP])
    shop.keys.create("operator", "", ["*"])
    shop.put_all(factories.customers(count))
    shop.put_all([factories.record(factories.product())], scope=3)
    shop.put("c0002", "c0003", second=1)
    shop.delete("c0004")
    shop.put("c0005", "bad", email="nobody", second=2)
    erasing = erasures.Erasures(shop.store, journal.Journal(folder / "erasures.jsonl"))
    erasing.erase(factories.SHOP, CUSTOMERS, ["c0006", "c0007"])
    erasing.lift(factories.SHOP, CUSTOMERS, ["c0007"])
    shop.holds.add(holds.Holding(factories.SHOP, CUSTOMERS, ["c0008"], "deleted", replace=False))
    walk_and_reject(shop)
    told = shop.importer("told")
    told.commits_by("notify")
    told.hand_over(told.page(1))
    told.page(2)


def walk_and_reject(shop: Shop) -> None:
    """Two pages of three, confirmed with a receipt; noted in the ledger."""
    mail = shop.importer()
    mail.page(1)
    mail.commit_with(("c0001", "no such city"), page=1, received=2)
    mail.page(2)
    removed = shop.importer(list=rows.REMOVED)
    removed.page(1)
    shop.recorder.flush()


def each_once(steps: Iterator[Callable[[], object]]) -> Callable[[], object]:
    """Takes one step whenever it is called, as long as there are any."""

    def step() -> None:
        for one in itertools.islice(steps, 1):
            one()

    return step


def live_alone(pair: Pair) -> None:
    """Gives the target a shop of its own."""
    target = SqlStore(pair.target_url)
    Shop(target).put("c1", name="other.example")
    Shop(target).keys.create("operator", "", ["*"])
    target.close()


MakePair = Callable[..., Pair]
