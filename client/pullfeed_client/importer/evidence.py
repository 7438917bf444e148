"""What the checks look at: each page and walk is asked for once, when the first check needs it."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib import parse

from pullfeed_client.importer import contract, probe, seen
from pullfeed_client.importer.walk import Mode


class Unable(Exception):
    """A check cannot run; the text says why, and what would let it."""


@dataclasses.dataclass(frozen=True)
class Terms:
    """How to ask. page_size: of the walks, smaller where the feed is small.

    max_pages: where a walk is broken off. max_page_size: the largest that is asked
    for. foreign_shop: one that exists and that the key must not see. empty_shop:
    one without records. disturb: changes a record, called in the middle of walks.
    faults: the seed of the faults to make; None makes none.
    """

    shop: str
    key: str = ""
    modes: tuple[Mode, ...] = ("cursor", "page")
    page_size: int = 50
    max_pages: int = 1000
    max_page_size: int = 1000
    budget_s: float = 10.0
    is_read_only: bool = False
    foreign_shop: str = ""
    empty_shop: str = ""
    disturb: Callable[[], None] | None = None
    faults: int | None = None


@dataclasses.dataclass(frozen=True)
class Walk:
    """The pages of a walk. broken: why it did not come to its end; "" where it did."""

    mode: Mode
    size: int
    pages: list[seen.Page]
    broken: str = ""

    @property
    def keys(self) -> list[seen.Key]:
        return [key for page in self.pages for key in page.keys]


class Violation(NamedTuple):
    """A record that breaks a rule: its page, its id as it may be shown, the field's path."""

    page: seen.Page
    id: str
    field: str


