"""What is measured in which order.

Every round asks every server before the next one begins, so that a slow minute
of the machine hits all of them.
"""

from __future__ import annotations

import collections
import functools
import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from bench import measure, subject

CRAWL_SIZE = 250
SECONDS = 0.3
CRAWL, SECOND_PAGE, LAST_PAGE = "crawl, s", "second page, ms", "last page, ms"


class Cell(NamedTuple):
    """A column of page rates."""

    size: int
    connections: int

    @property
    def title(self) -> str:
        """Records a page, and connections."""
        return f"{self.size} x {self.connections}"


CELLS = tuple(Cell(size, connections) for size in (50, 250, 1000) for connections in (1, 4))


class Figures:
    """Every figure by server and column, one of each round."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], list[float]] = collections.defaultdict(list)

    def add(self, name: str, column: str, figure: float) -> None:
        """Keeps the figure of the round under way."""
        self._found[name, column].append(figure)

    def median(self, name: str, column: str) -> float:
        """The median of the rounds."""
        return statistics.median(self._found[name, column])

    def ratio(self, name: str, column: str, to: str, to_column: str = "") -> float:
        """The median of what each round found as the ratio to another server or column."""
        pairs = zip(self._found[name, column], self._found[to, to_column or column], strict=True)
        return statistics.median(one / other for one, other in pairs)

    def all(self) -> dict[str, dict[str, list[float]]]:
        """Every figure by server and column."""
        named: dict[str, dict[str, list[float]]] = collections.defaultdict(dict)
        for (name, column), found in self._found.items():
            named[name][column] = found
        return named


class Plan(NamedTuple):
    """paged: asked for single pages. crawled: walked as a whole as well."""

    paged: Sequence[subject.Subject]
    crawled: Sequence[subject.Subject]
    customers: int

    def steps(self, figures: Figures) -> Iterator[Callable[[], None]]:
        """One round, a step for each figure."""
        for cell in CELLS:
            for measured in self.paged:
                yield functools.partial(_pages, measured, cell, figures)
        for measured in self.crawled:
            yield functools.partial(_crawl, measured, self.customers, figures)


def _pages(measured: subject.Subject, cell: Cell, figures: Figures) -> None:
    path = measure.second_page(measured, cell.size).path
    rate = measure.rate(measured, path, cell.connections, cell.size, SECONDS)
    figures.add(measured.name, cell.title, rate.pages_per_s)


def _crawl(measured: subject.Subject, count: int, figures: Figures) -> None:
    """A whole walk, and then how long its second and its last page take."""
    walked = measure.crawl(measured, CRAWL_SIZE, count)
    figures.add(measured.name, CRAWL, walked.seconds)
    rest = count % CRAWL_SIZE or CRAWL_SIZE
    for column, path, records in (
        (SECOND_PAGE, measure.second_page(measured, CRAWL_SIZE).path, CRAWL_SIZE),
        (LAST_PAGE, walked.last_path, rest),
    ):
        rate = measure.rate(measured, path, 1, records, SECONDS)
        figures.add(measured.name, column, statistics.median(rate.latencies_s) * 1000)
