"""Servers with one fault about cursors."""

from __future__ import annotations

import itertools
from typing import Any

from tests.conformance.right_records import Fields
from tests.conformance.right_server import Ask, Callback, Refuse, Reply


class NoCursor(Callback):
    """Gives page numbers only."""

    fails = "cursor-given"

    def cursor(self, scope: str, end: int) -> str | None:
        return None


class CursorOnLastPage(Callback):
    """Gives a cursor on the last page too."""

    fails = "last-cursor-null"

    def envelope(self, envelope: Fields) -> Fields:
        meta = envelope["meta"]
        if envelope["data"] and not meta["has_next_page"]:
            meta["cursor"] = self.signed(f"c-customers-{len(self.feeds['customers'])}")
        return envelope


class InclusiveCursor(Callback):
    """Begins at the record the cursor stands on, so that one of equal dates never passes."""

    fails = "cursor-advances"

    def cursor(self, scope: str, end: int) -> str | None:
        return super().cursor(scope, min(end, 20))


class PaddedCursor(Callback):
    """Writes cursors as plain base64."""

    fails = "cursor-url-safe"

    def cursor(self, scope: str, end: int) -> str | None:
        return f"{super().cursor(scope, end)}+=="

    def opened(self, text: str, kind: str) -> int:
        if kind.startswith("c-") and not text.endswith("+=="):
            raise Refuse(400, "CURSOR_INVALID", "The cursor was cut.")
        return super().opened(text.removesuffix("+=="), kind)


class SingleUseCursor(Callback):
    """Forgets a cursor once it was asked for."""

    fails = "same-cursor-twice"

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count()
        self._used: set[str] = set()

    def cursor(self, scope: str, end: int) -> str | None:
        return f"{next(self._numbers)}.{super().cursor(scope, end)}"

    def opened(self, text: str, kind: str) -> int:
        if not kind.startswith("c-"):
            return super().opened(text, kind)
        if text in self._used:
            raise Refuse(400, "CURSOR_USED", "The cursor was used.")
        self._used.add(text)
        return super().opened(text.partition(".")[2] or text, kind)


class CursorsBegunAgain(Callback):
    """Begins at the first page where it cannot read a cursor."""

    fails = "bad-cursors-refused"

    def page(self, ask: Ask, feed: dict[int, Fields]) -> Reply:
        try:
            return super().page(ask, feed)
        except Refuse as refused:
            if refused.reason != "CURSOR_INVALID":
                raise
            ask.query.pop("cursor")
            return super().page(ask, feed)


SERVERS: tuple[type[Any], ...] = tuple(
    found
    for found in dict(globals()).values()
    if isinstance(found, type) and "fails" in vars(found)
)
