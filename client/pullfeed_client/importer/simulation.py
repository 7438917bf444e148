"""Many importers at once, each on walks of its own, and what a server made of them."""

from __future__ import annotations

import collections
import dataclasses
import random
import statistics
import threading
import time
from collections.abc import Sequence
from concurrent import futures

from pullfeed_client.importer import contract, transport, walk

# After an error the importer lets the server breathe.
_BREATH_S = 0.1


@dataclasses.dataclass(frozen=True)
class Load:
    """What to drive. keys: importer n uses key n, and begins again behind the last one."""

    url: str
    keys: tuple[str, ...]
    shops: tuple[str, ...]
    scopes: tuple[str, ...]
    modes: tuple[walk.Mode, ...]
    importers: int
    seconds: float
    page_size: int
    has_commits: bool
    timeout_s: float
    seed: int


@dataclasses.dataclass
class Totals:
    """What came of it. page_s and commit_s: seconds each answer took.

    errors: by what was said. whole: walks that came to their end. cut: walks
    that the end of the time broke off. lacking: whole walks without an id that
    an earlier whole walk of the same feed brought; an example of each.
    """

    page_s: list[float] = dataclasses.field(default_factory=list[float])
    commit_s: list[float] = dataclasses.field(default_factory=list[float])
    errors: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter[str])
    records: int = 0
    whole: int = 0
    cut: int = 0
    lacking: list[str] = dataclasses.field(default_factory=list[str])

    def add(self, other: Totals) -> None:
        """Takes in what another importer counted."""
        self.page_s += other.page_s
        self.commit_s += other.commit_s
        self.errors.update(other.errors)
        self.records += other.records
        self.whole += other.whole
        self.cut += other.cut
        self.lacking += other.lacking


def percentile_ms(seconds: Sequence[float], percent: int) -> float | None:
    """Milliseconds that so many per cent did not exceed; None where there are too few."""
    if len(seconds) < 2:
        return None
    return round(statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1] * 1000, 1)


def run(load: Load) -> Totals:
    """Drives the server until the time is over; never longer than one answer more."""
    known = _Known()
    until = time.monotonic() + load.seconds
    totals = Totals()
    with futures.ThreadPoolExecutor(load.importers) as workers:
        importers = [_Importer(load, number, known, until) for number in range(load.importers)]
        for counted in workers.map(_Importer.live, importers):
            totals.add(counted)
    return totals


class _Known:
    """The ids of the first whole walk of each feed, which later ones are held against."""

    def __init__(self) -> None:
        self._ids: dict[walk.Feed, set[str]] = {}
        self._lock = threading.Lock()

    def lacking(self, feed: walk.Feed, ids: set[str]) -> set[str]:
        with self._lock:
            return self._ids.setdefault(feed, ids) - ids


class _Timed:
    """A transport that notes how long its answers take."""

    def __init__(self, way: transport.Transport, counted: Totals) -> None:
        self._way = way
        self._counted = counted

    def post(self, target: str, body: bytes) -> transport.Answer:
        began = time.perf_counter()
        answer = self._way.post(target, body)
        is_commit = "/commit?" in target
        times = self._counted.commit_s if is_commit else self._counted.page_s
        times.append(time.perf_counter() - began)
        return answer


class _Importer:
    """One importer: it walks feed after feed, and counts."""

    def __init__(self, load: Load, number: int, known: _Known, until: float) -> None:
        self._load = load
        self._known = known
        self._until = until
        self._rng = random.Random(f"{load.seed} {number}")  # noqa: S311 - the same again
        self._key = load.keys[number % len(load.keys)]
        self._counted = Totals()

    def live(self) -> Totals:
        way = transport.Http(self._load.url, self._key, self._load.timeout_s)
        timed = _Timed(way, self._counted)
        while time.monotonic() < self._until:
            try:
                self._walk(timed)
            except (walk.Refused, walk.Broken, transport.Unreachable) as error:
                self._counted.errors[_told(error)] += 1
                time.sleep(_BREATH_S)
        way.close()
        return self._counted

    def _walk(self, way: transport.Transport) -> None:
        scope = contract.SCOPES[self._rng.choice(self._load.scopes)]
        feed = walk.Feed(scope.path, self._rng.choice(self._load.shops))
        mode = self._rng.choice(self._load.modes)
        ids: set[str] = set()
        for page in walk.pages(way, feed, mode, self._load.page_size):
            ids |= {str(record.get(scope.id_field)) for record in page.records}
            self._counted.records += len(page.records)
            if self._load.has_commits:
                walk.commit(way, feed, page)
            if page.has_next_page and time.monotonic() >= self._until:
                self._counted.cut += 1
                return
        self._counted.whole += 1
        lacking = self._known.lacking(feed, ids)
        if lacking:
            self._counted.lacking.append(f"{feed.shop} {scope.name}: id {min(lacking)}")


def _told(error: Exception) -> str:
    if isinstance(error, walk.Refused):
        return f"HTTP {error.status} {error.reason}".strip()
    return "no answer" if isinstance(error, transport.Unreachable) else "not the contract"
