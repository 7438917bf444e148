"""Asks again where that can help: after 429, 503 and a broken connection, never after a 400."""

from __future__ import annotations

import datetime
import email.utils
import time
from collections.abc import Callable

from pullfeed_client.importer import transport

BUSY = (429, 503)
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0


class Patient:
    """A transport that waits and repeats; every request of the contract may be repeated.

    budget_s: seconds spent waiting in all, over its whole life. Retry-After is
    obeyed where it is longer than the wait at hand, which doubles each time. A
    callback that never answered is not waited for: its address may be wrong.
    """

    def __init__(
        self,
        way: transport.Transport,
        budget_s: float,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._way = way
        self._left_s = budget_s
        self._pause = pause
        self._was_reached = False

    def post(self, target: str, body: bytes) -> transport.Answer:
        """The first answer that is not BUSY, or the last one. Raises Unreachable."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                answer = self._way.post(target, body)
            except transport.Unreachable:
                if not self._was_reached or not self._has_waited(wait_s):
                    raise
            else:
                self._was_reached = True
                if answer.status not in BUSY:
                    return answer
                if not self._has_waited(max(wait_s, retry_after_s(answer))):
                    return answer
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _has_waited(self, wait_s: float) -> bool:
        """Waits, unless that is more than what is left."""
        if wait_s > self._left_s:
            return False
        self._left_s -= wait_s
        self._pause(wait_s)
        return True


def retry_after_s(answer: transport.Answer) -> float:
    """Seconds that Retry-After asks for; 0 where it says nothing. Source: RFC 9110 10.2.3."""
    told = answer.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told)
    try:
        until = email.utils.parsedate_to_datetime(told)
    except ValueError:
        return 0.0
    return max(0.0, (until - datetime.datetime.now(datetime.UTC)).total_seconds())
