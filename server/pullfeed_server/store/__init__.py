"""The store: what the core needs of a database, as one documented contract.

Everything a shop owns is named by its shop first, so that one statement never
crosses shops. One implementation, `store.sql`, serves every engine; the suite
in tests/store runs on each of them.

A transaction is handed to a function and lives as long as its call:

    store.read(lambda tx: tx.feeds.get(shop, scope))
    store.write(lambda tx: tx.commits.set(...))

The function may be run again where the engine asks for it (a deadlock), so it
has no effect outside the transaction. Both raise StoreUnavailable, and `write`
StorageFull; errors of the function itself roll back and come through as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from pullfeed_server.store import outbox, rows

T = TypeVar("T")


class Feeds(Protocol):
    """Shops, and the counters of their feeds."""

    def epoch(self) -> rows.EpochRow:
        """The epoch of all feeds; a restore or a failover begins another one.

        With each the counters jump far ahead, so that no position is given twice.
        """
        ...

    def has_shop(self, shop: str) -> bool:
        """Was anything ever put for this shop."""
        ...

    def add_shop(self, shop: str, created_us: int) -> None:
        """Makes the shop; harmless where it is there."""
        ...

    def get(self, shop: str, scope: int) -> rows.FeedRow | None:
        """The feed's counter; None before its first change."""
        ...

    def get_for(
        self, shop: str, scope: int, list: int, importer: str
    ) -> tuple[rows.FeedRow, int] | None:
        """The same, and how often an importer was rewound in a list of it."""
        ...

    def lock(self, shop: str, scope: int) -> rows.FeedRow:
        """The feed's counter, made where it is new and held until the end of the transaction.

        Under this lock versions are compared and positions are given, so that
        changes become visible in the order of their positions.
        """
        ...

    def set_position(self, shop: str, scope: int, position: int) -> None:
        """Moves a locked counter, and notes the time where its minute is new."""
        ...

    def stood_at(self, shop: str, scope: int, minute: int) -> int:
        """Where the feed stood before its first change of this minute or a later one.

        minute: since 1970.
        """
        ...

    def set_pruned(self, shop: str, scope: int, position: int) -> None:
        """Notes the last tombstone that is no longer kept."""
        ...

    def shops(self, after: str, limit: int) -> list[str]:
        """Shops behind a name, by name."""
        ...

    def counts(self, shop: str) -> list[rows.ShopCounts]:
        """What is held of each feed of a shop that has had a change, by scope."""
        ...


class Records(Protocol):
    """The two lists of a feed, and the withheld."""

    def standings(self, shop: str, scope: int, ids: Sequence[str]) -> dict[str, rows.Standing]:
        """How the known ones of these ids stand. ids: at most 1,000."""
        ...

    def protos(self, shop: str, scope: int, ids: Sequence[str]) -> dict[str, bytes]:
        """The stored Protobuf of those of these ids that stand among the records.

        ids: at most 1,000.
        """
        ...

    def put(self, shop: str, scope: int, records: Sequence[rows.RecordRow]) -> None:
        """Stores records, each at its new position; replaces what their ids had."""
        ...

    def remove(self, shop: str, scope: int, tombstones: Sequence[rows.TombstoneRow]) -> None:
        """Leaves a tombstone for each id; the record's bytes go."""
        ...

    def withhold(self, shop: str, scope: int, withheld: Sequence[rows.WithheldRow]) -> None:
        """Keeps versions among the withheld; first_seen_us of a known one stays."""
        ...

    def release(self, shop: str, scope: int, ids: Iterable[str]) -> None:
        """Takes ids from the withheld."""
        ...

    def ids(self, shop: str, scope: int, after: str, limit: int) -> list[str]:
        """Ids behind an id that stand in the feed or among the withheld, in their order."""
        ...

    def prunable(self, shop: str, scope: int, after: int, until: int, limit: int) -> int | None:
        """Position of the last of up to `limit` tombstones behind a position, up to another.

        None where there is none. Erasures are not counted.
        """
        ...

    def prune(self, shop: str, scope: int, after: int, until: int) -> None:
        """Drops the tombstones behind a position, up to another; no erasure."""
        ...

    def page_json(self, shop: str, scope: int, list: int, after: int, limit: int) -> rows.PageRows:
        """Up to `limit` rows of a list behind a position, as contract JSON joined by commas."""
        ...

    def page_proto(self, shop: str, scope: int, list: int, after: int, limit: int) -> rows.PageRows:
        """Up to `limit` rows of a list behind a position, as Protobuf."""
        ...

    def changes(self, shop: str, scope: int, after: int, limit: int) -> list[rows.ChangeRow]:
        """Up to `limit` rows of both lists behind a position, in the order of positions."""
        ...

    def skip(self, shop: str, scope: int, list: int, after: int, count: int) -> int:
        """Position of the count-th row of a list behind a position, or of the last one."""
        ...

    def withheld(
        self, shop: str, scope: int, reason: str, after: str, limit: int
    ) -> list[rows.WithheldRow]:
        """Withheld versions behind an id, by id. reason: "" for all."""
        ...


