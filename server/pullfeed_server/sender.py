"""Sends notices: threads that take the first one of a line, call, and note what became of it."""

from __future__ import annotations

import functools
import logging
import threading
import time
import traceback
from collections.abc import Iterator

import orjson

from pullfeed_server import calls, clock, errors, outbox
from pullfeed_server.store import Store

# A slow server holds up its own line, and one of these.
THREADS = 4
# How long a notice that is due may wait to be looked for.
POLL_S = 0.25
# After a fault, for example while the database is away.
PAUSE_S = 5.0
_LOOKED_AT = 16

_log = logging.getLogger(__name__)


class Sender:
    """Calls importers until it is stopped."""

    def __init__(self, store: Store, made: calls.Calls, give_up_us: int, *, is_alone: bool) -> None:
        """give_up_us: after the first call of a notice that never succeeded.

        is_alone: no other core can hold a lease.
        """
        self._store = store
        self._calls = made
        self._give_up_us = give_up_us
        self._is_alone = is_alone
        # One thread at a time looks for what is due; the others call.
        self._turn = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name="pullfeed-sender", daemon=True)
            for _ in range(THREADS)
        ]

    def start(self) -> None:
        """Begins to send."""
        if self._is_alone:
            # Of calls that a stop of this core has cut off.
            self._store.write(lambda tx: tx.outbox.release())
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Returns when the calls in flight have ended."""
        self._stopping.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def send_due(self) -> int:
        """Sends what is due now, and what becomes due by that; the number of calls."""
        made = 0
        while call := self._claim():
            self._send(call)
            made += 1
        return made

    def _run(self) -> None:
        for call in self._claims():
            try:
                self._send(call)
            except Exception as error:  # noqa: BLE001 - the border: the lease ends, then it is sent again
                _complain(error)

    def _claims(self) -> Iterator[outbox.Call]:
        while not self._stopping.is_set():
            with self._turn:
                call = self._wait_for_one()
            if call is not None:
                yield call

    def _wait_for_one(self) -> outbox.Call | None:
        while not self._stopping.is_set():
            pause_s = POLL_S
            try:
                if call := self._claim():
                    return call
            except Exception as error:  # noqa: BLE001 - the border: it may be over the next time
                _complain(error)
                pause_s = PAUSE_S
            self._stopping.wait(pause_s)
        return None

    def _claim(self) -> outbox.Call | None:
        now_us = clock.now_us()
        ready = self._store.read(lambda tx: tx.outbox.ready(now_us, _LOOKED_AT))
        for key in ready:
            call = self._store.write(functools.partial(outbox.claim, key=key, now_us=now_us))
            if call is not None:
                return call
        return None

    def _send(self, call: outbox.Call) -> None:
        begun = time.perf_counter()
        outcome = self._call(call)
        _note(call, outcome, time.perf_counter() - begun)
        now_us = clock.now_us()
        if outcome.is_success:
            self._store.write(lambda tx: outbox.succeed(tx, call, outcome.text, now_us))
        else:
            self._store.write(
                lambda tx: outbox.fail(tx, call, outcome.text, now_us, self._give_up_us)
            )

    def _call(self, call: outbox.Call) -> calls.Outcome:
        notify = call.notify
        if not notify.url:
            return calls.Outcome(is_success=False, text="NO_URL")
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": call.notice.notice,
            "X-Api-Key": notify.api_key,
            "X-Integration-Type-ID": notify.integration_type_id,
        }
        said = {name: value for name, value in headers.items() if value}
        return self._calls.post(
            notify.url, said, call.notice.body, allow_private=notify.allow_private
        )


def _note(call: outbox.Call, outcome: calls.Outcome, seconds: float) -> None:
    """One line a call; no URL, no key, nothing of the body."""
    fields = {
        "method": "notice",
        "notice": call.notice.notice,
        "importer": call.key.importer,
        "shop": call.key.shop,
        "scope": call.key.scope,
        "attempt": call.notice.attempts + 1,
        "outcome": outcome.text,
        "duration_ms": round(seconds * 1000, 2),
    }
    level = logging.INFO if outcome.is_success else logging.WARNING
    _log.log(level, "%s", orjson.dumps(fields).decode())


def _complain(error: Exception) -> None:
    """Says where a fault came from. Not its text: that may quote what is stored."""
    told = error.reason if isinstance(error, errors.PullfeedError) else type(error).__qualname__
    frames = traceback.extract_tb(error.__traceback__)
    fault = [told, *(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)]
    _log.error("%s", orjson.dumps({"method": "notice", "fault": fault}).decode())
