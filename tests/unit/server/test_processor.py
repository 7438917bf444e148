"""The one processor a core runs on."""

from __future__ import annotations

import errno
import os
import sys

import pytest

from pullfeed_server import errors, processor

_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux binds a process")


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """What the process was bound to; it may use 2, 3, 5 and 8, and stays where it is."""
    calls: list[set[int]] = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {8, 5, 3, 2}, raising=False)
    monkeypatch.setattr(
        os, "sched_setaffinity", lambda _, numbers: calls.append(numbers), raising=False
    )
    return calls


@_LINUX
def test_a_number_is_the_processor(bound: list[set[int]]) -> None:
    processor.settle("5", "")
    assert bound == [{5}]


@_LINUX
def test_auto_draws_the_same_for_the_same_file_and_all_of_them_for_many(
    bound: list[set[int]],
) -> None:
    for file in range(40):
        processor.settle("auto", f"sqlite:///{file}.db")
    first = list(bound)
    for file in range(40):
        processor.settle("auto", f"sqlite:///{file}.db")
    assert bound == first * 2
    assert set().union(*first) == {2, 3, 5, 8}


@pytest.mark.parametrize(("wanted", "seed"), [("any", "sqlite:///a.db"), ("any", ""), ("auto", "")])
def test_any_binds_nothing(bound: list[set[int]], wanted: str, seed: str) -> None:
    processor.settle(wanted, seed)
    assert bound == []


@_LINUX
@pytest.mark.parametrize("wanted", ["1", "-2", "2.0", "", "²", "first", "2,3", "1" * 5000])
def test_what_is_none_of_its_processors_is_told_with_the_setting(
    bound: list[set[int]], wanted: str
) -> None:
    with pytest.raises(errors.Unusable) as refused:
        processor.settle(wanted, "")
    assert "PULLFEED_CORE_PROCESSOR" in refused.value.message
    assert "2, 3, 5, 8" in refused.value.message
    assert bound == []


@_LINUX
@pytest.mark.parametrize("refused", ["sched_getaffinity", "sched_setaffinity"])
def test_a_sandbox_that_binds_nothing_leaves_auto_unbound_with_a_line_in_the_log(
    bound: list[set[int]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    refused: str,
) -> None:
    monkeypatch.setattr(os, refused, _refuse)
    processor.settle("auto", "sqlite:///a.db")
    (line,) = caplog.messages
    assert line == (
        "The core runs on any processor (setting processor): the system keeps it from "
        "choosing one (Operation not permitted)."
    )
    assert bound == []


@_LINUX
@pytest.mark.parametrize("refused", ["sched_getaffinity", "sched_setaffinity"])
def test_a_number_that_a_sandbox_refuses_is_told_with_the_setting(
    bound: list[set[int]], monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    monkeypatch.setattr(os, refused, _refuse)
    with pytest.raises(errors.Unusable) as told:
        processor.settle("5", "sqlite:///a.db")
    assert told.value.message == (
        "The setting processor (PULLFEED_CORE_PROCESSOR) cannot be kept here: the system keeps "
        "the core from choosing one (Operation not permitted). Say auto or any."
    )
    assert bound == []


def _refuse(*_: object) -> None:
    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def test_elsewhere_a_number_is_refused_and_auto_is_any(
    bound: list[set[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    processor.settle("auto", "sqlite:///a.db")
    with pytest.raises(errors.Unusable):
        processor.settle("0", "")
    assert bound == []
