"""Who calls: keys, their roles, and the importers they name."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from pullfeed_server import clock, errors, importers
from pullfeed_server.store import Store, Transaction, rows

IMPORTER, WRITER, OPERATOR = "importer", "writer", "operator"
ALL_SHOPS = "*"
ANONYMOUS = "anonymous"
MAX_LIVE_KEYS = 2
# A revoked key is refused by every replica after this many seconds.
CACHE_S = 2.0
_CACHE_SIZE = 10_000

_TEXT = re.compile(r"pf_(k[0-9a-f]{12})_([A-Za-z0-9_-]{43})\Z")


class Caller(NamedTuple):
    """Who calls. key_id: empty for the anonymous importer. request_id: of this call."""

    key_id: str
    role: str
    importer: str
    shops: frozenset[str]
    request_id: str = ""

    def may_touch(self, shop: str) -> bool:
        """Is the shop one of the key's."""
        return ALL_SHOPS in self.shops or shop in self.shops


class NewKey(NamedTuple):
    """A key that was made. text: shown once, stored nowhere."""

    text: str
    row: rows.KeyRow


class Keys:
    """Makes, lists, ends and recognises keys."""

    def __init__(
        self,
        store: Store,
        *,
        allow_anonymous: bool = False,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._allow_anonymous = allow_anonymous
        self._clock_s = clock_s
        self._cache: dict[str, tuple[float, rows.KeyRow]] = {}

    def identify(self, text: str) -> Caller:
        """The caller with this key text. Raises KeyMissing, KeyInvalid."""
        if not text:
            if not self._allow_anonymous:
                raise errors.KeyMissing
            return Caller("", IMPORTER, ANONYMOUS, frozenset((ALL_SHOPS,)))
        match = _TEXT.match(text)
        row = self._row(match[1]) if match else None
        # The hash of a random 256-bit secret needs no salt and no slow function.
        if row is None or not hmac.compare_digest(row.hash, _hash(match[2] if match else "")):
            raise errors.KeyInvalid
        if row.revoked_us:
            raise errors.KeyInvalid
        return Caller(row.key_id, row.role, row.importer, frozenset(row.shops))

    def create(self, role: str, importer: str, shops: Sequence[str]) -> NewKey:
        """A new key; makes its importer too. Raises KeyLimit, FieldInvalid."""
        if (role == IMPORTER) != bool(importer):
            raise errors.FieldInvalid(
                "A key of role importer names its importer, a key of another role names none.",
                field="importer",
            )
        _check_name(importer)
        new = _new_key(role, importer, tuple(shops))

        def work(tx: Transaction) -> None:
            tx.keys.lock()
            if importer:
                _make_room(tx, importer)
            tx.keys.add(new.row)

        self._store.write(work)
        return new

    def unknown_shops(self, shops: Iterable[str]) -> list[str]:
        """Those of the shops that nothing was put for yet; never ALL_SHOPS."""
        named = [shop for shop in dict.fromkeys(shops) if shop != ALL_SHOPS]
        return self._store.read(lambda tx: [shop for shop in named if tx.feeds.state(shop) is None])

    def all(self) -> list[rows.KeyRow]:
        """All keys, oldest first."""
        return self._store.read(lambda tx: tx.keys.all())

    def revoke(self, key_id: str) -> rows.KeyRow:
        """Ends a key. Raises KeyNotFound, LastOperatorKey."""

        def work(tx: Transaction) -> rows.KeyRow:
            tx.keys.lock()
            row = tx.keys.get(key_id)
            if row is None:
                raise errors.KeyNotFound
            if not row.revoked_us:
                if _live_operators(tx.keys.all()) == {key_id}:
                    raise errors.LastOperatorKey
                tx.keys.revoke(key_id, clock.now_us())
            return tx.keys.get(key_id) or row

        row = self._store.write(work)
        self._cache.pop(key_id, None)
        return row

    def ensure_operator(self, keep: Callable[[str], None]) -> None:
        """Makes an operator key where none lives. keep: takes its text before it is valid.

        In this order nothing is lost where the core ends in between: the next
        start makes another key and keeps that one. Of cores that start at once
        one makes it and the others wait: a text that is kept is that of a key.
        """
        if _live_operators(self.all()):
            return
        new = _new_key(OPERATOR, "", (ALL_SHOPS,))

        def work(tx: Transaction) -> None:
            tx.keys.lock()
            if not _live_operators(tx.keys.all()):
                keep(new.text)
                tx.keys.add(new.row)

        self._store.write(work)

    def importers_of(self, tx: Transaction, shop: str) -> set[str]:
        """The importers that have a live key for a shop; the anonymous one where it is served."""
        live = {
            key.importer
            for key in tx.keys.all()
            if key.role == IMPORTER and not key.revoked_us and {ALL_SHOPS, shop} & set(key.shops)
        }
        return live | ({ANONYMOUS} if self._allow_anonymous else set())

    def importers(self) -> list[tuple[rows.ImporterRow, int]]:
        """All importers by name, each with its number of live keys."""

        def work(tx: Transaction) -> list[tuple[rows.ImporterRow, int]]:
            keys = tx.keys.all()
            return [(row, _live_keys(keys, row.importer)) for row in tx.keys.importers()]

        return self._store.read(work)

    def set_importer(
        self,
        name: str,
        starts: Mapping[int, str],
        commit_way: str = "",
        notify: rows.NotifyRow | None = None,
        *,
        accept_loss: bool | None = None,
    ) -> tuple[rows.ImporterRow, int]:
        """Sets some of an importer's settings; makes it where it is new.

        What is empty or None stays as it is. Raises FieldInvalid, LossNotAccepted.
        """
        _check_name(name)
        change = importers.Change(starts, commit_way, accept_loss, notify)

        def work(tx: Transaction) -> tuple[rows.ImporterRow, int]:
            tx.keys.lock()
            row = importers.changed(tx.keys.importer(name) or rows.ImporterRow(name, {}), change)
            tx.keys.set_importer(row)
            return row, _live_keys(tx.keys.all(), name)

        return self._store.write(work)

    def _row(self, key_id: str) -> rows.KeyRow | None:
        now_s = self._clock_s()
        until_s, cached = self._cache.get(key_id, (0.0, None))
        if cached is not None and now_s < until_s:
            return cached
        row = self._store.read(lambda tx: tx.keys.get(key_id))
        if row is not None:
            if len(self._cache) >= _CACHE_SIZE:
                self._cache.clear()
            self._cache[key_id] = (now_s + CACHE_S, row)
        return row


def _check_name(importer: str) -> None:
    if importer == ANONYMOUS:
        raise errors.FieldInvalid(
            "The importer anonymous is whoever calls without a key. Choose another name.",
            field="importer",
        )


def _new_key(role: str, importer: str, shops: tuple[str, ...]) -> NewKey:
    key_id = f"k{secrets.token_hex(6)}"
    secret = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    row = rows.KeyRow(key_id, role, importer, shops, _hash(secret), clock.now_us(), 0)
    return NewKey(f"pf_{key_id}_{secret}", row)


def _make_room(tx: Transaction, importer: str) -> None:
    if _live_keys(tx.keys.all(), importer) >= MAX_LIVE_KEYS:
        raise errors.KeyLimit
    if tx.keys.importer(importer) is None:
        tx.keys.set_importer(rows.ImporterRow(importer, {}))


def _live_keys(keys: Sequence[rows.KeyRow], importer: str) -> int:
    return sum(key.importer == importer and not key.revoked_us for key in keys)


def _live_operators(keys: Sequence[rows.KeyRow]) -> set[str]:
    return {key.key_id for key in keys if key.role == OPERATOR and not key.revoked_us}


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