class Holds(Protocol):
    """Ids that are to be removed once a person has approved it: one hold a feed.

    Changed under the lock of the feed, whose `held` counts the ids.
    """

    def begun_us(self, shop: str, scope: int) -> int | None:
        """When the hold began; None where there is none."""
        ...

    def add(self, shop: str, scope: int, held: Sequence[rows.HeldRow], begun_us: int) -> None:
        """Takes ids into the hold, where they are not in it. held: at most 1,000, each once."""
        ...

    def page(self, shop: str, scope: int, after: str, limit: int) -> list[rows.HeldRow]:
        """Held ids behind an id, in their order."""
        ...

    def release(self, shop: str, scope: int, ids: Iterable[str]) -> None:
        """Takes ids out of the hold."""
        ...

    def drop(self, shop: str, scope: int) -> None:
        """Ends the hold."""
        ...


class Erasures(Protocol):
    """What was erased, and what of it may be put again."""

    def known(self, shop: str, scope: int, ids: Sequence[str]) -> dict[str, rows.ErasureRow]:
        """Those of these ids that were ever erased. ids: at most 1,000."""
        ...

    def set(self, shop: str, scope: int, erasures: Sequence[rows.ErasureRow]) -> None:
        """Notes erasures, lifted or not; replaces what was noted of their ids."""
        ...

    def lift(self, shop: str, scope: int, ids: Iterable[str]) -> None:
        """Lets ids be put again."""
        ...


class Walks(Protocol):
    """Page-mode walks and their marks."""

    def get(self, key: rows.WalkKey) -> rows.WalkRow | None:
        """The walk of a key as it stands."""
        ...

    def open(self, key: rows.WalkKey, walk: rows.WalkRow, replaces: int) -> bool:
        """Sets the walk of a key in the place of the one numbered so, 0 for none.

        False, and nothing is set, where another one stands there by now.
        """
        ...

    def forget_previous(self, key: rows.WalkKey, walk: rows.WalkRow) -> None:
        """Lets the walk before this one go, with its marks."""
        ...

    def expired(self, key: rows.WalkKey, touched_us: int, limit: int) -> list[rows.WalkKey]:
        """Walks from a time, of this importer and list, that nobody touched since then."""
        ...

    def close(self, key: rows.WalkKey) -> None:
        """Forgets a key's walk, the one before it, and their marks."""
        ...

    def touch(self, key: rows.WalkKey, walk: int, touched_us: int) -> None:
        """Notes a request of a walk. Nothing if it was replaced."""
        ...

    def mark(self, shop: str, walk: int, page: int) -> rows.MarkRow | None:
        """The mark of a page, or None where it was not served."""
        ...

    def nearest_mark(self, shop: str, walk: int, page: int) -> rows.MarkRow | None:
        """The last mark before a page."""
        ...

    def put_mark(self, shop: str, walk: int, mark: rows.MarkRow) -> None:
        """Stores a mark; of one that is there numbers are only lowered, and has_next stays."""
        ...

    def covered_end(self, shop: str, walk: int, page: int, committed: int) -> int:
        """How far pages up to this one cover without a gap from a position; at least that."""
        ...

    def drop(self, shop: str, walk: int) -> None:
        """Forgets all marks of a walk."""
        ...


class Commits(Protocol):
    """What importers have confirmed."""

    def get(self, shop: str, scope: int, list: int, importer: str) -> rows.CommitRow | None:
        """The committed position; None before the first claim."""
        ...

    def lock(self, shop: str, scope: int, list: int, importer: str, epoch: int) -> rows.CommitRow:
        """The committed position, made where it is new and held until the end of the transaction.

        Position 0, committed_us 0 where nothing was committed yet. epoch: of a new
        one. Of records it is spared what was pruned of its feed by now, if it is the
        importer's first; of the removed, what the one of records is.
        """
        ...

    def set(self, shop: str, scope: int, list: int, importer: str, commit: rows.CommitRow) -> None:
        """Stores the committed position."""
        ...


class Ledger(Protocol):
    """How one id stands, and when it was confirmed."""

    def place(self, shop: str, scope: int, id: str) -> rows.PlaceRow | None:
        """Where an id stands; None where it is in neither list."""
        ...

    def withheld(self, shop: str, scope: int, id: str) -> rows.WithheldRow | None:
        """The version of an id that is kept out of the feed, where one is."""
        ...

    def committed(self, shop: str) -> list[rows.Committed]:
        """Every committed position of a shop, by importer, scope and list."""
        ...

    def confirm(
        self, shop: str, scope: int, list: int, importer: str, confirmed: rows.ConfirmationRow
    ) -> None:
        """Notes an advance of a committed position."""
        ...

    def confirmed_us(self, shop: str, scope: int, list: int, importer: str, position: int) -> int:
        """When an advance first reached a position; 0 where that is not kept."""
        ...

    def take_back(self, shop: str, scope: int, list: int, importer: str, position: int) -> None:
        """Forgets what was noted of advances past a position."""
        ...


