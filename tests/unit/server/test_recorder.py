"""What is noted of served pages, beside their way."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from tests import factories
from tests.clock import Clock

from pullfeed_server import errors, recorder, tokens
from pullfeed_server.store import Store, Transaction

T = TypeVar("T")
_OWNER = tokens.Feed("mail", factories.SHOP, 1, 1)
_POINT = tokens.Point(0, 50, 1, 1, walk=7, page_size=50, served=50)
_BEFORE_ALL = (2**62, 2**62)


class _Flaky:
    """A store that can be away. written: set with each write."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.is_away = False
        self.written = threading.Event()

    def read(self, work: Callable[[Transaction], T]) -> T:
        return self._store.read(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        if self.is_away:
            raise errors.StoreUnavailable
        result = self._store.write(work)
        self.written.set()
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@pytest.fixture
def flaky(store: Store, clock: Clock) -> _Flaky:
    return _Flaky(store)


def _recorder(store: Any, interval_s: float = 1.0) -> recorder.Recorder:
    return recorder.Recorder(store, interval_s)


def _page_counts(store: Any) -> list[int]:
    found = store.read(
        lambda tx: tx.deliveries.page(factories.SHOP, 0, "", _BEFORE_ALL, 0, 100_000)
    )
    return [row.page_count for row in found]


def test_pages_are_written_by_themselves_and_the_last_ones_at_the_end(flaky: _Flaky) -> None:
    written = _recorder(flaky, 0.001)
    written.start()
    written.note(_OWNER, _POINT, 50)
    assert flaky.written.wait(10)
    written.note(_OWNER, _POINT, 50)
    written.stop()
    assert _page_counts(flaky) == [2]


def test_stopping_one_that_was_never_started_writes_what_waits(flaky: _Flaky) -> None:
    written = _recorder(flaky)
    written.note(_OWNER, _POINT, 50)
    written.stop()
    assert _page_counts(flaky) == [1]


def test_what_could_not_be_written_waits_for_the_database(
    flaky: _Flaky, caplog: pytest.LogCaptureFixture
) -> None:
    written = _recorder(flaky)
    flaky.is_away = True
    written.note(_OWNER, _POINT, 50)
    with pytest.raises(errors.StoreUnavailable):
        written.flush()
    with caplog.at_level(logging.WARNING):
        written.stop()
    assert caplog.messages == ["The ledger was put off: UNAVAILABLE"]
    flaky.is_away = False
    written.note(_OWNER, _POINT, 50)
    written.flush()
    assert _page_counts(flaky) == [2]


def test_of_too_many_walks_the_pages_are_counted_as_lost(
    flaky: _Flaky, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "MAX_WAITING", 2)
    written = _recorder(flaky)
    for walk in range(4):
        written.note(_OWNER, _POINT._replace(walk=walk), 50)
    # A walk that is known goes on.
    written.note(_OWNER, _POINT._replace(walk=0), 50)
    written.flush()
    assert (sorted(_page_counts(flaky)), written.lost_pages) == ([1, 2], 2)


def test_many_walks_are_written_in_small_batches(flaky: _Flaky) -> None:
    written = _recorder(flaky)
    for walk in range(250):
        written.note(_OWNER, _POINT._replace(walk=walk), 50)
    written.flush()
    assert _page_counts(flaky) == [1] * 250
