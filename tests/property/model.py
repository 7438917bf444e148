"""What a feed and an importer are meant to be, said a second time and without a database."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

# id → the version of it that stands in the feed.
Held: TypeAlias = dict[str, str]


class Put(NamedTuple):
    """One version of one id. minute: its last_modified_date, None where it has none."""

    id: str
    version: str
    minute: int | None
    valid: bool = True


@dataclasses.dataclass
class _Standing:
    newest: float = float("-inf")
    version: str | None = None
    put_minute: int | None = None
    withheld: bool = False
    deleted: bool = False


class Feed:
    """The records of one shop, by the words of the design."""

    def __init__(self) -> None:
        self._standings: dict[str, _Standing] = {}
        self._positions: dict[str, int] = {}
        self.position = 0

    def put(self, batch: Iterable[Put]) -> list[str]:
        """What must become of each, one after the other."""
        moved: dict[str, None] = {}
        outcomes = [self._put(put, moved) for put in batch]
        self._move(moved)
        return outcomes

    def delete(self, ids: Iterable[str], minute: int) -> list[str]:
        moved: dict[str, None] = {}
        outcomes = [self._delete(record_id, minute, moved) for record_id in ids]
        self._move(moved)
        return outcomes

    def in_order(self) -> list[tuple[str, str]]:
        """The feed as it must be handed out, oldest change first."""
        return sorted(self.held().items(), key=lambda item: self._positions[item[0]])

    def last_put(self, record_id: str) -> Put | None:
        """The version that stands in the feed, to be put once more."""
        known = self._standings.get(record_id)
        if known is None or known.version is None:
            return None
        return Put(record_id, known.version, known.put_minute)

    def held(self, up_to: int | None = None) -> Held:
        """What an importer must hold that was given everything up to a position."""
        return {
            record_id: standing.version
            for record_id, standing in self._standings.items()
            if standing.version is not None
            and (up_to is None or self._positions[record_id] <= up_to)
        }

    def withheld(self) -> set[str]:
        return {record_id for record_id, known in self._standings.items() if known.withheld}

    def _put(self, put: Put, moved: dict[str, None]) -> str:
        known = self._standings.setdefault(put.id, _Standing())
        minute = known.newest if put.minute is None else put.minute
        if minute < known.newest:
            return "stale"
        if not put.valid:
            if known.version is not None:
                _touch(moved, put.id)
                known.deleted = False
            known.newest, known.version, known.withheld = minute, None, True
            return "withheld"
        if not known.withheld and (known.version, known.put_minute) == (put.version, put.minute):
            return "unchanged"
        _touch(moved, put.id)
        self._standings[put.id] = _Standing(minute, put.version, put.minute)
        return "stored"

    def _delete(self, record_id: str, minute: int, moved: dict[str, None]) -> str:
        known = self._standings.get(record_id)
        if known is None or (known.deleted and not known.withheld):
            return "unchanged"
        if minute < known.newest:
            return "stale"
        _touch(moved, record_id)
        self._standings[record_id] = _Standing(minute, deleted=True)
        return "stored"

    def _move(self, moved: dict[str, None]) -> None:
        for record_id in moved:
            self.position += 1
            self._positions[record_id] = self.position


def _touch(moved: dict[str, None], record_id: str) -> None:
    """Notes an id as the one that changed last."""
    moved.pop(record_id, None)
    moved[record_id] = None


@dataclasses.dataclass
class Walk:
    """An importer's way through the feed, each page asked after the one before was answered."""

    page_size: int
    by_cursor: bool
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
            return {"page": self.next_page - 1, "page_size": self.page_size}
        text = self.token if way == "commit_token" else self.last_cursor
        return {way: text} if text else None


@dataclasses.dataclass
class Importer:
    """Applies answers in order, keeps them for good before it commits, forgets the rest in a crash.

    served: every version of every id that any answer of the core held, wanted or not.
    """

    name: str
    from_commit: bool
    applied: Held = dataclasses.field(default_factory=dict)
    durable: Held = dataclasses.field(default_factory=dict)
    served: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    committed: int = 0
    walk: Walk | None = None
    # (page, page_size) of numbered requests, which a network may repeat: each once a walk.
    asked: set[tuple[int, int]] = dataclasses.field(default_factory=set)
    repeated: set[tuple[int, int]] = dataclasses.field(default_factory=set)
    sent_commits: list[dict[str, Any]] = dataclasses.field(default_factory=list)
