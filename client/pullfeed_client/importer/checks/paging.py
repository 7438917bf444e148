"""Pages of a walk: full, to an end that is told exactly, and nothing behind it."""

from __future__ import annotations

import itertools

from pullfeed_client.importer import evidence, seen
from pullfeed_client.importer.checks import registry

group = registry.Group("paging", needs=registry.READABLE)

_JUMP = 500


@group.check(
    "pages-full",
    says="Every page with has_next_page true has exactly page_size records.",
    mend="Filter records before the page is cut, never after: importers take a short page for "
    "the end and lose the rest in silence.",
)
def pages_full(case: evidence.Evidence) -> registry.Finding:
    for walk in case.walks:
        for page in walk.pages:
            if page.is_page and page.has_next and len(page.keys) != walk.size:
                return registry.wrong(page, f"{len(page.keys)} records, has_next_page true")
    page = case.walks[0].pages[0]
    return registry.right(page, f"{len(case.seen_pages)} pages are full up to the last one")


@group.check(
    "pages-advance",
    says="page=n+1 brings what follows page n.",
    mend="Read `page` from the query string, not from the body; count it from 1.",
)
def pages_advance(case: evidence.Evidence) -> registry.Finding:
    pages = case.walk("page").pages
    for before, page in itertools.pairwise(pages):
        if page.keys and page.keys == before.keys:
            return registry.wrong(page, "the records of the page before, once more")
    return registry.right(pages[-1], f"{len(pages)} pages, each different from the one before")


@group.check(
    "has-next-page-exact",
    says="has_next_page is false on the last page, though it is full, and on no page before.",
    mend="Read page_size + 1 rows and return page_size: the extra one tells whether there is "
    "more. len(data) == page_size does not, and a count goes stale.",
    needs=("pages-full",),
)
def has_next_page_exact(case: evidence.Evidence) -> registry.Finding:
    walk = case.any_whole
    case.demand_quiet()
    told_early = _more_after(case, walk)
    if told_early:
        return told_early
    page = _full_last_page(case, walk)
    if page.has_next is not False:
        return registry.wrong(page, f"{page.came}: these were the last of {len(walk.keys)}")
    return registry.right(page)


@group.check(
    "past-end-answered",
    says="A page past the end is answered with HTTP 200: it is no error.",
    mend="Answer 200 with an empty list: an importer may ask one page too many.",
)
def past_end_answered(case: evidence.Evidence) -> registry.Finding:
    page = _past_end(case)
    return (registry.right if page.exchange.status == 200 else registry.wrong)(page)


@group.check(
    "past-end-empty",
    says="A page past the end is empty.",
    mend="Do not bring a page number that is too large back to the last page: an importer that "
    "stops at an empty page would never stop.",
    needs=("past-end-answered",),
)
def past_end_empty(case: evidence.Evidence) -> registry.Finding:
    page = _past_end(case)
    known = set(case.whole("page").keys)
    repeated = sum(key in known for key in page.keys)
    # What was not there before is a change that came meanwhile, or has-next-page-exact's to say.
    if repeated:
        return registry.wrong(page, f"{repeated} records that an earlier page brought")
    return registry.right(page)


@group.check(
    "past-end-ends",
    says="A page past the end has has_next_page false and cursor null.",
    mend="An empty page has nothing behind it: has_next_page false, cursor null.",
    needs=("past-end-answered", "past-end-empty"),
)
def past_end_ends(case: evidence.Evidence) -> registry.Finding:
    page = _past_end(case)
    if page.keys:
        raise evidence.Unable("records came while it was asked for")
    is_end = page.has_next is False and page.meta.get("cursor") is None
    return (registry.right if is_end else registry.wrong)(page)


@group.check(
    "empty-feed",
    says="A feed without records is one empty page: data [], has_next_page false, cursor null.",
    mend="Answer a shop that has no records with HTTP 200 and an empty page, not with an error.",
)
def empty_feed(case: evidence.Evidence) -> registry.Finding:
    page = case.first
    if page.keys:
        if not case.terms.empty_shop:
            raise evidence.Unable("the feed has records; name a shop without any: --empty-shop")
        page = case.send(case.request(shop=case.terms.empty_shop, page=1, page_size=50))
    is_empty = page.is_page and not page.keys
    is_end = page.has_next is False and page.meta.get("cursor") is None
    return (registry.right if is_empty and is_end else registry.wrong)(page)


def _past_end(case: evidence.Evidence) -> seen.Page:
    """The page after the last one of the walk by page number."""
    walk = case.whole("page")
    return case.once(case.request(page=len(walk.pages) + 1, page_size=walk.size))


def _more_after(case: evidence.Evidence, walk: evidence.Walk) -> registry.Finding | None:
    """A finding where records come after has_next_page was false."""
    if walk.mode != "page":
        return None
    page = _past_end(case)
    fresh = set(page.keys) - set(walk.keys)
    if not page.is_page or not fresh:
        return None
    return registry.wrong(page, f"{len(fresh)} records after a page with has_next_page false")


def _full_last_page(case: evidence.Evidence, walk: evidence.Walk) -> seen.Page:
    """A last page that is full. Raises Unable where none can be made."""
    count = len(walk.keys)
    if not count:
        raise evidence.Unable("the feed has no records")
    if walk.mode == "page":
        size = max(size for size in range(1, walk.size + 1) if count % size == 0)
        if count // size <= _JUMP:
            page = case.page(page=count // size, page_size=size)
            if page.is_page:
                return page
    if "cursor" not in case.terms.modes or len(walk.pages) < 2:
        raise evidence.Unable(f"{count} records cannot be cut into full pages")
    by_cursor = case.whole("cursor").pages
    rest = len(by_cursor[-1].keys)
    return case.page(cursor=by_cursor[-2].cursor, page_size=rest)
