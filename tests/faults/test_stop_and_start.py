"""Stopping, starting twice, and a facade whose core is away."""

from __future__ import annotations

import os
import pathlib
import signal
import sys
import threading
import time

import grpc
import pytest
from tests import factories
from tests.faults import process
from tests.integration import world as worlds
from werkzeug.test import TestResponse

from pullfeed.v1 import feed_service_pb2, key_service_pb2

SHOP = "stopped.example"
RECOVERY_S = 20


def fill(core: process.Process, thousands: int) -> None:
    for number in range(thousands):
        core.operator.put(
            SHOP,
            *(
                factories.record(factories.customer(customer_id=f"c{number}-{index}"))
                for index in range(1000)
            ),
        )


def test_a_stopped_core_lets_a_call_in_flight_end(start: process.Start) -> None:
    core = start()
    fill(core, 20)
    request = feed_service_pb2.ExportRecordsRequest(shop=SHOP, scope=worlds.CUSTOMER)
    operator = core.operator
    stream = operator._feed.ExportRecords(request, timeout=60, metadata=operator.metadata)
    exported = len(next(stream).records)

    core.signal(signal.SIGTERM)
    refused = first_refusal(core)
    exported += sum(len(chunk.records) for chunk in stream)

    assert refused in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
    assert exported == 20_000
    assert core.wait() == 0


def first_refusal(core: process.Process) -> grpc.StatusCode | None:
    """What a new call is told as soon as the core takes no more of them."""
    operator, until = core.operator, time.monotonic() + process.EXIT_S
    while time.monotonic() < until:
        try:
            operator.shops()
        except grpc.RpcError as error:
            return error.code()
    return None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_core_stops_at_once_with_exit_code_0(
    start: process.Start, number: signal.Signals
) -> None:
    core = start()

    core.signal(number)

    assert core.wait() == 0


def test_a_call_that_does_not_end_is_ended_by_the_grace(start: process.Start) -> None:
    core = start("127.0.0.1:0", "--grace-s", "0.2")
    fill(core, 20)
    request = feed_service_pb2.ExportRecordsRequest(shop=SHOP, scope=worlds.CUSTOMER)
    operator = core.operator
    stream = operator._feed.ExportRecords(request, timeout=60, metadata=operator.metadata)
    next(stream)

    core.signal(signal.SIGTERM)

    # Nobody reads the rest.
    assert core.wait() == 0


def test_what_was_answered_before_a_stop_is_there_after_it(start: process.Start) -> None:
    first = start()
    fill(first, 1)
    first.signal(signal.SIGTERM)
    assert first.wait() == 0

    assert sum(len(chunk.records) for chunk in start().operator.export(SHOP)) == 1000


def test_a_second_core_on_the_same_file_says_so_and_exits_3(
    start: process.Start, tmp_path: pathlib.Path
) -> None:
    first = start()

    second = process.refused_start(tmp_path)

    assert second.code == 3
    assert is_one_sentence(second.said)
    assert "database" in second.said
    assert first.operator.shops() is not None


def test_a_core_on_a_taken_port_says_so_and_exits_3(
    start: process.Start, tmp_path: pathlib.Path
) -> None:
    first = start()
    elsewhere = tmp_path / "other"
    elsewhere.mkdir()

    second = process.refused_start(elsewhere, first.address)

    assert second.code == 3
    assert is_one_sentence(second.said)
    assert "PULLFEED_CORE_LISTEN" in second.said


def is_one_sentence(said: str) -> bool:
    return said.startswith("pullfeed-server: ") and said.endswith(".\n") and said.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux binds a process")
def test_all_threads_of_a_core_run_on_one_processor(start: process.Start) -> None:
    core = start()
    fill(core, 1)
    threads = pathlib.Path(f"/proc/{core.pid}/task").iterdir()
    assert len({frozenset(os.sched_getaffinity(int(thread.name))) for thread in threads}) == 1
    assert len(os.sched_getaffinity(core.pid)) == 1


class TestAFacadeWhoseCoreIsAway:
    """The facade answers in bounded time, and finds the core again by itself."""

    DEADLINE_S = 1.0

    @pytest.fixture
    def core(self, start: process.Start) -> process.Process:
        core = start()
        core.operator.put(SHOP, *factories.customers(1))
        return core

    @pytest.fixture
    def importer(self, core: process.Process) -> worlds.Importer:
        key = core.operator.new_key(key_service_pb2.ROLE_IMPORTER, SHOP, importer="patient")
        client, self.channel = worlds.facade(core.address, deadline_s=self.DEADLINE_S)
        return worlds.Importer(client, key.secret, SHOP)

    def test_a_killed_core_is_503_and_is_found_again(
        self, start: process.Start, core: process.Process, importer: worlds.Importer
    ) -> None:
        assert importer.post("/customers").status_code == 200
        core.kill()

        answer, seconds = timed(importer)

        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.get_json()["error"] == {"code": "UNAVAILABLE", "reason": "UNAVAILABLE"}
        assert set(answer.get_json()) == {"status", "message", "error"}
        assert seconds < self.DEADLINE_S + 1

        start(core.address)
        assert recovers(importer)
        self.channel.close()

    def test_a_frozen_core_is_refused_at_the_deadline_and_is_found_again(
        self, core: process.Process, importer: worlds.Importer
    ) -> None:
        assert importer.post("/customers").status_code == 200
        core.signal(signal.SIGSTOP)

        answer, seconds = timed(importer)

        core.signal(signal.SIGCONT)
        assert answer.status_code == 504
        assert answer.get_json()["error"]["reason"] == "DEADLINE"
        assert seconds < self.DEADLINE_S + 1
        assert recovers(importer)
        self.channel.close()


def timed(importer: worlds.Importer) -> tuple[TestResponse, float]:
    began = time.monotonic()
    answer = importer.post("/customers")
    return answer, time.monotonic() - began


def recovers(importer: worlds.Importer) -> bool:
    until = time.monotonic() + RECOVERY_S
    poll = threading.Event()
    while time.monotonic() < until:
        if importer.post("/customers").status_code == 200:
            return True
        poll.wait(0.02)
    return False
