"""What is measured: a server, and how its pages are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from bench import connection, shop

# Looked for in the head of a page, so that a walk spends no time on parsing JSON.
_CURSOR = re.compile(rb'"cursor":"([^"]+)"')
_HAS_NEXT = re.compile(rb'"has_next_page":true')
_HEAD_BYTES = 600


class Wrong(Exception):
    """A server answered something else than the shop's customers."""


class Page(NamedTuple):
    """A page as it was asked for and answered."""

    path: str
    body: bytes


class Subject(NamedTuple):
    """One row of the table."""

    name: str
    address: str
    key: str = ""
    by_cursor: bool = False

    def connect(self) -> connection.Connection:
        """A connection that brings the subject's key."""
        return connection.Connection(self.address, self.key)

    def walk(self, client: connection.Connection, size: int) -> Iterator[Page]:
        """Page after page up to the last one. Raises Wrong."""
        page = fetch(client, numbered(1, size))
        yield page
        number = 1
        while _HAS_NEXT.search(page.body, 0, _HEAD_BYTES):
            number += 1
            path = _after(page, size) if self.by_cursor else numbered(number, size)
            page = fetch(client, path)
            yield page


def numbered(number: int, size: int) -> str:
    """The path of a page by its number."""
    return f"/customers?page={number}&page_size={size}"


def fetch(client: connection.Connection, path: str) -> Page:
    """A page. Raises Wrong for any other answer than 200."""
    answer = client.post(path, shop.BODY)
    if answer.status != 200:
        raise Wrong(f"{path}: {answer.status} {answer.body[:200]!r}")
    return Page(path, answer.body)


def _after(page: Page, size: int) -> str:
    found = _CURSOR.search(page.body, 0, _HEAD_BYTES)
    if found is None:
        raise Wrong(f"{page.path}: no cursor")
    return f"/customers?cursor={found[1].decode()}&page_size={size}"
