"""An import under faults, and whether its copy is complete in the end."""

from __future__ import annotations

import collections
import dataclasses
import pathlib
import random
import tempfile
from concurrent import futures
from typing import Any

from pullfeed_client.importer import (
    copy,
    faults,
    importing,
    patience,
    transport,
    walk,
)

_MAX_LIVES = 2_000
_WORKERS = 4
# For the callback's own 429 and 503; the faults made here are not waited for.
_BUDGET_S = 60.0

Records = dict[str, dict[str, Any]]


class Unfinished(Exception):
    """The import does not come to an end, however often it is begun again."""


@dataclasses.dataclass(frozen=True)
class Place:
    """Where the callback is, and how it is asked."""

    url: str
    key: str
    timeout_s: float


@dataclasses.dataclass(frozen=True)
class Ordeal:
    """What came of it. faults: by kind how many. lives: how often the importer was begun."""

    faults: collections.Counter[str]
    lives: int
    records: Records


def run(place: Place, order: importing.Order, seed: int) -> Ordeal:
    """Imports under faults until a life comes to the end.

    order: its files are chosen here. Raises what an import raises, and Unfinished.
    """
    rng = random.Random(f"{seed} {order.mode}")  # noqa: S311 - the same again, not secret
    made: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="pullfeed-") as folder:
        out = pathlib.Path(folder) / "copy.jsonl"
        kept = dataclasses.replace(order, out=out, state_file=out.with_suffix(".state"))
        for life in range(1, _MAX_LIVES + 1):
            if _live(place, kept, rng, made):
                return Ordeal(made, life, copy.newest(out, order.scope.id_field))
    raise Unfinished(f"{_MAX_LIVES} lives did not come to the end of the walk")


def in_any_order(place: Place, order: importing.Order, pages: int, seed: int) -> Records:
    """The copy of an importer with several workers, which asks backward and at random.

    Complete in a feed that rests. Raises what a walk raises.
    """
    numbers = list(range(pages, 0, -1))
    rng = random.Random(seed)  # noqa: S311 - as above
    shuffled = numbers + rng.sample(numbers, len(numbers))

    def ask(share: list[int]) -> list[dict[str, Any]]:
        way = transport.Http(place.url, place.key, place.timeout_s)
        try:
            found = (_numbered(way, order, number) for number in share)
            return [record for page in found for record in page.records]
        finally:
            way.close()

    with futures.ThreadPoolExecutor(_WORKERS) as workers:
        shares = [shuffled[worker::_WORKERS] for worker in range(_WORKERS)]
        came = [record for share in workers.map(ask, shares) for record in share]
    return {record[order.scope.id_field]: record for record in came}


def _live(
    place: Place,
    order: importing.Order,
    rng: random.Random,
    made: collections.Counter[str],
) -> bool:
    """One life of the importer; did it come to the end."""
    way = faults.Faulty(place.url, place.key, place.timeout_s, rng)

    def seen(_: walk.Page) -> None:
        # Between storing a page and committing it.
        if rng.random() < 0.1:
            made["killed"] += 1
            raise faults.Killed

    try:
        importing.run(patience.Patient(_Stubborn(way), _BUDGET_S), order, seen)
    except faults.Killed:
        return False
    finally:
        made.update(way.counts)
        way.close()
    return True


class _Stubborn:
    """Asks again at once after a fault that was made on purpose."""

    def __init__(self, way: transport.Transport) -> None:
        self._way = way

    def post(self, target: str, body: bytes) -> transport.Answer:
        while True:
            try:
                return self._way.post(target, body)
            except faults.OnPurpose:
                continue


def _numbered(way: transport.Transport, order: importing.Order, number: int) -> walk.Page:
    place = walk.Place(number)
    return next(walk.pages(way, order.feed, "page", order.page_size, place))
