"""One writes at a time: SQLite takes one writer, and each fsync is dear.

Who finds nobody writing commits its own job; else a thread commits what waits.
Jobs that wait are committed together (group commit), each in a savepoint of
its own, so that a failing one takes nothing with it.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy.engine import interfaces

from pullfeed_server import errors

T = TypeVar("T")
Cursor = interfaces.DBAPICursor
Begin = Callable[[], contextlib.AbstractContextManager[Cursor]]

# Bounds of one group: what waits behind it is not kept waiting for long.
MAX_JOBS = 64
MAX_SECONDS = 0.05


class _Job(NamedTuple, Generic[T]):
    work: Callable[[Cursor], T]
    answer: futures.Future[T]


class Writer:
    """Runs jobs one after the other."""

    def __init__(self, begin: Begin) -> None:
        """begin: opens a writing transaction that commits when it is left."""
        self._begin = begin
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        # Behind the end of the queue a job would wait for ever.
        self._gate = threading.Lock()
        self._is_closed = False
        # Held by who writes.
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="pullfeed-writer", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[Cursor], T]) -> T:
        """What `work` returns, once its group is committed; raises what it raised.

        Raises StoreUnavailable after `close`.
        """
        job = _Job(work, futures.Future[T]())
        with self._gate:
            if self._is_closed:
                raise errors.StoreUnavailable("The core is stopping. Try again.")
            is_free = self._turn.acquire(blocking=False)
            if not is_free:
                self._jobs.put(job)
        if is_free:
            # Handing it over would take two switches of threads.
            try:
                self._commit_group(job)
            finally:
                self._turn.release()
        return job.answer.result()

    def close(self) -> None:
        """Returns when the jobs that wait and the one under way are done."""
        with self._gate:
            self._is_closed = True
            self._jobs.put(None)
        self._thread.join()
        # A caller may still be committing its own.
        with self._turn:
            pass

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            with self._turn:
                self._commit_group(job)

    def _commit_group(self, first: _Job[Any]) -> None:
        taken: list[_Job[Any]] = []
        done: list[tuple[_Job[Any], Any]] = []
        try:
            with self._begin() as cursor:
                for job in self._group(first):
                    taken.append(job)
                    done += self._attempt(cursor, job)
        except Exception as error:  # noqa: BLE001 - handed to every caller of the group
            for job in taken or [first]:
                if not job.answer.done():
                    job.answer.set_exception(error)
            return
        for job, result in done:
            job.answer.set_result(result)

    def _group(self, first: _Job[Any]) -> Iterator[_Job[Any]]:
        yield first
        until = time.monotonic() + MAX_SECONDS
        for _ in range(MAX_JOBS - 1):
            if time.monotonic() >= until:
                return
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if job is None:
                self._jobs.put(None)
                return
            yield job

    @staticmethod
    def _attempt(cursor: Cursor, job: _Job[Any]) -> list[tuple[_Job[Any], Any]]:
        """The job with its result; nothing where it failed and its caller was told."""
        cursor.execute("SAVEPOINT job")
        try:
            result = job.work(cursor)
        except Exception as error:  # noqa: BLE001 - handed to the caller of this job
            job.answer.set_exception(error)
            # A full disk may have rolled the whole transaction back: that ends the group.
            cursor.execute("ROLLBACK TO job")
            cursor.execute("RELEASE job")
            return []
        cursor.execute("RELEASE job")
        return [(job, result)]
