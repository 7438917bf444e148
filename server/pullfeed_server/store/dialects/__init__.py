"""What differs between the engines, in one place: a module for each, chosen by the URL."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import interfaces

from pullfeed_server import errors
from pullfeed_server.store import file
from pullfeed_server.store.dialects import postgresql, sqlite

T = TypeVar("T")
Begin = Callable[[], contextlib.AbstractContextManager[interfaces.DBAPICursor]]


class Writer(Protocol):
    """How writes are brought to the engine."""

    def run(self, work: Callable[[interfaces.DBAPICursor], T]) -> T:
        """What `work` returns, once it is committed; raises what it raised.

        Raises StoreUnavailable after `close`.
        """
        ...

    def close(self) -> None:
        """Returns when no write is in flight."""
        ...


class Dialect(Protocol):
    """What an engine's module has."""

    BEGIN_READ: str
    BEGIN_WRITE: str

    def connect(self, url: sa.URL, connections: int) -> sa.Engine:
        """An engine of at most so many connections. Raises Unusable."""
        ...

    def hold(self, engine: sa.Engine) -> file.File | None:
        """The file, kept from other cores until it is closed; None where they are welcome.

        Raises Unusable where another core has it, and OSError.
        """
        ...

    def find(self, engine: sa.Engine) -> None:
        """Raises Unusable where there is no database; to open it would make a file."""
        ...

    def begin_beside(self, cursor: interfaces.DBAPICursor) -> None:
        """Begins a write beside a core that may write all the time."""
        ...

    def hold_move(self, cursor: interfaces.DBAPICursor) -> bool:
        """Lets one move at a time fill a database, for as long as the connection lasts."""
        ...

    def hold_schema(self, connection: sa.Connection) -> None:
        """Lets one process at a time change the tables, until its transaction ends."""
        ...

    def origin(self, cursor: interfaces.DBAPICursor) -> tuple[str, int]:
        """Which server this is, and its timeline: another where it may lack what was written.

        Raises StoreUnavailable where it takes no writes, or is not the one to ask.
        """
        ...

    def insert(self, table: sa.Table) -> Any:
        """The engine's INSERT that knows ON CONFLICT."""
        ...

    def insert_many(self, table: sa.Table, names: Sequence[str]) -> Any:
        """The same for many rows, which differ in the columns named."""
        ...

    def run_many(
        self,
        cursor: interfaces.DBAPICursor,
        text: str,
        order: Sequence[str] | None,
        names: Sequence[str],
        many: Sequence[tuple[Any, ...]],
        common: dict[str, object],
    ) -> None:
        """Runs an `insert_many`. order: of the values to bind, None where by name."""
        ...

    def is_one_of(self, column: Any, name: str) -> sa.ColumnElement[bool]:
        """Is the column in the list bound under a name, as `listed` gives it.

        One text for every length, so that it is prepared once.
        """
        ...

    def listed(self, values: Iterable[str]) -> object:
        """A list of texts as one value to bind."""
        ...

    def joined(self, column: Any, position: Any) -> sa.ColumnElement[bytes]:
        """Aggregates bytes in the order of their positions, with commas between.

        Of a subquery that is in this order.
        """
        ...

    def writer(self, begin: Begin) -> Writer:
        """The engine's writer. begin: opens a transaction that commits when it is left."""
        ...

    def roll_back(self, cursor: interfaces.DBAPICursor) -> None:
        """Ends a transaction without its changes, also one that the engine has ended itself."""
        ...

    def scrub(self, engine: sa.Engine) -> list[str]:
        """See Store.scrub."""
        ...

    def is_lost(self, connection: Any) -> bool:
        """Is the driver's connection of no use any more."""
        ...

    def translated(self, error: Exception) -> Exception:
        """A driver's error as ours; as it is where it is a fault of our own."""
        ...


_ENGINES: dict[str, Dialect] = {"sqlite": sqlite, "postgresql": postgresql}


def connect(url: str, connections: int) -> sa.Engine:
    """An engine for the URL, with at most so many connections.

    Raises Unusable for a URL that names no engine this build serves.
    """
    parsed = _parsed(url)
    return _ENGINES[parsed.get_backend_name()].connect(parsed, connections)


def name_of(url: str) -> str:
    """The name of the URL's engine. Raises Unusable."""
    return _parsed(url).get_backend_name()


def of(engine: sa.Engine) -> Dialect:
    """What is an engine's own."""
    return _ENGINES[engine.dialect.name]


def is_shared(url: str) -> bool:
    """May several cores serve this database, so that none keeps state of its own beside it."""
    return not url.startswith("sqlite:")


def masked(url: str) -> str:
    """The URL without the passwords in it; "…" where it cannot be read."""
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError:
        return "…"
    kept = parsed.difference_update_query(("password", "sslpassword"))
    return kept.render_as_string(hide_password=True)


def insert(engine: sa.Engine, table: sa.Table) -> Any:
    """See Dialect.insert."""
    return of(engine).insert(table)


def is_one_of(engine: sa.Engine, column: Any, name: str) -> sa.ColumnElement[bool]:
    """See Dialect.is_one_of."""
    return of(engine).is_one_of(column, name)


def driver_errors(engine: sa.Engine) -> type[Exception]:
    """The base of what the engine's driver raises."""
    base: type[Exception] = engine.dialect.loaded_dbapi.Error
    return base


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError as error:
        raise errors.Unusable("The setting database is no SQLAlchemy URL.") from error
    name = parsed.get_backend_name()
    if name not in _ENGINES:
        raise errors.Unusable(
            f"The setting database names the engine {name!r}; "
            "this version serves sqlite:///PATH and postgresql://USER@HOST/NAME."
        )
    return parsed
