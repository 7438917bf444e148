"""Cursors and commit tokens: opaque, URL-safe, signed, stateless.

A token says how far one importer has come in one feed, and from where its walk
covers it without a gap. It is no secret and no permission: the key is checked
at every call. Layout, before base64url:

    version 1 | secret id 4 | body 60 | HMAC-SHA-256 of all before, first 16 bytes

Source: AIP-158 (opaque), RFC 9865 section 2 (a cursor lives; forgeries are detected).
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pullfeed_server import errors

LIFETIME_S = 7 * 24 * 3600
_VERSION = 3
_CURSOR, _COMMIT, _COMMIT_LAST = 1, 2, 3
# kind, feed digest, covered_from, position, page, epoch, generation, walk, page_size, served,
# nothing, issued at (s, until 2106)
_BODY = struct.Struct(">B8sQQIQIIHQxI")
_HEAD = struct.Struct(">B4s")
_MAC_BYTES = 16
_TOKEN_BYTES = _HEAD.size + _BODY.size + _MAC_BYTES
# A multiple of three bytes: no padding and no idle bits, so one text for one token.
_TEXT = re.compile(rf"[A-Za-z0-9_-]{{{_TOKEN_BYTES // 3 * 4}}}\Z")


class Feed(NamedTuple):
    """Whose walk over what a token belongs to."""

    importer: str
    shop: str
    scope: int
    list: int

    def digest(self) -> bytes:
        """Eight bytes that tell this feed from any other."""
        return _digest(self)


@functools.lru_cache(maxsize=1024)
def _digest(feed: Feed) -> bytes:
    # A page takes it three times: to read its cursor, and to sign two tokens.
    text = "\0".join((feed.importer, feed.shop, str(feed.scope), str(feed.list)))
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


class Point(NamedTuple):
    """The end of a served page.

    covered_from: the walk served everything after this position, up to
    `position`. page: the page's number in its walk. epoch: the feed's.
    generation: how often the importer was rewound there. walk: names the walk in
    the ledger, 32 bits. served: records that the walk gave from covered_from on, up
    to `position`; 0 where that is not known. is_last: nothing stood behind the page
    when it was read; no cursor is made of such.
    """

    covered_from: int
    position: int
    page: int
    epoch: int
    generation: int = 0
    walk: int = 0
    page_size: int = 0
    served: int = 0
    is_last: bool = False


class Tokens:
    """Makes and reads tokens with a ring of secrets."""

    def __init__(self, secrets: Sequence[bytes], clock: Callable[[], float] = time.time) -> None:
        """secrets: the first signs, all verify; at least one, each 32 bytes or more."""
        self._ring = {_secret_id(secret): secret for secret in secrets}
        self._signing = _secret_id(secrets[0])
        self._clock = clock

    def cursor(self, feed: Feed, point: Point) -> str:
        """The token that asks for the page after a point."""
        return self._sign(_CURSOR, feed, point)

    def commit_token(self, feed: Feed, point: Point) -> str:
        """The token that confirms everything up to a point."""
        return self._sign(_COMMIT_LAST if point.is_last else _COMMIT, feed, point)

    def read_cursor(self, feed: Feed, text: str) -> Point:
        """The point in a cursor. Raises CursorInvalid, CursorForeign, CursorExpired."""
        try:
            return self._read((_CURSOR,), feed, text)
        except _Forged as error:
            raise errors.CursorInvalid from error
        except _Foreign as error:
            raise errors.CursorForeign from error
        except _Expired as error:
            raise errors.CursorExpired from error

    def read_commit_token(self, feed: Feed, text: str) -> Point:
        """The point in a commit token. Raises TokenInvalid, TokenForeign, TokenExpired."""
        try:
            return self._read((_COMMIT, _COMMIT_LAST), feed, text)
        except _Forged as error:
            raise errors.TokenInvalid from error
        except _Foreign as error:
            raise errors.TokenForeign from error
        except _Expired as error:
            raise errors.TokenExpired from error

    def _sign(self, kind: int, feed: Feed, point: Point) -> str:
        body = _BODY.pack(kind, feed.digest(), *point[:-1], int(self._clock()))
        signed = _HEAD.pack(_VERSION, self._signing) + body
        mac = _mac(self._ring[self._signing], signed)
        return base64.urlsafe_b64encode(signed + mac).decode()

    def _read(self, kinds: tuple[int, ...], feed: Feed, text: str) -> Point:
        signed, mac = _split(text)
        version, secret_id = _HEAD.unpack_from(signed)
        secret = self._ring.get(secret_id)
        if version != _VERSION or secret is None:
            raise _Forged
        if not hmac.compare_digest(mac, _mac(secret, signed)):
            raise _Forged
        kind, digest, *numbers, issued = _BODY.unpack_from(signed, _HEAD.size)
        if kind not in kinds:
            raise _Forged
        if digest != feed.digest():
            raise _Foreign
        if issued + LIFETIME_S < self._clock():
            raise _Expired
        return Point(*numbers)._replace(is_last=kind == _COMMIT_LAST)


class _Forged(Exception):
    """Not signed by this ring, or of another kind."""


class _Foreign(Exception):
    """Signed for another feed or importer."""


class _Expired(Exception):
    """Signed too long ago."""


def _split(text: str) -> tuple[bytes, bytes]:
    """What was signed, and the signature. Only the exact form that was given out passes."""
    if _TEXT.match(text) is None:
        raise _Forged
    raw = base64.urlsafe_b64decode(text)
    return raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]


def _secret_id(secret: bytes) -> bytes:
    return hashlib.sha256(b"pullfeed secret id\0" + secret).digest()[:4]


def _mac(secret: bytes, signed: bytes) -> bytes:
    return hmac.digest(secret, signed, "sha256")[:_MAC_BYTES]
