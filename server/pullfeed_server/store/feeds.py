"""The part of the store's contract that is about shops and their feeds."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from pullfeed_server.store import rows


class EpochRow(NamedTuple):
    """The epoch of every feed. begun_us: 0 of the first one, which began with the database."""

    epoch: int
    begun_us: int


class ReaderRow(NamedTuple):
    """A feed as it stands to one importer and list.

    generation: how often the importer was rewound there.
    """

    feed: rows.FeedRow
    generation: int
    commit_way: str


class Feeds(Protocol):
    """Shops, and the counters of their feeds."""

    def epoch(self) -> EpochRow:
        """The epoch of all feeds; a restore or a failover begins another one.

        With each the counters jump far ahead, so that no position is given twice.
        """
        ...

    def has_shop(self, shop: str) -> bool:
        """Was anything ever put for this shop. Raises ShopMoved."""
        ...

    def state(self, shop: str) -> int | None:
        """rows.OPEN, FILLING or MOVED; None of a shop that is not there."""
        ...

    def is_open(self, shop: str) -> bool:
        """Is the shop served here; it stays so until the end of the transaction.

        For what is written without the lock of a feed. True of a shop that is not there.
        """
        ...

    def keep_open(self, shop: str) -> None:
        """The same for what is answered. Raises ShopMoved."""
        ...

    def add_shop(self, shop: str, created_us: int) -> None:
        """Makes the shop; harmless where it is there."""
        ...

    def get(self, shop: str, scope: int) -> rows.FeedRow | None:
        """The feed's counter; None before its first change.

        Raises RulesUnknown where a newer core has judged its records, and ShopMoved, as
        `get_for` and `lock` do.
        """
        ...

    def get_for(self, shop: str, scope: int, list: int, importer: str) -> ReaderRow | None:
        """The same, and what stands of an importer."""
        ...

    def lock(self, shop: str, scope: int) -> rows.FeedRow:
        """The feed's counter, held until the end of the transaction; made where it is new,
        and its shop with it.

        Under this lock versions are compared and positions are given, so that
        changes become visible in the order of their positions. Raises ShopMoved.
        """
        ...

    def set_position(self, shop: str, scope: int, position: int) -> None:
        """Moves a locked counter, and notes the time where its minute is new.

        Notes too that rows may have this core's encoding from now on.
        """
        ...

    def set_encodings(self, shop: str, scope: int, oldest: int, newest: int) -> None:
        """Notes that no row has one outside them. Under the lock."""
        ...

    def set_rules(self, shop: str, scope: int, rules: int) -> None:
        """Notes what all records have passed. Under the lock."""
        ...

    def rules(self) -> int:
        """The rules that every feed is to be brought to."""
        ...

    def outdated(
        self, encoding: int, rules: int, after: tuple[str, int], limit: int
    ) -> list[tuple[str, int]]:
        """Feeds with rows of an older encoding, or of older rules, by shop and scope.

        after: the shop and scope of the one before.
        """
        ...

    def count_outdated(self, encoding: int, rules: int) -> tuple[int, int]:
        """How many feeds have rows of an older encoding, and how many are of older rules."""
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
        """Shops that are served, behind a name, by name."""
        ...

    def states(self, after: str, limit: int) -> list[tuple[str, int]]:
        """Shops in any state, behind a name, by name; each with its state."""
        ...

    def counts(self, shop: str) -> list[rows.ShopCounts]:
        """What is held of each feed of a shop that has had a change, by scope; in any state."""
        ...
