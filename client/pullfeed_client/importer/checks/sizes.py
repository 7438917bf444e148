"""page_size: honoured or refused, never clamped."""

from __future__ import annotations

from pullfeed_client.importer import evidence, seen
from pullfeed_client.importer.checks import registry

group = registry.Group("sizes", needs=(*registry.READABLE, "pages-full"))

_SMALL = (1, 2, 50)
_FAR_TOO_LARGE = 100_000


@group.check(
    "page-sizes",
    says="page_size 1, 2 and 50 bring as many records, or all where there are fewer.",
    mend="Read page_size from the query string and return exactly that many.",
)
def page_sizes(case: evidence.Evidence) -> registry.Finding:
    page = case.first
    for size in _SMALL:
        page = case.page(page=1, page_size=size)
        if not page.is_page or not _is_full(page, size):
            return registry.wrong(page)
    return registry.right(page, f"sizes {', '.join(map(str, _SMALL))} are as asked")


@group.check(
    "page-size-not-clamped",
    says="A page_size that is too large is refused with 4xx; no smaller page comes in its place.",
    mend="Answer 400 above your maximum: an importer takes a page shorter than it asked for as "
    "the last one, and loses the rest in silence.",
)
def page_size_not_clamped(case: evidence.Evidence) -> registry.Finding:
    page = case.first
    for size in (case.terms.max_page_size, _FAR_TOO_LARGE):
        page = case.page(page=1, page_size=size)
        if page.exchange.answer is None or page.exchange.status >= 500:
            return registry.wrong(page)
        if not page.is_page:
            break
        if not _is_full(page, size) or _tells_less(page, size):
            return registry.wrong(page)
    return registry.right(page)


def _is_full(page: seen.Page, size: int) -> bool:
    """Did as many records come as asked, or fewer at the end."""
    return len(page.keys) == size or (len(page.keys) < size and page.has_next is False)


def _tells_less(page: seen.Page, size: int) -> bool:
    """Does `meta` itself name a smaller page_size than was asked for."""
    told = page.meta.get("page_size")
    return isinstance(told, int) and told < size
