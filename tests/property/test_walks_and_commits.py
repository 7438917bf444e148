"""Nothing is lost and nothing is confirmed that was not served, in random cases."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.property import core, machine

MEMORY = "/dev/shm"  # noqa: S108 - a folder of a random name is made in it
# The same cases at each run of `make test`; new ones at each run of the slow test.
SHORT = settings(
    max_examples=300,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
LONG = settings(SHORT, max_examples=10_000, stateful_step_count=60, derandomize=False)


@pytest.fixture
def running() -> Iterator[core.Core]:
    # In memory where the system has such a folder: here no power fails, and each write would wait.
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        started = core.Core(f"sqlite:///{folder}/pullfeed.db")
        yield started
        started.close()


def check(running: core.Core, start: str, cases: settings) -> None:
    # Any callable will do, though its type asks for a class.
    begin = cast(Any, lambda: machine.Machine(running, start))
    run_state_machine_as_test(begin, settings=cases)


@pytest.mark.parametrize("start", machine.STARTS)
def test_nothing_is_lost_or_confirmed_unseen(running: core.Core, start: str) -> None:
    check(running, start, SHORT)


@pytest.mark.slow
@pytest.mark.parametrize("start", machine.STARTS)
def test_nothing_is_lost_or_confirmed_unseen_in_many_cases(running: core.Core, start: str) -> None:
    check(running, start, LONG)
