"""Writers and importers that go on through a failover, and remember what they were answered."""

from __future__ import annotations

import contextlib
import itertools
import random
import threading
import time
from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc
from tests import factories
from tests.failover import cluster
from tests.integration import world as worlds
from werkzeug.test import TestResponse

SHOP, IDS, PAGE_SIZE, WRITERS = "failing.example", 40, 7, 2
FIRST = "first"
# After a failover a walk may end, and nothing else.
_ENDED = {"WALK_EXPIRED", "CURSOR_EXPIRED"}
_NOT_CONFIRMED = {*_ENDED, "TOKEN_EXPIRED", "PAGE_NOT_SERVED"}

Version = tuple[str, str]


class Away(Exception):
    """A call was answered with UNAVAILABLE, and is to be made again."""


class Writer:
    """Puts three customers of its own at a time; each batch again until it is answered.

    batch: what is not answered yet. answered: the last version of each that was.
    """

    def __init__(self, number: int, seed: int) -> None:
        self._name = f"writer{number}v"
        self._ids = [f"c{one:04}" for one in range(1, IDS + 1) if one % WRITERS == number]
        self._random = random.Random(f"{seed}.{number}")
        self._numbers = itertools.count()
        self.batch: dict[str, str] = {}
        self.answered: dict[str, str] = dict.fromkeys(self._ids, FIRST)

    def step(self, core: worlds.World) -> None:
        if not self.batch:
            version = f"{self._name}{next(self._numbers)}"
            self.batch = dict.fromkeys(self._random.sample(self._ids, 3), version)
        records = [
            factories.record(factories.customer(customer_id=key, first_name=version))
            for key, version in self.batch.items()
        ]
        try:
            core.writer.put(SHOP, *records)
        except grpc.RpcError as error:
            raise _passing(error) from error
        self.answered |= self.batch
        self.batch = {}


class Importer:
    """Walks by number or by cursor over HTTP and commits each page; begins anew where told to."""

    def __init__(self, key: str, *, by_cursor: bool) -> None:
        self._key = key
        self._by_cursor = by_cursor
        self._query: dict[str, object] = {}
        self._to_commit = ""
        self._held: dict[str, str] = {}
        self._begin()
        self.served: set[Version] = set()
        self.walks: list[dict[str, str]] = []

    def step(self, core: worlds.World) -> None:
        importer = worlds.Importer(core.client, self._key, SHOP)
        if self._to_commit:
            self._confirm(importer)
        answer = importer.post("/customers", **self._query, page_size=PAGE_SIZE)
        if _refusal(answer) in _ENDED:
            self._begin()
            return
        self._take(answer)

    def _take(self, answer: TestResponse) -> None:
        meta, data = answer.json["meta"], answer.json["data"]  # type: ignore[index]
        for record in data:
            self._held[record["customer_id"]] = record["first_name"]
            self.served.add((record["customer_id"], record["first_name"]))
        self._to_commit = answer.headers["X-Commit-Token"]
        if self._by_cursor:
            self._query = {"cursor": meta["cursor"]}
        else:
            self._query = {"page": meta["page"] + 1}
        if not meta["has_next_page"]:
            self.walks.append(self._held)
            self._begin()

    def _confirm(self, importer: worlds.Importer) -> None:
        answer = importer.post("/customers/commit", commit_token=self._to_commit)
        assert _refusal(answer) in {"", *_NOT_CONFIRMED}
        self._to_commit = ""

    def _begin(self) -> None:
        self._query, self._held = {"page": 1}, {}


class Bystander:
    """An importer that is in the midst of a walk while the servers change."""

    def __init__(self, importer: worlds.Importer) -> None:
        self._importer = importer
        self._importer.page(page=1, page_size=PAGE_SIZE)
        answer = self._importer.post("/customers", page=2, page_size=PAGE_SIZE)
        told: Any = answer.json
        self._cursor = told["meta"]["cursor"]
        self._token = answer.headers["X-Commit-Token"]

    def refusals(self) -> list[str]:
        """What it is told of the next page by number, by cursor, and of a commit each way."""
        size = {"page_size": PAGE_SIZE}
        return [
            self._asked("/customers", page=3, **size),
            self._asked("/customers", cursor=self._cursor, **size),
            self._asked("/customers/commit", page=2, **size),
            self._asked("/customers/commit", commit_token=self._token),
        ]

    def _asked(self, path: str, **query: object) -> str:
        until = time.monotonic() + cluster.WAIT_S
        while time.monotonic() < until:
            with contextlib.suppress(Away):
                return _refusal(self._importer.post(path, **query))
        raise AssertionError("calls are not answered any more")


class Crowd:
    """All of them at once, each going from core to core."""

    def __init__(self, running: cluster.Cluster, seed: int) -> None:
        first = running.cores[0]
        first.writer.put(SHOP, *factories.customers(IDS, first_name=FIRST))
        self._cores = running.cores
        self.writers = [Writer(number, seed) for number in range(WRITERS)]
        self.importers = [
            Importer(first.importer_key(name, SHOP), by_cursor=name == "cursor")
            for name in ("page", "cursor")
        ]
        # Made now: a key may be lost as well.
        self._bystander = first.importer("bystander", SHOP)
        self._changed = threading.Condition()
        self._done = 0
        self._is_over = threading.Event()
        self.away = 0

    def act(self, through: Callable[[], None]) -> None:
        """Runs all of them until `through` returns."""
        actors: list[Writer | Importer] = [*self.writers, *self.importers]
        with futures.ThreadPoolExecutor(len(actors)) as pool:
            running = [pool.submit(self._repeat, actor.step) for actor in actors]
            try:
                through()
            finally:
                self._is_over.set()
            for each in running:
                each.result()
        self._is_over.clear()

    def go_on(self, answers: int) -> None:
        """Returns after so many more answers."""
        with self._changed:
            goal = self._done + answers
            came = self._changed.wait_for(lambda: self._done >= goal, cluster.WAIT_S)
            assert came, "calls are not answered any more"

    def bystander(self) -> Bystander:
        """One more importer, which begins its walk now."""
        return Bystander(self._bystander)

    def missing(self, kept: dict[str, str]) -> list[str]:
        """The ids of which a put that was answered is not among what is kept.

        A put that was not answered may be there or not.
        """
        found: list[str] = []
        for writer in self.writers:
            # In this order: what is answered in between is in both.
            unsure = dict(writer.batch)
            for key, version in dict(writer.answered).items():
                if kept[key] not in {version, unsure.get(key)}:
                    found.append(key)
        return found

    def _repeat(self, step: Callable[[worlds.World], None]) -> None:
        for core in itertools.cycle(self._cores):
            if self._is_over.is_set():
                return
            try:
                step(core)
            except Away:
                self.away += 1
                # As a caller does that was told to try again.
                self._is_over.wait(0.05)
                continue
            with self._changed:
                self._done += 1
                self._changed.notify_all()


def _refusal(answer: TestResponse) -> str:
    """The reason of a refusal, "" for none. Raises Away."""
    told: Any = answer.json
    if answer.status_code == 503:
        assert answer.headers["Retry-After"]
        raise Away
    return str(told["error"]["reason"]) if answer.status_code != 200 else ""


def _passing(error: grpc.RpcError) -> Away:
    """The same of a refused gRPC call, which may be refused for nothing else."""
    told: Any = error
    assert told.code() == grpc.StatusCode.UNAVAILABLE, told.details()
    return Away()
