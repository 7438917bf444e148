"""Nothing is lost and nothing is confirmed that was not served, in random cases."""

from __future__ import annotations

import os
import pathlib
import sys
import tempfile
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from tests import databases as test_databases
from tests.property import core, importers, machine

MEMORY = "/dev/shm"  # noqa: S108 - a folder of a random name is made in it
# The same cases at each run of `make test`; new ones at each run of the slow test.
SHORT = settings(
    max_examples=250,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
LONG = settings(SHORT, max_examples=10_000, stateful_step_count=60, derandomize=False)
# A server answers each of a case's many calls later than a file in memory does.
SHARE = {"sqlite": 1, "postgresql": 6, "citus": 12}


@pytest.fixture(params=test_databases.EACH_ENGINE)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def running(engine: str, databases: test_databases.Databases) -> Iterator[core.Core]:
    # In memory where the system has such a folder: here no power fails, and each write would wait.
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        path = pathlib.Path(folder)
        started = core.Core(databases.url(engine, path), path)
        yield started
        started.close()


def check(running: core.Core, engine: str, start: str, cases: settings) -> None:
    cases = settings(cases, max_examples=cases.max_examples // SHARE[engine])
    # Any callable will do, though its type asks for a class.
    begin = cast(Any, lambda: machine.Machine(running, start))
    importers.LOST.clear()
    run_state_machine_as_test(begin, settings=cases)
    had, lost = importers.LOST.total(), importers.LOST[True]
    sys.stdout.write(f"{lost} of {had} importers lost something by asking for the next page\n")


@pytest.mark.parametrize("start", machine.STARTS)
def test_nothing_is_lost_or_confirmed_unseen(running: core.Core, engine: str, start: str) -> None:
    check(running, engine, start, SHORT)


@pytest.mark.slow
@pytest.mark.parametrize("start", machine.STARTS)
def test_nothing_is_lost_or_confirmed_unseen_in_many_cases(
    running: core.Core, engine: str, start: str
) -> None:
    check(running, engine, start, LONG)
