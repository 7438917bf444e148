"""What one importer is told of one list: one notice after the other."""

from __future__ import annotations

from typing import Generic, TypeVar

from tests.property import server

PageT = TypeVar("PageT")


class Line(Generic[PageT]):
    """Checks that each call comes in its turn and says what it said before."""

    def __init__(self) -> None:
        self._bodies: dict[str, bytes] = {}
        self._key = ""
        self.is_taken = True
        # Pages that were handed over, with the last request before; pages that were told of.
        self._handed: dict[PageT, int] = {}
        self._told: set[PageT] = set()

    def hand_over(self, page: PageT, request: int) -> None:
        """Notes that a page left, after a request had been answered."""
        self._handed.setdefault(page, request)

    def hear(self, call: server.Call, page: PageT) -> None:
        if call.key != self._key:
            assert self.is_taken, "a notice went past one that was not taken"
            assert call.key not in self._bodies, "a notice came again after the one behind it"
            self._key, self.is_taken = call.key, False
            self._check_turn(call.request)
        assert self._bodies.setdefault(call.key, call.body) == call.body
        self._told.add(page)

    def _check_turn(self, request: int) -> None:
        """What was handed over before a page was even asked for is told of before it."""
        before = {page for page, last in self._handed.items() if last < request}
        assert before <= self._told, "a notice was overtaken"
