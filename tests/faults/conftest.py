from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from tests.faults import process


@pytest.fixture
def start(tmp_path: pathlib.Path) -> Iterator[process.Start]:
    """Starts cores on one file; whatever still runs ends with the test."""
    started: list[process.Process] = []

    def start(*arguments: Any, **changes: Any) -> process.Process:
        started.append(process.Process(tmp_path, *arguments, **changes))
        return started[-1]

    yield start
    for core in started:
        core.kill()
