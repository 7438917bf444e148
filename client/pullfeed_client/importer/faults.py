"""Faults made on purpose, the same for the same seed, between an importer and a callback."""

from __future__ import annotations

import collections
import http.client
import random
import time
from collections.abc import Callable

from pullfeed_client.importer import transport

FAULTS = ("none", "none", "doubled", "cut", "lost", "unheard", "slow", "killed")
_SLOW_READ_BYTES = 512
_SLOW_PAUSE_S = 0.0005


class Killed(Exception):
    """The importer ends here, as by kill -9."""


class OnPurpose(transport.Unreachable):
    """No answer came, because that was the fault to be made."""


class Faulty(transport.Http):
    """A way to a callback on which things go wrong.

    doubled: the request goes out twice, and the second answer is taken. cut: the
    connection ends in the middle of the answer. lost: the request never arrives.
    unheard: it arrives, its answer does not. slow: the answer is read a little at
    a time. killed: the importer ends, before the request or after its answer.
    """

    def __init__(
        self,
        url: str,
        key: str,
        timeout_s: float,
        rng: random.Random,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(url, key, timeout_s)
        self._rng = rng
        self._slow_pause = pause
        self._made: dict[str, Callable[[str, bytes], transport.Answer]] = {
            "none": super().post,
            "doubled": self._doubled,
            "cut": self._cut,
            "lost": self._lost,
            "unheard": self._unheard,
            "slow": self._slow,
            "killed": self._killed,
        }
        self.counts: collections.Counter[str] = collections.Counter()

    def post(self, target: str, body: bytes) -> transport.Answer:
        """The answer, if it comes. Raises Unreachable and Killed."""
        fault = self._rng.choice(FAULTS)
        self.counts[fault] += 1
        return self._made[fault](target, body)

    def _doubled(self, target: str, body: bytes) -> transport.Answer:
        super().post(target, body)
        return super().post(target, body)

    def _cut(self, target: str, body: bytes) -> transport.Answer:
        self._read(target, body, lambda response: response.read(40))
        self.close()
        raise OnPurpose("cut in the middle of the answer, on purpose")

    def _lost(self, target: str, body: bytes) -> transport.Answer:
        del target, body
        raise OnPurpose("the request was lost, on purpose")

    def _unheard(self, target: str, body: bytes) -> transport.Answer:
        super().post(target, body)
        raise OnPurpose("the answer was lost, on purpose")

    def _slow(self, target: str, body: bytes) -> transport.Answer:
        return self._read(target, body, self._read_slowly)

    def _killed(self, target: str, body: bytes) -> transport.Answer:
        if self._rng.random() < 0.5:
            super().post(target, body)
        self.close()
        raise Killed

    def _read_slowly(self, response: http.client.HTTPResponse) -> bytes:
        parts: list[bytes] = []
        while part := response.read(_SLOW_READ_BYTES):
            parts.append(part)
            self._slow_pause(_SLOW_PAUSE_S)
        return b"".join(parts)

    def _read(
        self, target: str, body: bytes, read: Callable[[http.client.HTTPResponse], bytes]
    ) -> transport.Answer:
        try:
            self._connection.request("POST", self._base + target, body, self._headers)
            response = self._connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return transport.Answer(response.status, headers, read(response))
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise transport.Unreachable(str(error) or type(error).__name__) from error
