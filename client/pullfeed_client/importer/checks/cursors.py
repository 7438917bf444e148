"""Cursors: given while there is more, null at the end, new on each page, fit for a URL."""

from __future__ import annotations

import re

from pullfeed_client.importer import evidence
from pullfeed_client.importer.checks import registry
from pullfeed_client.importer.checks.registry import Severity

group = registry.Group("cursors", needs=registry.READABLE)

_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")


@group.check(
    "cursor-given",
    says="A page with has_next_page true has a cursor: a text that is not empty.",
    mend="Give a cursor on every page but the last, also where the page was asked by number. A "
    "callback without cursors: --mode page.",
)
def cursor_given(case: evidence.Evidence) -> registry.Finding:
    pages = [page for page in case.walk("cursor").pages if page.is_page and page.has_next]
    for page in pages:
        if page.cursor is None:
            return registry.wrong(page)
    if not pages:
        raise evidence.Unable("the feed fits one page, so no cursor is due")
    return registry.right(pages[0], f"{len(pages)} cursors")


@group.check(
    "last-cursor-null",
    says="On the last page the cursor is null.",
    mend="Set cursor to null where has_next_page is false: importers that follow the cursor "
    "alone would never end.",
)
def last_cursor_null(case: evidence.Evidence) -> registry.Finding:
    ended = [walk.pages[-1] for walk in case.walks if walk.pages[-1].has_next is False]
    if not ended:
        raise evidence.Unable("no walk came to its last page")
    for page in ended:
        if page.meta.get("cursor") is not None:
            return registry.wrong(page)
    return registry.right(ended[0])


@group.check(
    "cursor-advances",
    says="No cursor comes twice in a walk.",
    mend="A cursor stands behind the last record of its page; compare strictly (after the last "
    "one), with the id beside the date where dates can be equal.",
    needs=("cursor-given",),
)
def cursor_advances(case: evidence.Evidence) -> registry.Finding:
    walk = case.walk("cursor")
    given: set[str] = set()
    for page in walk.pages:
        if page.cursor in given:
            return registry.wrong(page, "a cursor that an earlier page gave: the walk is a loop")
        given |= {page.cursor} if page.cursor else set()
    return registry.right(walk.pages[-1], f"{len(given)} different cursors")


@group.check(
    "cursor-url-safe",
    says="A cursor holds only A-Z a-z 0-9 - . _ ~, so that it may stand in a URL as it is.",
    mend="Encode cursors as URL-safe base64 without padding: + becomes a space in a query.",
    severity=Severity.WARNING,
    needs=("cursor-given",),
)
def cursor_url_safe(case: evidence.Evidence) -> registry.Finding:
    pages = case.walk("cursor").pages
    for page in pages:
        if page.cursor and not _UNRESERVED.fullmatch(page.cursor):
            odd = sorted(set(_UNRESERVED.sub("", page.cursor)))
            return registry.wrong(page, f"a cursor with {' '.join(odd)}")
    return registry.right(pages[0])


@group.check(
    "same-cursor-twice",
    says="A cursor can be asked for twice and brings the same page.",
    mend="Keep nothing of a cursor's use: an importer whose connection was cut asks again.",
    needs=("cursor-given",),
)
def same_cursor_twice(case: evidence.Evidence) -> registry.Finding:
    case.whole("cursor")
    case.demand_quiet()
    cursor = case.page(page=1, page_size=case.size).cursor
    if cursor is None:
        raise evidence.Unable("the feed fits one page")
    one, other = (case.page(cursor=cursor, page_size=case.size) for _ in range(2))
    return (registry.right if one.keys == other.keys else registry.wrong)(other)
