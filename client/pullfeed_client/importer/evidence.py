"""What the checks look at: each page and walk is asked for once, when the first check needs it."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable, Iterator
from typing import Any, Literal
from urllib import parse

from pullfeed_client.importer import contract, probe, seen

Mode = Literal["cursor", "page"]


class Unable(Exception):
    """A check cannot run; the text says why, and what would let it."""


@dataclasses.dataclass(frozen=True)
class Terms:
    """How to ask. page_size: of the walks, smaller where the feed is small.

    max_pages: where a walk is broken off. max_page_size: the largest that is asked
    for. foreign_shop: one that exists and that the key must not see. empty_shop:
    one without records. disturb: changes a record, called in the middle of a walk.
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
        """One walk in each mode, and one more as the first: what changed meanwhile shows.

        The middle of the second one is disturbed, where that is asked for.
        """
        ordered = (*self.terms.modes, self.terms.modes[0])
        return tuple(self._walk(mode, disturbed=at == 1) for at, mode in enumerate(ordered))

    def walk(self, mode: Mode) -> Walk:
        """The first walk in a mode. Raises Unable where the mode is left out."""
        if mode not in self.terms.modes:
            raise Unable(f"left out by --mode {self.terms.modes[0]}")
        return next(walk for walk in self.walks if walk.mode == mode)

    def whole(self, mode: Mode) -> Walk:
        """The walk where it came to its end. Raises Unable where it did not."""
        walk = self.walk(mode)
        if walk.broken:
            raise Unable(f"the walk by {mode} did not come to its end: {walk.broken}")
        return walk

    @property
    def any_whole(self) -> Walk:
        """The walk by page number, else by cursor. Raises Unable where neither ended."""
        return self.whole("page" if "page" in self.terms.modes else "cursor")

    @functools.cached_property
    def is_quiet(self) -> bool:
        """Did the first and the last walk bring the same. Raises Unable where one broke off."""
        before, after = self.walks[0], self.walks[-1]
        for walk in (before, after):
            if walk.broken:
                raise Unable(f"a walk by {walk.mode} did not come to its end: {walk.broken}")
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
    def violations(self) -> dict[str, list[tuple[str, str]]]:
        """By rule, the id and the field of each record that breaks it."""
        found: dict[str, list[tuple[str, str]]] = {}
        for page in self.walk(self.terms.modes[-1]).pages:
            for record in seen.records(page.exchange):
                name = _shown(record.get(self.scope.id_field))
                for broken in contract.violations(self.scope, record):
                    found.setdefault(broken.rule, []).append((name, broken.field))
        return found

    def _walk(self, mode: Mode, *, disturbed: bool) -> Walk:
        walk = Walk(mode, self.size, [])
        for page in self._pages(walk):
            walk.pages.append(page)
            if disturbed and self.terms.disturb and len(walk.pages) == 2:
                self.terms.disturb()
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
