"""The two measurements: one page asked for again and again, and a whole crawl."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from concurrent import futures
from typing import NamedTuple

import orjson

from bench import shop, subject

START_S = 30.0


class Crawl(NamedTuple):
    """A whole walk. last_path: asks for its last page once more."""

    seconds: float
    last_path: str


class Rate(NamedTuple):
    """One page, asked for again and again. latencies_s: of each answer."""

    pages_per_s: float
    latencies_s: list[float]


def second_page(measured: subject.Subject, size: int) -> subject.Page:
    """Page 2, with page 1 asked for before it, as a walk does."""
    client = measured.connect()
    _, page = itertools.islice(measured.walk(client, size), 2)
    client.close()
    return page


def crawl(measured: subject.Subject, size: int, count: int) -> Crawl:
    """Walks the whole shop. Raises Wrong unless every customer came exactly once."""
    client = measured.connect()
    begun = time.perf_counter()
    pages = list(measured.walk(client, size))
    took = time.perf_counter() - begun
    client.close()
    _verify(measured, pages, count)
    return Crawl(took, pages[-1].path)


def rate(
    measured: subject.Subject, path: str, connections: int, records: int, seconds: float
) -> Rate:
    """Asks for a page on some connections at once. Raises Wrong unless all answers hold it."""
    # All connections begin together, once each has had the page.
    start = threading.Barrier(connections)
    with futures.ThreadPoolExecutor(connections) as threads:
        asked = [
            threads.submit(_repeat, measured, path, records, start, seconds)
            for _ in range(connections)
        ]
        latencies = [one.result() for one in asked]
    pages_per_s = sum(len(each) / sum(each) for each in latencies)
    return Rate(pages_per_s, [latency for each in latencies for latency in each])


def _repeat(
    measured: subject.Subject, path: str, records: int, start: threading.Barrier, seconds: float
) -> list[float]:
    """How long each answer took on one connection."""
    client = measured.connect()
    first = subject.fetch(client, path)
    if len(ids(first)) != records:
        raise subject.Wrong(f"{measured.name} {path}: {len(ids(first))} records")
    latencies: list[float] = []
    start.wait(START_S)
    begun = time.perf_counter()
    until = begun + seconds
    while begun < until:
        page = subject.fetch(client, path)
        ended = time.perf_counter()
        latencies.append(ended - begun)
        begun = ended
        # Cursors differ, their length does not.
        if len(page.body) != len(first.body):
            raise subject.Wrong(f"{measured.name} {path}: the page changed")
    client.close()
    return latencies


def ids(page: subject.Page) -> list[str]:
    """The ids of a page's customers, in its order."""
    return [customer["customer_id"] for customer in orjson.loads(page.body)["data"]]


def _verify(measured: subject.Subject, pages: Sequence[subject.Page], count: int) -> None:
    came = [customer for page in pages for customer in ids(page)]
    if len(came) != count or frozenset(came) != shop.ids(count):
        raise subject.Wrong(f"{measured.name}: a crawl brought {len(came)} customers")
