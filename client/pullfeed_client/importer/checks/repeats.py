"""The same asked again, in another order, at once: an importer retries and has workers."""

from __future__ import annotations

import threading
from concurrent import futures

from pullfeed_client.importer import evidence, probe, seen
from pullfeed_client.importer.checks import registry

group = registry.Group("repeats", needs=registry.READABLE)

_AT_ONCE = 4


@group.check(
    "same-page-twice",
    says="A page asked twice brings the same records.",
    mend="Order by something that is never equal and never changes by reading (a change number, "
    "or date and id), and keep nothing of what was read.",
)
def same_page_twice(case: evidence.Evidence) -> registry.Finding:
    case.demand_quiet()
    number = _some_pages(case)[0]
    one, other = (case.page(page=number, page_size=case.size) for _ in range(2))
    return (registry.right if one.keys == other.keys else registry.wrong)(other)


@group.check(
    "pages-out-of-order",
    says="Pages asked backward bring what they brought in order (in a feed that rests).",
    mend="Let each request say by itself which records it means.",
)
def pages_out_of_order(case: evidence.Evidence) -> registry.Finding:
    case.demand_quiet()
    walk, page = case.whole("page"), case.first
    for number in reversed(_some_pages(case)):
        page = case.page(page=number, page_size=case.size)
        if page.keys != walk.pages[number - 1].keys:
            return registry.wrong(page, f"{page.came}: not page {number} of the walk")
    return registry.right(page)


@group.check(
    "pages-in-parallel",
    says="Pages asked at once over several connections bring what they brought one by one.",
    mend="Serve several connections at a time, and share nothing between requests.",
)
def pages_in_parallel(case: evidence.Evidence) -> registry.Finding:
    case.demand_quiet()
    walk, numbers = case.whole("page"), _some_pages(case)
    pages = _at_once(case, numbers)
    for number, page in zip(numbers, pages, strict=True):
        if page.keys != walk.pages[number - 1].keys:
            return registry.wrong(page, f"{page.came}: not page {number} of the walk")
    return registry.right(pages[-1], f"{len(pages)} pages at once, as in the walk")


def _some_pages(case: evidence.Evidence) -> list[int]:
    """Numbers of pages from the second on. Raises Unable where there is one page only."""
    count = len(case.whole("page").pages)
    if count < 2:
        raise evidence.Unable("the feed fits one page")
    return list(range(2, min(count, _AT_ONCE + 1) + 1))


def _at_once(case: evidence.Evidence, numbers: list[int]) -> list[seen.Page]:
    ways = [case.way.another() for _ in numbers]
    ready = threading.Barrier(len(ways))

    def ask(way: probe.Probe, number: int) -> seen.Page:
        way.connect()
        ready.wait()
        return case.send(case.request(page=number, page_size=case.size), way)

    with futures.ThreadPoolExecutor(len(ways)) as workers:
        try:
            return list(workers.map(ask, ways, numbers))
        finally:
            for way in ways:
                way.close()
