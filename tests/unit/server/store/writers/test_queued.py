from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent import futures
from typing import Any

import pytest

from pullfeed_server import errors
from pullfeed_server.store.writers import queued

_WAIT_S = 10


class _Broken(Exception):
    """What a job of these tests raises."""


class _Database:
    """A database in memory that counts its commits and can be made to fail."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(
            ":memory:", check_same_thread=False, isolation_level=None
        )
        self._connection.execute("CREATE TABLE written (value)")
        self.commits = 0
        self.fails_to_begin = False
        self.fails_to_commit = False

    @contextlib.contextmanager
    def begin(self) -> Generator[Any]:
        if self.fails_to_begin:
            raise _Broken
        cursor = self._connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        try:
            yield cursor
            if self.fails_to_commit:
                raise _Broken
        except BaseException:
            with contextlib.suppress(sqlite3.OperationalError):
                cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")
        self.commits += 1

    def written(self) -> list[int]:
        return [value for (value,) in self._connection.execute("SELECT value FROM written")]

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def database() -> Iterator[_Database]:
    made = _Database()
    yield made
    made.close()


@pytest.fixture
def writing(database: _Database) -> Iterator[queued.Writer]:
    made = queued.Writer(database.begin)
    yield made
    made.close()


def _writes(value: int) -> Callable[[Any], int]:
    def work(cursor: Any) -> int:
        cursor.execute("INSERT INTO written VALUES (?)", (value,))
        return value

    return work


def _writes_and_fails(value: int) -> Callable[[Any], int]:
    def work(cursor: Any) -> int:
        _writes(value)(cursor)
        raise _Broken

    return work


def _group(writing: queued.Writer, *works: Callable[[Any], Any]) -> list[futures.Future[Any]]:
    """Jobs that wait while the first one runs, so that they are committed together."""
    held = threading.Event()

    def hold(_: Any) -> None:
        assert held.wait(_WAIT_S)

    answers = [futures.Future[Any]() for _ in (hold, *works)]
    for work, answer in zip((hold, *works), answers, strict=True):
        writing._jobs.put(queued._Job(work, answer))
    held.set()
    futures.wait(answers, _WAIT_S)
    return answers[1:]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group ends by its size alone, however slow the machine is."""
    monkeypatch.setattr(queued, "MAX_SECONDS", 60)


def test_a_job_is_committed_before_it_is_answered(
    writing: queued.Writer, database: _Database
) -> None:
    assert writing.run(_writes(1)) == 1
    assert (database.written(), database.commits) == ([1], 1)


def test_a_caller_whom_nobody_hinders_writes_itself(writing: queued.Writer) -> None:
    assert writing.run(lambda _: threading.current_thread()) is threading.current_thread()


def test_closing_waits_for_a_caller_who_writes_itself(
    writing: queued.Writer, database: _Database
) -> None:
    begun, held = threading.Event(), threading.Event()

    def hold(cursor: Any) -> int:
        begun.set()
        assert held.wait(_WAIT_S)
        return _writes(1)(cursor)

    with futures.ThreadPoolExecutor(2) as pool:
        answer = pool.submit(writing.run, hold)
        assert begun.wait(_WAIT_S)
        closed = pool.submit(writing.close)
        assert not futures.wait([closed], 0.05).done
        held.set()
        assert (answer.result(_WAIT_S), closed.result(_WAIT_S)) == (1, None)
    assert database.written() == [1]


@pytest.mark.usefixtures("patient")
def test_jobs_that_wait_are_committed_together(writing: queued.Writer, database: _Database) -> None:
    answers = _group(writing, *(_writes(value) for value in range(5)))
    assert [answer.result() for answer in answers] == [0, 1, 2, 3, 4]
    assert (database.written(), database.commits) == ([0, 1, 2, 3, 4], 1)


@pytest.mark.usefixtures("patient")
def test_a_failing_job_fails_alone_and_leaves_nothing(
    writing: queued.Writer, database: _Database
) -> None:
    before, failed, after = _group(writing, _writes(1), _writes_and_fails(2), _writes(3))
    assert (before.result(), after.result()) == (1, 3)
    assert isinstance(failed.exception(), _Broken)
    assert (database.written(), database.commits) == ([1, 3], 1)


@pytest.mark.usefixtures("patient")
def test_a_commit_that_fails_fails_every_job_of_its_group(
    writing: queued.Writer, database: _Database
) -> None:
    database.fails_to_commit = True
    answers = _group(writing, _writes(1), _writes(2))
    assert [type(answer.exception()) for answer in answers] == [_Broken, _Broken]
    assert database.written() == []
    database.fails_to_commit = False
    assert writing.run(_writes(3)) == 3


@pytest.mark.usefixtures("patient")
def test_a_failed_job_keeps_its_own_error_though_the_commit_fails_too(
    writing: queued.Writer, database: _Database
) -> None:
    def fails(_: Any) -> None:
        raise KeyError("its own")

    database.fails_to_commit = True
    failed, other = _group(writing, fails, _writes(1))
    assert isinstance(failed.exception(), KeyError)
    assert isinstance(other.exception(), _Broken)


def test_a_transaction_that_cannot_begin_is_told_to_its_caller(
    writing: queued.Writer, database: _Database
) -> None:
    database.fails_to_begin = True
    with pytest.raises(_Broken):
        writing.run(_writes(1))
    database.fails_to_begin = False
    assert writing.run(_writes(2)) == 2


@pytest.mark.usefixtures("patient")
def test_a_transaction_the_engine_ended_answers_nobody_as_stored(
    writing: queued.Writer, database: _Database
) -> None:
    def loses_all(cursor: Any) -> None:
        # As SQLite may do on a full disk.
        cursor.execute("ROLLBACK")
        raise _Broken

    before, lost, after = _group(writing, _writes(1), loses_all, _writes(3))
    assert isinstance(before.exception(), sqlite3.OperationalError)
    assert isinstance(lost.exception(), _Broken)
    # What waited behind the broken group is committed in the next one.
    assert after.result() == 3
    assert database.written() == [3]


@pytest.mark.usefixtures("patient")
def test_a_group_is_bounded(writing: queued.Writer, database: _Database) -> None:
    answers = _group(writing, *(_writes(value) for value in range(64)))
    assert [answer.result() for answer in answers] == list(range(64))
    # The job that held them up was the first of 64.
    assert database.commits == 2


def test_a_group_ends_when_it_has_taken_long(
    writing: queued.Writer, database: _Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queued, "MAX_SECONDS", 0)
    _group(writing, _writes(1), _writes(2))
    assert database.commits == 3


def test_callers_of_many_threads_each_get_their_own_answer(
    writing: queued.Writer, database: _Database
) -> None:
    with futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda value: writing.run(_writes(value)), range(100))) == list(
            range(100)
        )
    assert sorted(database.written()) == list(range(100))


def test_closing_ends_the_jobs_that_wait(database: _Database) -> None:
    writing = queued.Writer(database.begin)
    held, answers = threading.Event(), [futures.Future[Any]() for _ in range(3)]

    def hold(cursor: Any) -> int:
        assert held.wait(_WAIT_S)
        return _writes(0)(cursor)

    for work, answer in zip((hold, _writes(1), _writes(2)), answers, strict=True):
        writing._jobs.put(queued._Job(work, answer))
    held.set()
    writing.close()
    assert [answer.result(0) for answer in answers] == [0, 1, 2]


def test_a_job_after_the_end_is_refused_at_once(database: _Database) -> None:
    writing = queued.Writer(database.begin)
    writing.close()
    with pytest.raises(errors.StoreUnavailable):
        writing.run(_writes(1))
    writing.close()
