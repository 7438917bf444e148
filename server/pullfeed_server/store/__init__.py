"""The store: what the core needs of a database, as one documented contract.

Everything a shop owns is named by its shop first, so that one statement never
crosses shops. One implementation, `store.sql`, serves every engine; the suite
in tests/store runs on each of them.

Transaction names the parts of the contract: each is a module here, and the module
of the same name in `store.sql` implements it. What they take and give is in `rows`.

A transaction is handed to a function and lives as long as its call:

    store.read(lambda tx: tx.feeds.get(shop, scope))
    store.write(lambda tx: tx.commits.set(...))

The function may be run again where the engine asks for it (a deadlock), so it
has no effect outside the transaction. Both raise StoreUnavailable, and `write`
StorageFull; errors of the function itself roll back and come through as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from pullfeed_server.store import (
    commits,
    deliveries,
    erasures,
    feeds,
    holds,
    keys,
    ledger,
    outbox,
    records,
    rejections,
    walks,
)

T = TypeVar("T")


class Transaction(Protocol):
    """One transaction's view of the store."""

    @property
    def feeds(self) -> feeds.Feeds: ...
    @property
    def records(self) -> records.Records: ...
    @property
    def holds(self) -> holds.Holds: ...
    @property
    def erasures(self) -> erasures.Erasures: ...
    @property
    def walks(self) -> walks.Walks: ...
    @property
    def commits(self) -> commits.Commits: ...
    @property
    def ledger(self) -> ledger.Ledger: ...
    @property
    def deliveries(self) -> deliveries.Deliveries: ...
    @property
    def rejections(self) -> rejections.Rejections: ...
    @property
    def keys(self) -> keys.Keys: ...
    @property
    def outbox(self) -> outbox.Outbox: ...

    def erase(self, shop: str, scope: int, ids: Sequence[str]) -> None:
        """Takes ids out of every table but the two lists and what was erased.

        The caller puts a tombstone in the place of their bytes. Under the lock of
        the feed. ids: at most 1,000.
        """
        ...


class Store(Protocol):
    """A database that keeps all of this."""

    def read(self, work: Callable[[Transaction], T]) -> T:
        """What `work` returns, seeing one state of the database."""
        ...

    def read_one(self, work: Callable[[Transaction], T]) -> T:
        """The same for a single statement, which sees one state by itself.

        Beginning and ending a transaction would take longer than it does.
        """
        ...

    def write(self, work: Callable[[Transaction], T]) -> T:
        """What `work` returns, once what it wrote is durable."""
        ...

    def scrub(self) -> list[str]:
        """Ends what is left of rows that were taken away, as far as the engine can.

        Where bytes of them may still lie comes back, and what ends that: a
        sentence each.
        """
        ...

    def close(self) -> None:
        """Ends writes in flight, then lets the database go."""
        ...
