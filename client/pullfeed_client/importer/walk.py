"""A walk: the pages of one scope, one after the other, and their commits."""

from __future__ import annotations

import dataclasses
import json
import urllib.parse
from collections.abc import Iterator
from typing import Any, Literal, cast

from pullfeed_client.importer import transport

Mode = Literal["cursor", "page"]


class Refused(Exception):
    """The server answered with an error; the text is its own sentence."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(f"{message} (HTTP {status}{f', {reason}' if reason else ''})")


class Broken(Exception):
    """The server's answer is not what the contract says."""


@dataclasses.dataclass(frozen=True)
class Feed:
    """One scope of one shop. path: the scope's path below the base URL, "/customers"."""

    path: str
    shop: str

    @property
    def body(self) -> bytes:
        """The body of every request about this feed."""
        return json.dumps({"shop": self.shop}).encode()


@dataclasses.dataclass(frozen=True)
class Page:
    """One page as it came. commit_token: empty where the server gave none."""

    number: int
    records: list[dict[str, Any]]
    has_next_page: bool
    cursor: str | None
    commit_token: str


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a walk goes on: the page to ask for. cursor: empty for the first, and by number."""

    number: int = 1
    cursor: str = ""


START = Place()


@dataclasses.dataclass(frozen=True)
class Commit:
    """The answer to a commit."""

    position: int
    advanced: bool


def pages(
    way: transport.Transport, feed: Feed, mode: Mode, page_size: int, place: Place = START
) -> Iterator[Page]:
    """The pages of a walk from a place to has_next_page=false.

    The next page is asked for only when it is taken, so that a page can be
    applied and committed before. Raises Refused, Broken and Unreachable; Broken
    also where the walk would go in a circle.
    """
    given: set[str] = set()
    records: list[dict[str, Any]] = []
    while True:
        query = urllib.parse.urlencode({**_point(mode, place), "page_size": page_size})
        page = _page(place.number, way.post(f"{feed.path}?{query}", feed.body))
        if page.records and page.records == records:
            raise Broken(f"page {page.number} brings the records of the page before it again")
        yield page
        if not page.has_next_page:
            return
        place, records = following(mode, page), page.records
        if place.cursor in given:
            raise Broken(f"page {page.number} gives a cursor that an earlier page gave: a circle")
        given |= {place.cursor} - {""}


def following(mode: Mode, page: Page) -> Place:
    """The place behind a page that says there is more. Raises Broken without a cursor due."""
    return Place(page.number + 1, _cursor(page) if mode == "cursor" else "")


def _point(mode: Mode, place: Place) -> dict[str, object]:
    if mode == "page":
        return {"page": place.number}
    # A walk by cursor begins with neither: the server keeps nothing for it.
    return {"cursor": place.cursor} if place.cursor else {}


def commit(way: transport.Transport, feed: Feed, page: Page) -> Commit:
    """Confirms a page and all before it. Raises Refused, Broken and Unreachable."""
    if not page.commit_token:
        raise Broken(f"page {page.number} came without X-Commit-Token, so it cannot be committed")
    return commit_token(way, feed, page.commit_token)


def commit_token(way: transport.Transport, feed: Feed, token: str) -> Commit:
    """Confirms what a token stands for. Raises Refused, Broken and Unreachable."""
    query = urllib.parse.urlencode({"commit_token": token})
    answer = _read(way.post(f"{feed.path}/commit?{query}", feed.body))
    try:
        told = answer["commit"]
        return Commit(position=told["position"], advanced=told["advanced"])
    except (KeyError, TypeError) as error:
        raise Broken("the answer to a commit has no commit with position and advanced") from error


def _page(number: int, answer: transport.Answer) -> Page:
    envelope = _read(answer)
    try:
        meta, data = envelope["meta"], envelope["data"]
        has_next_page, cursor = meta["has_next_page"], meta["cursor"]
    except (KeyError, TypeError) as error:
        raise Broken(f"page {number} has not the contract's meta and data") from error
    if not isinstance(has_next_page, bool) or not isinstance(data, list):
        raise Broken(f"page {number}: has_next_page is no boolean, or data is no list")
    records = cast("list[dict[str, Any]]", data)
    if not all(isinstance(record, dict) for record in cast("list[object]", data)):
        raise Broken(f"page {number}: data holds something that is no object")
    return Page(number, records, has_next_page, cursor, answer.headers.get("x-commit-token", ""))


def _cursor(page: Page) -> str:
    if not isinstance(page.cursor, str) or not page.cursor:
        raise Broken(f"page {page.number} says that there is more and gives no cursor")
    return page.cursor


def _read(answer: transport.Answer) -> dict[str, Any]:
    """The answer's JSON object. Raises Refused for an error, Broken for anything else."""
    try:
        read: Any = json.loads(answer.body)
    except ValueError:
        read = None
    if answer.status >= 400:
        raise _refusal(answer.status, read)
    if answer.status != 200 or not isinstance(read, dict):
        raise Broken(f"the server answered HTTP {answer.status} without a JSON object")
    envelope = cast("dict[str, Any]", read)
    if envelope.get("status", "success") != "success":
        raise _refusal(answer.status, envelope)
    return envelope


def _refusal(status: int, body: Any) -> Refused:
    message = _text(body, "message")
    error = cast("dict[str, Any]", body).get("error") if isinstance(body, dict) else None
    return Refused(status, _text(error, "reason"), message or "The server gave no reason.")


def _text(fields: Any, name: str) -> str:
    """A text among the fields; empty where there is none, or no fields at all."""
    found = cast("dict[str, Any]", fields).get(name) if isinstance(fields, dict) else None
    return found if isinstance(found, str) else ""