class Deliveries(Protocol):
    """What was served on each walk, and how far that was confirmed."""

    def serve(self, name: rows.WalkName, served: rows.ServedRow) -> rows.LengthRow:
        """Adds pages to a walk, made where it is new; how long it is then."""
        ...

    def size(self, shop: str, scope: int, list: int, most: int) -> int:
        """How many stand in a list; no more than `most` are counted."""
        ...

    def measure(self, name: rows.WalkName, feed_size: int, *, is_too_long: bool) -> None:
        """Notes how large a walk's list was found, and what follows."""
        ...

    def receipt(self, name: rows.WalkName) -> rows.ReceiptRow | None:
        """How far a walk was confirmed; None where nothing is known of it."""
        ...

    def confirm(self, name: rows.WalkName, receipt: rows.ReceiptRow) -> None:
        """Stores how far a walk was confirmed; it may be that its pages are not noted yet."""
        ...

    def page(
        self,
        shop: str,
        scope: int,
        importer: str,
        before: tuple[int, int],
        silent_since_us: int,
        limit: int,
    ) -> list[rows.DeliveryRow]:
        """Walks served before (last_us, walk), the latest first. scope: 0, importer: "" for all.

        silent_since_us: what was served last before it had time enough to be confirmed.
        """
        ...

    def silent(self, shop: str, silent_since_us: int) -> list[tuple[str, int]]:
        """The (importer, scope) that were served before a time and have not confirmed it."""
        ...

    def too_long(self, shop: str, since_us: int) -> list[tuple[str, int]]:
        """The (importer, scope) of walks served since a time that are longer than they may be."""
        ...

    def prune(self, shop: str, before_us: int, most: int) -> bool:
        """Forgets walks and advances of before a time, at most so many of each; were there any."""
        ...


class Rejections(Protocol):
    """What importers could not take.

    A rejection is over when its record stands elsewhere than where it was given.
    """

    def places(self, shop: str, scope: int, list: int, ids: Sequence[str]) -> dict[str, int]:
        """The positions of those ids that stand in a list. ids: at most 1,000."""
        ...

    def add(self, shop: str, scope: int, rejected: Sequence[rows.RejectedRow]) -> None:
        """Stores rejections; a later one of the same importer and id stands for both."""
        ...

    def settle(self, name: rows.WalkName, after: int, until: int) -> None:
        """Forgets what an earlier walk could not take, of what lies between two positions."""
        ...

    def page(
        self, shop: str, scope: int, importer: str, after: tuple[str, str], limit: int
    ) -> list[rows.RejectedRow]:
        """Rejections behind an (importer, id), in this order. importer: "" for all."""
        ...

    def of(self, shop: str, scope: int, id: str) -> list[rows.RejectedRow]:
        """Who could not take an id."""
        ...

    def count(self, shop: str, scope: int, importer: str) -> int:
        """How many there are of an importer."""
        ...

    def drop(self, shop: str, scope: int, importer: str, ids: Sequence[str]) -> None:
        """Takes ids off an importer's list."""
        ...

    def offer(self, shop: str, scope: int, ids: Sequence[str], after: int) -> int:
        """Gives ids the positions behind a locked counter, in their order; how many stand."""
        ...

    def prune(self, shop: str) -> None:
        """Forgets those that are over."""
        ...


class Keys(Protocol):
    """Keys and importers."""

    def lock(self) -> None:
        """Holds all of them until the end of the transaction, so that rules across them hold."""
        ...

    def get(self, key_id: str) -> rows.KeyRow | None:
        """A key, revoked or not."""
        ...

    def all(self) -> list[rows.KeyRow]:
        """All keys, oldest first."""
        ...

    def add(self, key: rows.KeyRow) -> None:
        """Stores a new key."""
        ...

    def revoke(self, key_id: str, revoked_us: int) -> None:
        """Ends a key; an ended one keeps its date."""
        ...

    def importers(self) -> list[rows.ImporterRow]:
        """All importers, by name."""
        ...

    def importer(self, name: str) -> rows.ImporterRow | None:
        """One importer."""
        ...

    def commit_way(self, name: str) -> str:
        """How an importer commits; "importer" where nothing was set."""
        ...

    def set_importer(self, importer: rows.ImporterRow) -> None:
        """Makes an importer or sets all of its settings."""
        ...


class Transaction(Protocol):
    """One transaction's view of the store."""

    @property
    def feeds(self) -> Feeds: ...
    @property
    def records(self) -> Records: ...
    @property
    def holds(self) -> Holds: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def walks(self) -> Walks: ...
    @property
    def commits(self) -> Commits: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def rejections(self) -> Rejections: ...
    @property
    def keys(self) -> Keys: ...
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