class Evidence:
    """One scope of one callback, and what was seen of it."""

    def __init__(self, way: probe.Probe, scope: contract.Scope, terms: Terms) -> None:
        self.way = way
        self.scope = scope
        self.terms = terms
        self._asked: dict[probe.Request, seen.Page] = {}

    def request(self, path: str = "", *, shop: str = "", **query: object) -> probe.Request:
        """A request as an importer sends it. path: below the scope's own."""
        asked = f"?{parse.urlencode(query)}" if query else ""
        body = json.dumps({"shop": shop or self.terms.shop}).encode()
        return probe.Request(f"{self.scope.path}{path}{asked}", body, self.terms.key)

    def page(self, **query: Any) -> seen.Page:
        """A page, asked for now."""
        return self.send(self.request(**query))

    def send(self, request: probe.Request, way: probe.Probe | None = None) -> seen.Page:
        """The page that a request brings."""
        return seen.page((way or self.way).send(request), self.scope.id_field)

    def once(self, request: probe.Request) -> seen.Page:
        """The page that a request brought when it was sent first."""
        if request not in self._asked:
            self._asked[request] = self.send(request)
        return self._asked[request]

    @functools.cached_property
    def first(self) -> seen.Page:
        return self.page(page=1, page_size=self.terms.page_size)

    @functools.cached_property
    def size(self) -> int:
        """The walks' page size: a feed that fits one page is cut into some more."""
        count = len(self.first.keys)
        return self.terms.page_size if self.first.has_next else max(1, count // 4)

    @functools.cached_property
    def walks(self) -> tuple[Walk, ...]:
        """Three walks, both modes among them; the last as the first: what changed shows."""
        modes = self.terms.modes
        return tuple(map(self._walk, (modes[0], modes[-1], modes[0])))

    @functools.cached_property
    def disturbed_walks(self) -> tuple[Walk, ...]:
        """The same once more; in the middle of all but the first and the last something changes.

        The walks themselves, where nothing is there to disturb them.
        """
        disturb = self.terms.disturb
        if disturb is None:
            return self.walks
        first = self.terms.modes[0]
        between = [self._walk(mode, disturb) for mode in self.terms.modes]
        return (self.walks[-1], *between, self._walk(first))

    def walk(self, mode: Mode) -> Walk:
        """The first walk in a mode. Raises Unable where the mode is left out."""
        if mode not in self.terms.modes:
            raise Unable(f"left out by --mode {self.terms.modes[0]}")
        return next(walk for walk in self.walks if walk.mode == mode)

    def walk_now(self) -> Walk:
        """One more walk. Raises Unable where it did not come to its end."""
        walk = self._walk(self.terms.modes[0])
        demand_end(walk)
        return walk

    def whole(self, mode: Mode) -> Walk:
        """The walk where it came to its end. Raises Unable where it did not."""
        walk = self.walk(mode)
        demand_end(walk)
        return walk

    @property
    def any_whole(self) -> Walk:
        """The walk by page number, else by cursor. Raises Unable where neither ended."""
        return self.whole("page" if "page" in self.terms.modes else "cursor")

    @functools.cached_property
    def is_quiet(self) -> bool:
        """Did the first and the last walk bring the same. Raises Unable where one broke off."""
        before, after = self.walks[0], self.walks[-1]
        demand_end(before)
        demand_end(after)
        return set(before.keys) == set(after.keys)

    def demand_quiet(self) -> None:
        """Raises Unable where the feed changes while it is checked."""
        if not self.is_quiet:
            raise Unable("the feed changed while it was walked; check again while it is quiet")

    @functools.cached_property
    def seen_pages(self) -> list[seen.Page]:
        """The pages of all walks."""
        return [page for walk in self.walks for page in walk.pages]

    @functools.cached_property
    def violations(self) -> dict[str, list[Violation]]:
        """The records that break a rule, by rule."""
        found: dict[str, list[Violation]] = {}
        for page in self.walk(self.terms.modes[-1]).pages:
            for record in seen.records(page.exchange):
                name = _shown(record.get(self.scope.id_field))
                for broken in contract.violations(self.scope, record):
                    found.setdefault(broken.rule, []).append(Violation(page, name, broken.field))
        return found

    def _walk(self, mode: Mode, disturb: Callable[[], None] | None = None) -> Walk:
        walk = Walk(mode, self.size, [])
        for page in self._pages(walk):
            walk.pages.append(page)
            if disturb and len(walk.pages) == 2:
                disturb()
        return dataclasses.replace(walk, broken=_why_broken(walk, self.terms.max_pages))

    def _pages(self, walk: Walk) -> Iterator[seen.Page]:
        """Asks on until a page is the last one, or cannot be followed."""
        query: dict[str, Any] = {"page": 1}
        for number in range(2, self.terms.max_pages + 2):
            page = self.page(**query, page_size=walk.size)
            yield page
            if not page.is_page or not page.has_next or _is_loop(walk):
                return
            if walk.mode == "cursor" and page.cursor is None:
                return
            query = {"page": number} if walk.mode == "page" else {"cursor": page.cursor}


def demand_end(walk: Walk) -> None:
    """Raises Unable where a walk did not come to its end."""
    if walk.broken:
        raise Unable(f"a walk by {walk.mode} did not come to its end: {walk.broken}")


def _is_loop(walk: Walk) -> bool:
    last, earlier = walk.pages[-1], walk.pages[:-1]
    if walk.mode == "cursor":
        return any(page.cursor == last.cursor for page in earlier)
    return bool(last.keys) and any(page.keys == last.keys for page in earlier[-1:])


def _why_broken(walk: Walk, max_pages: int) -> str:
    last = walk.pages[-1]
    if not last.is_page:
        return f"page {len(walk.pages)} was answered with {last.came}"
    if last.has_next is False:
        return ""
    if last.has_next is None:
        return f"page {len(walk.pages)} has no boolean has_next_page"
    if _is_loop(walk):
        return f"page {len(walk.pages)} led back to where the walk was before"
    if walk.mode == "cursor" and last.cursor is None:
        return f"page {len(walk.pages)} says that there is more and gives no cursor"
    return f"it was broken off after {max_pages} pages; --max-pages takes more"


def _shown(record_id: Any) -> str:
    """An id as it may be printed: a long or broken one is cut."""
    text = record_id if isinstance(record_id, str) else json.dumps(record_id)
    return text if len(text) <= 40 and text.isprintable() else f"{text[:40]!r}…"
