"""`kill -9` between any two requests: what was answered is kept."""

from __future__ import annotations

import pathlib
import random
import signal
import threading
from collections.abc import Callable
from concurrent import futures

import grpc
import pytest
from tests import factories
from tests.faults import process
from tests.integration import world as worlds

from pullfeed.v1 import feed_service_pb2, key_service_pb2

SHOP, PAGE_SIZE, IDS = "killed.example", 5, 60


class Crowd:
    """A writer, a walk by number and commits, all going on until the core is gone.

    Each remembers what was answered; what was asked last and not answered may
    have happened or not.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._answers = 0
        self._answered = threading.Condition()
        self.kept: dict[str, int] = {}
        self.unsure: dict[str, int] = {}
        self.versions = 0
        self.held: dict[str, str] = {}
        self.page = 0
        self.token = ""
        self.has_next = True
        self.walks = 0
        self.committed = 0

    def act(self, core: process.Process, keys: tuple[str, str], answers: int) -> None:
        """Lets all of them act, and kills the core in their midst after so many answers."""
        goal = self._answers + answers
        writer, reader = (core.internal(key) for key in keys)
        work = (lambda: self._put(writer), lambda: self._ask(reader), lambda: self._commit(reader))
        with futures.ThreadPoolExecutor(3) as pool:
            running = [pool.submit(self._repeat, step) for step in work]
            with self._answered:
                assert self._answered.wait_for(lambda: self._answers >= goal, process.READY_S)
            core.signal(signal.SIGKILL)
            for each in running:
                each.result()
        core.wait()

    def check(self, core: process.Process, keys: tuple[str, str]) -> None:
        """All that was answered is still there."""
        reader = core.internal(keys[1])
        stored = {
            record.customer.customer_id: int(record.customer.first_name[1:])
            for chunk in reader.export(SHOP)
            for record in chunk.records
        }
        for key, version in self.kept.items():
            assert stored.get(key) in {version, self.unsure.get(key)}, f"a put of {key} is lost"
        self.kept, self.unsure = stored, {}
        if self.page:
            # Raises PAGE_NOT_SERVED where the mark of a page that was sent is lost.
            standing = reader.commit_page(SHOP, self.page, PAGE_SIZE)
            assert standing.position >= self.committed, "a commit is lost"
            self.committed = standing.position

    def finish_walk(self, core: process.Process, keys: tuple[str, str]) -> None:
        """The walk goes on where the kill broke it off, and misses nothing."""
        reader = core.internal(keys[1])
        if not self.has_next:
            self._begin()
        while self.has_next:
            self._ask(reader)
        assert self.held == {key: f"v{version}" for key, version in self.kept.items()}

    def _repeat(self, step: Callable[[], None]) -> None:
        while True:
            try:
                step()
            except grpc.RpcError as error:
                # Nothing but the kill may refuse anything.
                if error.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}:
                    return
                raise
            with self._answered:
                self._answers += 1
                self._answered.notify_all()

    def _put(self, writer: worlds.Internal) -> None:
        self.versions += 1
        ids = [f"c{number}" for number in self._random.sample(range(IDS), 3)]
        self.unsure = dict.fromkeys(ids, self.versions)
        writer.put(
            SHOP,
            *(
                factories.record(
                    factories.customer(customer_id=key, first_name=f"v{self.versions}")
                )
                for key in ids
            ),
        )
        self.kept |= self.unsure

    def _ask(self, reader: worlds.Internal) -> None:
        if not self.has_next:
            self._begin()
        answer = reader.fetch(SHOP, page=self.page + 1, page_size=PAGE_SIZE)
        self._apply(answer)

    def _apply(self, answer: feed_service_pb2.FetchPageResponse) -> None:
        self.page, self.has_next = answer.page, answer.has_next_page
        self.token = answer.commit_token
        for record in answer.records:
            self.held[record.customer.customer_id] = record.customer.first_name

    def _begin(self) -> None:
        self.page, self.has_next, self.held = 0, True, {}
        self.walks += 1

    def _commit(self, reader: worlds.Internal) -> None:
        standing = reader.commit(SHOP, commit_token=self.token)
        self.committed = max(self.committed, standing.position)


def survive(start: process.Start, folder: pathlib.Path, kills: int, seed: int) -> Crowd:
    core = start()
    operator = core.operator
    keys = (
        operator.new_key(key_service_pb2.ROLE_WRITER, SHOP).secret,
        operator.new_key(key_service_pb2.ROLE_IMPORTER, SHOP, importer="killed").secret,
    )
    core.internal(keys[0]).put(SHOP, *factories.customers(IDS, first_name="v0"))
    crowd, choose = Crowd(seed), random.Random(seed)
    crowd.kept = {f"c{number:04}": 0 for number in range(1, IDS + 1)}
    crowd.finish_walk(core, keys)
    for _ in range(kills):
        crowd.act(core, keys, choose.randint(1, 60))
        core = start()
        crowd.check(core, keys)
        crowd.finish_walk(core, keys)
    return crowd


def test_a_killed_core_has_kept_all_it_answered(
    start: process.Start, tmp_path: pathlib.Path
) -> None:
    crowd = survive(start, tmp_path, kills=20, seed=1)

    assert crowd.versions > 20
    assert crowd.committed > 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_a_core_killed_hundreds_of_times_has_kept_all_it_answered(
    start: process.Start, tmp_path: pathlib.Path, seed: int
) -> None:
    survive(start, tmp_path, kills=250, seed=seed)
