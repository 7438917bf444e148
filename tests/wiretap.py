"""Listens to every SQL statement that the core sends, and tells which of them cross shops.

It hears the drivers themselves: nothing can be sent around it. Whose statement it is the
stack tells; what a test sends itself is the test's own.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import itertools
import pathlib
import pkgutil
import re
import sqlite3
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
import pytest
import sqlalchemy as sa
from tests import confinement

import pullfeed_server
from pullfeed_server.store import schema, sql
from pullfeed_server.store.sql import tables
from pullfeed_server.store.sql.statement import Statement

# What crosses shops on purpose, and why it may.
CROSSING = {
    "feeds.shops": "an operator's overview: which shops there are, a page of names at a time",
    "feeds.states": "the same with those that are not served, each with its state",
    "outbox.ready": "which lines of notices are due, whoever's they are; at most a few rows",
    "feeds.outdated": "which feeds older cores wrote, to renew them: a page of names at a time",
    "feeds.count_outdated": "how many of them are left, for the numbers of an operator",
    "moves._list": "which shops an operator moves, where all are asked for",
    "moves._states": "where shops are served, for an operator who moves them",
    "outbox.release": "SQLite's alone: one core frees its own leases when it starts",
}
# Who makes and spreads the tables of all shops, by an operator's command, while nothing is served.
_MAKERS = ("store/migrations/", "store/citus.py")
_SERVER = str(pathlib.Path(pullfeed_server.__file__).parent) + "/"
_TESTS = str(pathlib.Path(__file__).parent) + "/"
# URLs of the engines whose SQL differs; nothing is connected to.
ENGINES = ("sqlite://", "postgresql+psycopg://")
_OWNED = re.compile(rf"\b({'|'.join(sorted(table.name for table in confinement.OWNED))})\b")


class Known(NamedTuple):
    """A statement of the store. order: of its values, None where they are bound by name."""

    name: str
    statement: Statement

    @property
    def confinement(self) -> confinement.Confinement:
        return confinement.judged(self.statement.built)


def statements(url: str) -> Iterator[Known]:
    """Every statement of the store, found in its modules, for one engine."""
    engine = sa.create_engine(url)
    for found in pkgutil.iter_modules(sql.__path__):
        module = importlib.import_module(f"{sql.__name__}.{found.name}")
        for one in vars(module).values():
            if inspect.isclass(one) and one.__module__ == module.__name__ and _is_holder(one):
                holder: Any = one
                yield from _within(found.name, vars(holder(engine)))
    for table in schema.metadata.tables.values():
        kind = tables.Table if table in confinement.OWNED else tables.Whole
        yield from _within(f"tables.{table.name}", vars(kind(engine, table)))


def _is_holder(found: type) -> bool:
    """Is it made of an engine alone, as what holds statements is."""
    return list(inspect.signature(found).parameters) == ["engine"]


def _within(name: str, value: object) -> Iterator[Known]:
    if isinstance(value, Statement):
        yield Known(name, value)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _within(f"{name}.{key}", each)
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _within(f"{name}.{index}", each)


class Wiretap:
    """What was heard. seen: names of statements; faults: sentences on what crosses shops."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.faults: list[str] = []
        self._known: dict[str, tuple[str, Sequence[str] | None, confinement.Confinement]] = {}
        for known in itertools.chain(*map(statements, ENGINES)):
            # Two may come to the same text on one engine.
            found = (known.name, known.statement._order, known.confinement)
            self._known.setdefault(known.statement._text, found)

    def hear(self, text: str, many: Sequence[Any]) -> None:
        """Notes a statement. many: its values, once for each time that it is run."""
        sender = _sender()
        if sender is None or sender.startswith(_MAKERS):
            return
        if text not in self._known:
            if name := _OWNED.search(text):
                self.faults.append(f"{sender} sends SQL of its own on {name.group()}: {text}")
            return
        found, order, known = self._known[text]
        self.seen.add(found)
        if found not in CROSSING and known.is_of_a_shop:
            self._compare(found, [_shops(values, order, known.binds) for values in many])

    def _compare(self, name: str, found: Sequence[set[object]]) -> None:
        shops: set[object] = set().union(*found)
        if not all(isinstance(shop, str) for shop in shops):
            self.faults.append(f"{name} is run for what is no shop's name")
        elif len(shops) > 1:
            self.faults.append(f"{name} is run for {len(shops)} shops at once")


def _shops(values: Any, order: Sequence[str] | None, binds: set[str]) -> set[object]:
    """The shops that one run binds. A list of them is none that a statement may have."""
    if order is not None:
        values = dict(zip(order, values, strict=True))
    return {tuple(shop) if isinstance(shop := values[name], list) else shop for name in binds}


def _sender() -> str | None:
    """The file of the core that sends this, None where that is a test."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_SERVER):
            return name.removeprefix(_SERVER)
        if name.startswith(_TESTS) and name != __file__:
            return None
        frame = frame.f_back
    return None


def install(tap: Wiretap, patch: pytest.MonkeyPatch) -> None:
    """Lets it hear both drivers, until the patch is undone."""
    for name in ("execute", "executemany", "stream", "copy"):
        patch.setattr(psycopg.Cursor, name, _heard(tap, name, getattr(psycopg.Cursor, name)))
    connect = functools.partial(sqlite3.connect, factory=_connection(tap))
    # SQLite's cursors cannot be changed: connections make others.
    patch.setattr("sqlite3.dbapi2.connect", connect)


def _heard(tap: Wiretap, name: str, run: Callable[..., Any]) -> Callable[..., Any]:
    """A cursor's method that tells the wiretap first."""

    def heard(cursor: Any, text: Any, given: Any = None, *rest: Any, **options: Any) -> Any:
        if name == "executemany":
            given = list(given)
        tap.hear(_text(text), given if name == "executemany" else [given])
        # Not every one of them takes values.
        values = () if given is None else (given, *rest)
        return run(cursor, text, *values, **options)

    return heard


def _text(query: Any) -> str:
    return query.decode() if isinstance(query, bytes) else str(query)


def _connection(tap: Wiretap) -> type[sqlite3.Connection]:
    class Cursor(sqlite3.Cursor):
        execute = _heard(tap, "execute", sqlite3.Cursor.execute)
        executemany = _heard(tap, "executemany", sqlite3.Cursor.executemany)
        executescript = _heard(tap, "executescript", sqlite3.Cursor.executescript)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        execute = _heard(tap, "execute", sqlite3.Connection.execute)
        executemany = _heard(tap, "executemany", sqlite3.Connection.executemany)
        executescript = _heard(tap, "executescript", sqlite3.Connection.executescript)

    return Connection
