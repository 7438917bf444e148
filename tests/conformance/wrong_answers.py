"""Servers with one fault about HTTP or the envelope."""

from __future__ import annotations

from typing import Any

from tests.conformance.right_records import Fields
from tests.conformance.right_server import (
    Ask,
    Callback,
    Refuse,
    Reply,
)

Feed = dict[int, Fields]
Headers = dict[str, str] | None


class Down(Callback):
    """Fails at every request."""

    fails = "first-page"

    def answer(self, ask: Ask) -> Reply:
        return self.refusal(Refuse(500, "INTERNAL", "Something broke."))


class Latin1(Callback):
    """Writes its pages in Latin-1."""

    fails = "json"

    def reply(self, document: Fields, headers: Headers = None, status: int = 200) -> Reply:
        reply = super().reply(document, headers, status)
        reply.body = reply.body.decode().encode("latin-1")
        reply.headers["Content-Length"] = str(len(reply.body))
        return reply


class NotANumber(Callback):
    """Prints NaN, which JSON does not have."""

    fails = "json"

    def envelope(self, envelope: Fields) -> Fields:
        return envelope | {"took": float("nan")}


class Html(Callback):
    """Calls its JSON a web page."""

    fails = "content-type"

    def reply(self, document: Fields, headers: Headers = None, status: int = 200) -> Reply:
        return super().reply(document, {"Content-Type": "text/html"}, status)


class NoFraming(Callback):
    """Closes the connection to say that the body ends."""

    fails = "framing"

    def reply(self, document: Fields, headers: Headers = None, status: int = 200) -> Reply:
        reply = super().reply(document, headers, status)
        del reply.headers["Content-Length"]
        return reply


class CutAnswer(Callback):
    """Cuts the connection in the middle of page 3."""

    fails = "answers-whole"

    def page(self, ask: Ask, feed: Feed) -> Reply:
        reply = super().page(ask, feed)
        reply.is_whole = ask.query.get("page") != "3"
        return reply


class DataByIndex(Callback):
    """Writes data as an object, as some languages print a list with gaps."""

    fails = "envelope-shape"

    def envelope(self, envelope: Fields) -> Fields:
        rows = enumerate(envelope["data"])
        return envelope | {"data": {str(number): row for number, row in rows}}


class NullsInData(Callback):
    """Leaves null where a record was filtered out."""

    fails = "envelope-shape"

    def envelope(self, envelope: Fields) -> Fields:
        return envelope | {"data": [*envelope["data"][:-1], None]}


class StatusOk(Callback):
    """Has its own word for success."""

    fails = "envelope-status"

    def envelope(self, envelope: Fields) -> Fields:
        return envelope | {"status": "OK"}


class NoPageSize(Callback):
    """Leaves page_size out of meta."""

    fails = "meta-keys"

    def envelope(self, envelope: Fields) -> Fields:
        del envelope["meta"]["page_size"]
        return envelope


class NumbersAsText(Callback):
    """Prints page as a text."""

    fails = "meta-types"

    def envelope(self, envelope: Fields) -> Fields:
        envelope["meta"]["page"] = str(envelope["meta"]["page"])
        return envelope


class HasNextAsText(Callback):
    """Prints has_next_page as a text, which is true in most languages."""

    fails = "has-next-page-boolean"

    def envelope(self, envelope: Fields) -> Fields:
        envelope["meta"]["has_next_page"] = str(envelope["meta"]["has_next_page"]).lower()
        return envelope


class PageFromZero(Callback):
    """Counts pages from 0 in meta."""

    fails = "meta-echo"

    def envelope(self, envelope: Fields) -> Fields:
        envelope["meta"]["page"] -= 1
        return envelope


SERVERS: tuple[type[Any], ...] = tuple(
    found
    for found in dict(globals()).values()
    if isinstance(found, type) and "fails" in vars(found)
)
