from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from tests.store.shop import Importer, Shop

from pullfeed_server import calls, errors, sender
from pullfeed_server.store import Store

_WAIT_S = 10
_HOUR_US = 3600 * 1_000_000
_SECRETS = ("a key", "importer.example", "word", "shop.example\\", "record_count")


class _Calls(calls.Calls):
    """A server that answers as the test says, and tells when it was called."""

    def __init__(self) -> None:
        super().__init__(10)
        self.answer: Callable[[], calls.Outcome] = lambda: calls.Outcome(True, "HTTP 200")
        self.called: queue.Queue[str] = queue.Queue()

    def post(self, url: str, headers: Any, body: bytes, *, allow_private: bool) -> calls.Outcome:
        self.called.put(headers["Idempotency-Key"])
        return self.answer()


@pytest.fixture
def made() -> _Calls:
    return _Calls()


@pytest.fixture
def sending(store: Store, made: _Calls) -> Iterator[sender.Sender]:
    running = sender.Sender(store, made, _HOUR_US, is_alone=True)
    yield running
    running.stop()


@pytest.fixture
def importer(store: Store) -> Importer:
    """An importer that is told of two pages, of which none was served yet."""
    shop = Shop(store)
    shop.put("c1", "c2", "c3")
    told = shop.importer()
    told.commits_by("notify", url="https://importer.example/commit?word")
    return told


def _lines(log: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [orjson.loads(record.getMessage()) for record in log.records]


def test_what_becomes_due_is_sent_without_being_asked_for(
    sending: sender.Sender, made: _Calls, importer: Importer
) -> None:
    sending.start()
    for number in (1, 2):
        importer.hand_over(importer.page(number))
    keys = [made.called.get(timeout=_WAIT_S) for _ in range(2)]
    sending.stop()
    assert len(set(keys)) == 2
    assert importer.committed == 3


def test_a_stop_waits_for_the_call_in_flight(
    sending: sender.Sender, made: _Calls, importer: Importer
) -> None:
    let_go = threading.Event()

    def answer() -> calls.Outcome:
        let_go.wait(_WAIT_S)
        return calls.Outcome(is_success=True, text="HTTP 200")

    made.answer = answer
    sending.start()
    importer.hand_over(importer.page(1))
    made.called.get(timeout=_WAIT_S)
    stopping = threading.Thread(target=sending.stop)
    stopping.start()
    let_go.set()
    stopping.join(_WAIT_S)
    assert importer.committed == 2


def test_one_slow_server_holds_up_no_other(
    sending: sender.Sender, made: _Calls, importer: Importer
) -> None:
    slow = threading.Event()
    waits = iter([True, False])

    def answer() -> calls.Outcome:
        if next(waits):
            slow.wait(_WAIT_S)
        return calls.Outcome(is_success=True, text="HTTP 200")

    made.answer = answer
    sending.start()
    importer.hand_over(importer.page(1))
    made.called.get(timeout=_WAIT_S)
    other = importer.shop.importer("sms")
    other.commits_by("notify")
    other.hand_over(other.page(1))
    made.called.get(timeout=_WAIT_S)
    slow.set()
    sending.stop()
    assert (importer.committed, other.committed) == (2, 2)


def test_a_fault_ends_no_thread(
    sending: sender.Sender, made: _Calls, importer: Importer, caplog: pytest.LogCaptureFixture
) -> None:
    def answer() -> calls.Outcome:
        raise ValueError("a value of c1")

    made.answer = answer
    sending.start()
    others = [importer.shop.importer(f"other{number}") for number in range(sender.THREADS + 1)]
    for other in others:
        other.commits_by("notify")
        other.hand_over(other.page(1))
        made.called.get(timeout=_WAIT_S)
    sending.stop()
    faults = [line["fault"] for line in _lines(caplog) if "fault" in line]
    assert [fault[0] for fault in faults] == ["ValueError"] * len(others)
    assert "c1" not in caplog.text


def test_a_database_that_is_away_is_asked_again(
    sending: sender.Sender, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: queue.Queue[None] = queue.Queue()

    def away(_: Any) -> Any:
        asked.put(None)
        raise errors.StoreUnavailable

    monkeypatch.setattr(sender, "PAUSE_S", 0.01)
    monkeypatch.setattr(store, "read", away)
    sending.start()
    for _ in range(3):
        asked.get(timeout=_WAIT_S)
    sending.stop()


def test_a_call_is_one_line_in_the_log_without_url_key_or_body(
    sending: sender.Sender, made: _Calls, importer: Importer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    made.answer = lambda: calls.Outcome(is_success=False, text="HTTP 500")
    importer.hand_over(importer.page(1))
    sending.send_due()
    (line,) = _lines(caplog)
    assert line.pop("duration_ms") >= 0
    assert line == {
        "method": "notice",
        "notice": made.called.get(),
        "importer": "mail",
        "shop": "shop.example",
        "scope": 1,
        "attempt": 1,
        "outcome": "HTTP 500",
    }
    assert not [secret for secret in _SECRETS if secret in caplog.text]
