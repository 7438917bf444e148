from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from concurrent import futures
from typing import Any

import pytest

from pullfeed_server import errors
from pullfeed_server.store.writers import direct

_WAIT_S = 10


class _Deadlock(Exception):
    """What the engine says to a writer that may try again."""


class _Broken(Exception):
    """What a job of these tests raises."""


class _Database:
    """Notes how its transactions ended."""

    def __init__(self) -> None:
        self.ended: list[str] = []

    @contextlib.contextmanager
    def begin(self) -> Generator[Any]:
        try:
            yield self
        except BaseException:
            self.ended.append("rolled back")
            raise
        self.ended.append("committed")


@pytest.fixture
def database() -> _Database:
    return _Database()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def writing(database: _Database, pauses: list[float]) -> direct.Writer:
    return direct.Writer(
        database.begin, lambda error: isinstance(error, _Deadlock), pause=pauses.append
    )


def test_a_write_is_committed_before_it_returns(
    writing: direct.Writer, database: _Database
) -> None:
    assert writing.run(lambda _: 7) == 7
    assert database.ended == ["committed"]


def test_a_write_that_raises_is_not_run_again(writing: direct.Writer, database: _Database) -> None:
    def work(_: Any) -> None:
        raise _Broken

    with pytest.raises(_Broken):
        writing.run(work)
    assert database.ended == ["rolled back"]


def test_a_write_that_the_engine_ended_is_run_again(
    writing: direct.Writer, database: _Database
) -> None:
    runs = iter([_Deadlock, _Deadlock])

    def work(_: Any) -> int:
        for error in runs:
            raise error
        return 7

    assert writing.run(work) == 7
    assert database.ended == ["rolled back", "rolled back", "committed"]


def test_after_four_runs_the_engines_word_stands(
    writing: direct.Writer, database: _Database
) -> None:
    def work(_: Any) -> None:
        raise _Deadlock

    with pytest.raises(_Deadlock):
        writing.run(work)
    assert database.ended == ["rolled back"] * 4


def test_before_each_further_run_is_a_longer_pause(
    writing: direct.Writer, pauses: list[float]
) -> None:
    def work(_: Any) -> None:
        raise _Deadlock

    with pytest.raises(_Deadlock):
        writing.run(work)
    assert len(pauses) == 3
    assert 0.01 <= pauses[0] < pauses[1] < pauses[2] <= 0.08


def test_writes_run_side_by_side(writing: direct.Writer) -> None:
    both = threading.Barrier(2)
    with futures.ThreadPoolExecutor(2) as pool:
        running = [pool.submit(writing.run, lambda _: both.wait(_WAIT_S)) for _ in range(2)]
        assert sorted(one.result(_WAIT_S) for one in running) == [0, 1]


def test_a_close_waits_for_writes_in_flight(writing: direct.Writer, database: _Database) -> None:
    begun, let_go = threading.Event(), threading.Event()

    def work(_: Any) -> None:
        begun.set()
        assert let_go.wait(_WAIT_S)

    with futures.ThreadPoolExecutor(2) as pool:
        pool.submit(writing.run, work)
        assert begun.wait(_WAIT_S)
        closing = pool.submit(writing.close)
        assert not closing.done()
        let_go.set()
        closing.result(_WAIT_S)
    assert database.ended == ["committed"]


def test_a_closed_writer_takes_no_more(writing: direct.Writer) -> None:
    writing.close()
    with pytest.raises(errors.StoreUnavailable):
        writing.run(lambda _: None)
