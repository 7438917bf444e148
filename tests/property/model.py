"""What a feed and an importer are meant to be, said a second time and without a database."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

from pullfeed_server.store import rows

# id → the version of it that stands in the feed.
Held: TypeAlias = dict[str, str]


class Put(NamedTuple):
    """One version of one id. minute: its last_modified_date, None where it has none."""

    id: str
    version: str
    minute: int | None
    valid: bool = True


class Snapshot(NamedTuple):
    """A list as it stood when a page of it was read.

    order: (id, version) of records, or (id, reason) of the removed, as they must be
    handed out. stored_us: when each got its place. records: what stood in the feed.
    """

    order: list[tuple[str, str]]
    stored_us: dict[str, int]
    records: Held


@dataclasses.dataclass
class _Standing:
    """version: None where it is no record. reason: of its tombstone, "" where there is none."""

    newest: float = float("-inf")
    version: str | None = None
    put_minute: int | None = None
    withheld: bool = False
    reason: str = ""


class Feed:
    """The two lists of one shop, by the words of the design."""

    def __init__(self) -> None:
        self._standings: dict[str, _Standing] = {}
        self._positions: dict[str, int] = {}
        self._stored_us: dict[str, int] = {}
        self.position = 0

    def put(self, batch: Iterable[Put], now_us: int) -> list[str]:
        """What must become of each, one after the other."""
        moved: dict[str, None] = {}
        outcomes = [self._put(put, moved) for put in batch]
        self._move(moved, now_us)
        return outcomes

    def delete(self, ids: Iterable[str], minute: int, now_us: int) -> list[str]:
        moved: dict[str, None] = {}
        outcomes = [self._delete(record_id, minute, moved) for record_id in ids]
        self._move(moved, now_us)
        return outcomes

    def snapshot(self, kind: int) -> Snapshot:
        """A list as it must be handed out, oldest change first."""
        listed = self.held() if kind == rows.RECORDS else self.removed()
        order = sorted(listed.items(), key=lambda item: self._positions[item[0]])
        return Snapshot(order, dict(self._stored_us), self.held())

    def last_put(self, record_id: str) -> Put | None:
        """The version that stands in the feed, to be put once more."""
        known = self._standings.get(record_id)
        if known is None or known.version is None:
            return None
        return Put(record_id, known.version, known.put_minute)

    def held(self, up_to: int | None = None) -> Held:
        """What an importer must hold that was given all records up to a position."""
        return {
            record_id: standing.version
            for record_id, standing in self._standings.items()
            if standing.version is not None and self._is_at(record_id, up_to)
        }

    def removed(self, up_to: int | None = None) -> dict[str, str]:
        """What it must not hold that was given all tombstones up to a position, with reasons."""
        return {
            record_id: standing.reason
            for record_id, standing in self._standings.items()
            if standing.reason and self._is_at(record_id, up_to)
        }

    def position_of(self, record_id: str) -> int:
        return self._positions[record_id]

    def withheld(self) -> set[str]:
        return {record_id for record_id, known in self._standings.items() if known.withheld}

    def _is_at(self, record_id: str, up_to: int | None) -> bool:
        return up_to is None or self._positions[record_id] <= up_to

    def _put(self, put: Put, moved: dict[str, None]) -> str:
        known = self._standings.setdefault(put.id, _Standing())
        minute = known.newest if put.minute is None else put.minute
        if minute < known.newest:
            return "stale"
        if not put.valid:
            if known.version is not None:
                _touch(moved, put.id)
                known.reason = "withheld"
            known.newest, known.version, known.withheld = minute, None, True
            return "withheld"
        if not known.withheld and (known.version, known.put_minute) == (put.version, put.minute):
            return "unchanged"
        _touch(moved, put.id)
        self._standings[put.id] = _Standing(minute, put.version, put.minute)
        return "stored"

    def _delete(self, record_id: str, minute: int, moved: dict[str, None]) -> str:
        known = self._standings.get(record_id)
        if known is None or (known.reason == "deleted" and not known.withheld):
            return "unchanged"
        if minute < known.newest:
            return "stale"
        _touch(moved, record_id)
        self._standings[record_id] = _Standing(minute, reason="deleted")
        return "stored"

    def _move(self, moved: dict[str, None], now_us: int) -> None:
        for record_id in moved:
            self.position += 1
            self._positions[record_id] = self.position
            self._stored_us[record_id] = now_us


def _touch(moved: dict[str, None], record_id: str) -> None:
    """Notes an id as the one that changed last."""
    moved.pop(record_id, None)
    moved[record_id] = None


@dataclasses.dataclass
class Walk:
    """An importer's way through a list, each page asked after the one before was answered.

    generation: how often the importer had been rewound when its last page was answered.
    """

    list: int
    page_size: int
    by_cursor: bool
    since_us: int = 0
    generation: int = 0
    next_page: int = 1
    cursor: str = ""
    token: str = ""
    last_cursor: str = ""
    got: Held = dataclasses.field(default_factory=dict)
    over: bool = False

    def claim(self, way: str) -> dict[str, Any] | None:
        """The commit of the last page applied, where it can be named in this way."""
        if self.next_page == 1:
            return None
        if way == "page":
            if self.by_cursor:
                return None
            numbered = {"page": self.next_page - 1, "page_size": self.page_size}
            return {**numbered, "since_us": self.since_us}
        text = self.token if way == "commit_token" else self.last_cursor
        return {way: text} if text else None


@dataclasses.dataclass
class Importer:
    """Applies answers in order, keeps them for good before it commits, forgets the rest in a crash.

    served: every version of every id that any answer of the core held, wanted or not.
    The others by list. settled: walks, as (list, page_size), whose last page is confirmed, so
    that the next one begins behind it. turns: answers that were applied.
    """

    name: str
    from_commit: bool
    applied: Held = dataclasses.field(default_factory=dict)
    durable: Held = dataclasses.field(default_factory=dict)
    served: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    committed: dict[int, int] = dataclasses.field(default_factory=dict)
    generation: dict[int, int] = dataclasses.field(default_factory=dict)
    walks: dict[int, Walk | None] = dataclasses.field(default_factory=dict)
    turns: dict[int, int] = dataclasses.field(default_factory=dict)
    # Numbered requests, which a network may repeat: each once a walk.
    asked: set[Any] = dataclasses.field(default_factory=set)
    repeated: set[Any] = dataclasses.field(default_factory=set)
    settled: set[tuple[int, int]] = dataclasses.field(default_factory=set)
    # By list and generation.
    sent_commits: list[tuple[int, int, dict[str, Any]]] = dataclasses.field(default_factory=list)
    # When all was confirmed, and what was kept then.
    backups: list[tuple[int, Held]] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        for kind in (rows.RECORDS, rows.REMOVED):
            self.committed[kind] = self.generation[kind] = self.turns[kind] = 0
            self.walks[kind] = None

    def apply(self, kind: int, versions: list[tuple[str, str]]) -> None:
        """Takes a page in: puts its records, or takes its removed ones away."""
        self.turns[kind] += 1
        for record_id, version in versions:
            if kind == rows.RECORDS:
                self.applied[record_id] = version
            else:
                self.applied.pop(record_id, None)

    def begin_again(self, copy: Held) -> None:
        """Has this copy, for good, and no walk under way."""
        self.applied, self.durable = dict(copy), dict(copy)
        self.walks = dict.fromkeys(self.walks)
