"""Servers with one fault about pages and their end, sizes, walks and repeats."""

from __future__ import annotations

import dataclasses
from typing import Any

from tests.conformance.right_records import Fields
from tests.conformance.right_server import Ask, Callback, Refuse, Reply

Feed = dict[int, Fields]


class ShortPages(Callback):
    """Filters records after the page is cut."""

    fails = "pages-full"

    def envelope(self, envelope: Fields) -> Fields:
        kept = [row for row in envelope["data"] if not row["customer_id"].endswith("7")]
        return envelope | {"data": kept}


class IgnoredPage(Callback):
    """Serves the first page whatever page is asked for."""

    fails = "pages-advance"

    def after(self, ask: Ask, feed: Feed, number: int, size: int) -> int:
        return super().after(ask, feed, number if "cursor" in ask.query else 1, size)


class HasNextFromLength(Callback):
    """Takes a full page for a sign that there is more."""

    fails = "has-next-page-exact"

    def has_next(self, following: list[int], size: int) -> bool:
        return len(following) >= size and len(following) > 0


class HasNextFromStaleCount(Callback):
    """Tells the end by a count that was taken before the last records came."""

    fails = "has-next-page-exact"

    def has_next(self, following: list[int], size: int) -> bool:
        return len(following) - 10 > size


class NotFoundPastTheEnd(Callback):
    """Answers a page past the end with 404."""

    fails = "past-end-answered"

    def page(self, ask: Ask, feed: Feed) -> Reply:
        number = self.number(ask.query.get("page", "1"), "page")
        after = self.after(ask, feed, number, self.size(ask))
        if feed and after >= max(feed):
            raise Refuse(404, "PAGE_NOT_FOUND", "There is no such page.")
        return super().page(ask, feed)


class LastPageOnceMore(Callback):
    """Brings a page number past the end back to the last page."""

    fails = "past-end-empty"

    def after(self, ask: Ask, feed: Feed, number: int, size: int) -> int:
        after = super().after(ask, feed, number, size)
        is_past = feed and after >= max(feed)
        return self.counted(feed, (len(feed) - 1) // size * size) if is_past else after


class MorePastTheEnd(Callback):
    """Says has_next_page on the empty page past the end."""

    fails = "past-end-ends"

    def envelope(self, envelope: Fields) -> Fields:
        meta = envelope["meta"]
        meta["has_next_page"] |= meta["page"] > 1 and not envelope["data"]
        return envelope


class EmptyShopIsAnError(Callback):
    """Takes a shop without records for one that is not there."""

    fails = "empty-feed"

    def page(self, ask: Ask, feed: Feed) -> Reply:
        if not feed:
            raise Refuse(404, "NO_RECORDS", "There are no records.")
        return super().page(ask, feed)


class OtherSizes(Callback):
    """Rounds a page_size down to tens."""

    fails = "page-sizes"

    def size(self, ask: Ask) -> int:
        size = super().size(ask)
        return size if size == 2 or size >= 10 else 10


class ClampedSize(Callback):
    """Serves 60 records where more are asked for."""

    fails = "page-size-not-clamped"

    def size(self, ask: Ask) -> int:
        return min(self.number(ask.query.get("page_size", "50"), "page_size"), 60)


class JoinedTwice(Callback):
    """A join doubles one record."""

    fails = "no-id-twice"

    def __init__(self) -> None:
        super().__init__()
        for feed in self.feeds.values():
            feed[len(feed) + 1] = feed[1]


class FewerByNumber(Callback):
    """Its page numbers end at record 100, its cursors do not."""

    fails = "modes-agree"

    def page(self, ask: Ask, feed: Feed) -> Reply:
        if "cursor" not in ask.query:
            feed = {position: feed[position] for position in feed if position <= 100}
        return super().page(ask, feed)


class OffsetDrift(Callback):
    """Pages by OFFSET: what leaves in front shifts what comes behind."""

    fails = "complete-under-writes"
    is_disturbed = True

    def after(self, ask: Ask, feed: Feed, number: int, size: int) -> int:
        self.marks.clear()
        return super().after(ask, feed, number, size)


class NextPageOnRepeat(Callback):
    """Takes the same page asked twice in a row for a wish for another one."""

    fails = "same-page-twice"
    first = 2

    def __init__(self) -> None:
        super().__init__()
        self._last: tuple[object, dict[str, str]] = (None, {})

    def page(self, ask: Ask, feed: Feed) -> Reply:
        number = self.number(ask.query.get("page", "1"), "page")
        is_repeated = (ask.peer, ask.query) == self._last and number >= self.first
        self._last = ask.peer, ask.query
        if is_repeated:
            ask = dataclasses.replace(ask, query={**ask.query, "page": "1"})
        return super().page(ask, feed)


class NextPageOnLateRepeat(NextPageOnRepeat):
    """The same, but only from page 7 on."""

    fails = "complete-under-faults"
    first = 7


class DeepPagesInOrderOnly(Callback):
    """Serves page 7 to 11 right after the page before only."""

    fails = "complete-in-any-order"

    def __init__(self) -> None:
        super().__init__()
        self._last = 0

    def page(self, ask: Ask, feed: Feed) -> Reply:
        if "page" in ask.query:
            number, last = self.number(ask.query["page"], "page"), self._last
            self._last = number
            if 7 <= number <= 11 and number - last not in (0, 1):
                raise Refuse(409, "PAGE_PASSED", "Ask for the page before it first.")
        return super().page(ask, feed)


class AscendingOnly(Callback):
    """Remembers how far a walk came and refuses what lies behind it."""

    fails = "pages-out-of-order"

    def __init__(self) -> None:
        super().__init__()
        self._reached: dict[int, int] = {}

    def page(self, ask: Ask, feed: Feed) -> Reply:
        size, number = self.size(ask), self.number(ask.query.get("page", "1"), "page")
        if 1 < number < self._reached.get(size, 0) and len(self.live) == 1:
            raise Refuse(409, "PAGE_PASSED", "That page was passed already.")
        self._reached[size] = number
        return super().page(ask, feed)


class OneConnection(Callback):
    """Serves one connection and turns away the others."""

    fails = "pages-in-parallel"

    def answer(self, ask: Ask) -> Reply:
        if ask.peer != self.live[0]:
            return self.refusal(Refuse(409, "BUSY", "Another connection is open."))
        return super().answer(ask)


class SlowPage(Callback):
    """Takes eleven seconds for one page."""

    fails = "time-budget"

    def page(self, ask: Ask, feed: Feed) -> Reply:
        self.now += 11.0 if ask.query.get("page") == "4" else 0.0
        return super().page(ask, feed)


class DeepIsSlow(Callback):
    """Counts its way to every page."""

    fails = "depth-is-free"

    def after(self, ask: Ask, feed: Feed, number: int, size: int) -> int:
        after: int = super().after(ask, feed, number, size)
        self.now += after / 100
        return after


SERVERS: tuple[type[Any], ...] = tuple(
    found
    for found in dict(globals()).values()
    if isinstance(found, type) and "fails" in vars(found)
)
