"""The part of the store's contract that is about the two lists of a feed, and the withheld."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from pullfeed_server.store import feeds, rows


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

        None where there is none. Erasures and refused consents are not counted.
        """
        ...

    def prune(self, shop: str, scope: int, after: int, until: int) -> None:
        """Drops the tombstones behind a position, up to another; no erasure, no refused consent."""
        ...

    def page_json(self, shop: str, scope: int, list: int, after: int, limit: int) -> rows.PageRows:
        """Up to `limit` rows of a list behind a position, as contract JSON joined by commas."""
        ...

    def page_for(
        self, shop: str, scope: int, list: int, importer: str, after: int, limit: int
    ) -> tuple[feeds.ReaderRow, rows.PageRows] | None:
        """What Feeds.get_for and `page_json` give, in one statement: every page by cursor asks."""
        ...

    def page_proto(self, shop: str, scope: int, list: int, after: int, limit: int) -> rows.PageRows:
        """Up to `limit` rows of a list behind a position, as Protobuf."""
        ...

    def stored(
        self, shop: str, scope: int, list: int, after: int, limit: int
    ) -> list[rows.EncodedRow]:
        """Up to `limit` rows of a list behind a position, as they are stored.

        `put` or `remove` at its own position gives one of them other bytes.
        """
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
