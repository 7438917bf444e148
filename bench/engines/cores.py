"""One core and two on the same database: pages a second, and what a page costs each process."""

from __future__ import annotations

import itertools
import pathlib
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from typing import NamedTuple, cast

import grpc
from tests import postgres

from bench import processes, servers
from bench.engines import crowd, usage
from pullfeed.v1 import feed_service_pb2

_METHOD = "/pullfeed.v1.FeedService/FetchPage"
CALLERS, SECONDS = 4, 1.0
_START_S = 30.0
_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


class Turn(NamedTuple):
    """What some seconds of pages came to. …_us: processor time a page. waits: for locks, seen."""

    pages_per_s: float
    core_us: float
    server_us: float
    caller_us: float
    waits: int


def table(server: postgres.Server, folder: pathlib.Path, rounds: int) -> Iterator[str]:
    """The medians of turns with one core and with two."""
    url = server.url()
    crowd.Crowd(url, crowd.MEASURED).store.close()
    (folder / "core").mkdir()
    with processes.Processes(folder) as running:
        cores = [servers.core(running, folder, url) for _ in range(2)]
        turns = [(_turn(server, cores[:1]), _turn(server, cores)) for _ in range(rounds // 5 + 2)]
    one, two = (_median(each) for each in zip(*turns[1:], strict=True))
    yield f"| {CALLERS} callers, page of 250 over gRPC, PostgreSQL | one core | two | ratio |"
    yield "|---|---:|---:|---:|"
    for name, title in (
        ("pages_per_s", "pages/s"),
        ("core_us", "processor time of the cores, us a page"),
        ("server_us", "processor time of PostgreSQL, us a page"),
        ("caller_us", "processor time of the callers, us a page"),
    ):
        told = [float(getattr(turn, name)) for turn in (one, two)]
        yield f"| {title} | {told[0]:,.0f} | {told[1]:,.0f} | {told[1] / told[0]:.2f} |"
    yield f"| waits for locks in the database, seen | {one.waits} | {two.waits} | |"


def _turn(server: postgres.Server, cores: Sequence[servers.Core]) -> Turn:
    pids = [core.pid for core in cores]
    before = usage.cpu_s(pids), usage.cpu_s([server.pid]), time.process_time()
    start = threading.Barrier(CALLERS + 1)
    with futures.ThreadPoolExecutor(CALLERS) as threads:
        chosen = itertools.islice(itertools.cycle(cores), CALLERS)
        asked = [threads.submit(_ask, core, start) for core in chosen]
        start.wait(_START_S)
        time.sleep(SECONDS / 2)
        waits: int = server.execute(_WAITING)[0][0]
        counts = [one.result() for one in asked]
    pages = sum(count for count, _ in counts)
    after = usage.cpu_s(pids), usage.cpu_s([server.pid]), time.process_time()
    core, database, caller = (
        (end - begin) / pages * 1e6 for begin, end in zip(before, after, strict=True)
    )
    return Turn(sum(count / taken_s for count, taken_s in counts), core, database, caller, waits)


def _ask(core: servers.Core, start: threading.Barrier) -> tuple[int, float]:
    """How many pages one caller was given, and in how many seconds."""
    metadata = (("x-api-key", core.importer),)
    # Not a channel shared with another caller.
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(core.address, options=options) as channel:
        call = cast("Callable[..., bytes]", channel.unary_unary(_METHOD))
        request = feed_service_pb2.FetchPageRequest(
            shop="measured0.example",
            scope=crowd.SCOPE,
            page_size=crowd.PAGE,
            form=feed_service_pb2.FORM_JSON,
        )
        first = feed_service_pb2.FetchPageResponse.FromString(
            call(request.SerializeToString(), metadata=metadata)
        )
        request.cursor = first.cursor
        asked = request.SerializeToString()
        start.wait(_START_S)
        begun, count = time.perf_counter(), 0
        while time.perf_counter() < begun + SECONDS:
            call(asked, metadata=metadata)
            count += 1
        return count, time.perf_counter() - begun


def _median(turns: Sequence[Turn]) -> Turn:
    rates, core, database, caller, waits = zip(*turns, strict=True)
    pages_per_s, core_us, server_us, caller_us = map(
        statistics.median, (rates, core, database, caller)
    )
    return Turn(pages_per_s, core_us, server_us, caller_us, sum(waits))
