"""Listings by key, page by page: the token of a page is the last key of the one before."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from pullfeed_server import errors

T = TypeVar("T")
_DIVIDER = "\0"


class Page(NamedTuple, Generic[T]):
    """A page of a listing. next_token: "" at the end, and only there."""

    items: list[T]
    next_token: str


def cut(found: Sequence[T], page_size: int, key_of: Callable[[T], str]) -> Page[T]:
    """The page. found: in the order of its keys, and one more than the page where there is one."""
    kept = list(found[:page_size])
    return Page(kept, token(key_of(kept[-1])) if len(found) > page_size else "")


def token(last: str) -> str:
    """The token of the page behind a key."""
    return base64.urlsafe_b64encode(last.encode()).rstrip(b"=").decode()


def read(text: str) -> str:
    """The key a token stands for. Raises FieldInvalid."""
    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise invalid() from error


def key(*parts: str | int) -> str:
    """A key of several parts, none of which holds a NUL."""
    return _DIVIDER.join(map(str, parts))


def read_pair(text: str) -> tuple[str, str] | None:
    """The key of two parts a token stands for; None for the first page. Raises FieldInvalid."""
    if not text:
        return None
    parts = read(text).split(_DIVIDER)
    if len(parts) != 2:
        raise invalid()
    return parts[0], parts[1]


def invalid() -> errors.FieldInvalid:
    """What to raise of a token that is none of the listing's."""
    return errors.FieldInvalid(
        "page_token must be the next_page_token of the page before.", field="page_token"
    )
