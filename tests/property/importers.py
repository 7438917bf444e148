"""An importer as it is meant to be, and its way through a list."""

from __future__ import annotations

import collections
import dataclasses
from typing import Any, NamedTuple

from tests.property import lines, model

from pullfeed_server.store import rows

BY_IMPORTER, BY_NEXT_PAGE, BY_NOTIFY = WAYS = ("importer", "next_page", "notify")

# Importers that confirm by asking and might lose something: how many did (True), or did not.
LOST: collections.Counter[bool] = collections.Counter()


class Page(NamedTuple):
    """A page as the core counts it: a notice is told of each once."""

    list: int
    walk: int
    page: int


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
    got: model.Held = dataclasses.field(default_factory=dict)
    over: bool = False
    # The last page asked, and the last one committed by its number.
    asked: int = 0
    claimed: int = 0

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
    way: str = BY_IMPORTER
    applied: model.Held = dataclasses.field(default_factory=dict)
    durable: model.Held = dataclasses.field(default_factory=dict)
    served: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    committed: dict[int, int] = dataclasses.field(default_factory=dict)
    generation: dict[int, int] = dataclasses.field(default_factory=dict)
    walks: dict[int, Walk | None] = dataclasses.field(default_factory=dict)
    turns: dict[int, int] = dataclasses.field(default_factory=dict)
    # What each answered request was a page of, and which of these pages were taken in,
    # and are kept for good.
    pages: dict[int, Page] = dataclasses.field(default_factory=dict)
    read: set[Page] = dataclasses.field(default_factory=set)
    kept: set[Page] = dataclasses.field(default_factory=set)
    lines: dict[int, lines.Line[Page]] = dataclasses.field(default_factory=dict)
    # How reports of handed over answers fare: "once", "twice", "late" or "lost".
    reports: str = "once"
    # An answer was lost or late, or the importer died.
    is_cut: bool = False
    # Numbered requests, which a network may repeat: each once a walk.
    asked: set[Any] = dataclasses.field(default_factory=set)
    repeated: set[Any] = dataclasses.field(default_factory=set)
    # Those of them that were not asked in the walk under way.
    strays: set[Any] = dataclasses.field(default_factory=set)
    settled: set[tuple[int, int]] = dataclasses.field(default_factory=set)
    # By list and generation.
    sent_commits: list[tuple[int, int, dict[str, Any]]] = dataclasses.field(default_factory=list)
    # When all was confirmed, and what was kept then.
    backups: list[tuple[int, model.Held]] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        for kind in (rows.RECORDS, rows.REMOVED):
            self.committed[kind] = self.generation[kind] = self.turns[kind] = 0
            self.walks[kind] = None
            self.lines[kind] = lines.Line()

    def apply(self, page: Page, versions: list[tuple[str, str]]) -> None:
        """Takes a page in: puts its records, or takes its removed ones away."""
        self.turns[page.list] += 1
        self.read.add(page)
        for record_id, version in versions:
            if page.list == rows.RECORDS:
                self.applied[record_id] = version
            else:
                self.applied.pop(record_id, None)

    def keep(self) -> None:
        """Has for good what was applied so far."""
        self.durable, self.kept = dict(self.applied), set(self.read)

    def die(self) -> None:
        """Forgets what was not kept."""
        self.is_cut = True
        self.begin_again(self.durable)

    def begin_again(self, copy: model.Held) -> None:
        """Has this copy, for good, and no walk under way."""
        self.applied, self.durable = dict(copy), dict(copy)
        self.read = set(self.kept)
        self.walks = dict.fromkeys(self.walks)
