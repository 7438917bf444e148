from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from pullfeed_server import errors, upkeep

_WAIT_S = 20


def test_tasks_run_at_the_start_and_again() -> None:
    enough = threading.Event()
    ran: list[int] = []

    def task() -> Iterator[None]:
        ran.append(1)
        if len(ran) == 3:
            enough.set()
        yield

    running = upkeep.Upkeep([task], interval_s=0)
    running.start()
    assert enough.wait(_WAIT_S)
    running.stop()
    assert not running._thread.is_alive()


def test_a_task_is_stopped_between_its_steps() -> None:
    begun, go_on = threading.Event(), threading.Event()
    steps: list[int] = []

    def task() -> Iterator[None]:
        for step in range(3):
            steps.append(step)
            begun.set()
            go_on.wait(_WAIT_S)
            yield

    running = upkeep.Upkeep([task])
    running.start()
    assert begun.wait(_WAIT_S)
    running._stopped.set()
    go_on.set()
    running.stop()
    assert steps == [0]


def test_a_database_that_is_away_ends_no_task_for_good(caplog: pytest.LogCaptureFixture) -> None:
    again = threading.Event()
    ran: list[int] = []

    def task() -> Iterator[None]:
        ran.append(1)
        if len(ran) == 2:
            again.set()
        yield
        raise errors.StoreUnavailable

    running = upkeep.Upkeep([task], interval_s=0)
    running.start()
    assert again.wait(_WAIT_S)
    running.stop()
    assert "Upkeep was put off: UNAVAILABLE" in caplog.text


def test_stopping_before_the_start_is_harmless() -> None:
    upkeep.Upkeep([]).stop()


def test_calls_have_three_times_the_time_of_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    rests: list[float] = []

    def task() -> Iterator[None]:
        nonlocal now_s
        for took_s in (2.0, 0.5):
            now_s += took_s
            yield

    class Stopped(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            nonlocal now_s
            rests.append(timeout or 0.0)
            now_s += timeout or 0.0
            return False

    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    running = upkeep.Upkeep([task])
    running._stopped = Stopped()
    running._try(task)
    assert rests == [6.0, 1.5]
