"""Keys and importers of the shops that move, merged with those of the target."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import orjson

from pullfeed_server import errors, keys
from pullfeed_server.moving.side import Side
from pullfeed_server.store.sql.statement import Cursor

_Rows = dict[str, dict[str, Any]]


class Callers:
    """Brings over who may call for the shops."""

    def __init__(self, source: Side, target: Side, shops: Iterable[str] | None) -> None:
        """shops: None for all there are."""
        self._source = source
        self._target = target
        self._shops = None if shops is None else set(shops)

    def merge(self, *, with_all_shops: bool, replace: bool) -> list[str]:
        """Stores what the target lacks; ids of live keys that were left behind.

        with_all_shops: keys for every shop too. They would open those that the target had
        before. replace: settings of importers that differ are taken from the source;
        else they are refused. A key that either side has revoked stays revoked.
        Raises Unusable, and stores nothing then.
        """
        asked, importers = self._source.read(self._asked)
        carried = {name: key for name, key in asked.items() if with_all_shops or not _is_wide(key)}

        def work(cursor: Cursor) -> None:
            moves = self._target.moves
            # The row that every change of a key takes.
            moves.lock_epoch(cursor)
            known = moves.keys.all(cursor)
            moves.keys.set(cursor, [_merged(key, known.get(name)) for name, key in carried.items()])
            there = moves.importers.all(cursor)
            if not replace:
                _check_alike(importers, there)
            moves.importers.set(cursor, list(importers.values()))

        self._target.write(work)
        return [name for name in asked if name not in carried and not asked[name]["revoked_us"]]

    def _asked(self, cursor: Cursor) -> tuple[_Rows, _Rows]:
        """Keys that may touch one of the shops, and importers that they or the shops name."""
        moves = self._source.moves
        found, importers = moves.keys.all(cursor), moves.importers.all(cursor)
        if self._shops is None:
            return found, importers
        may_touch = _touching(self._shops)
        asked = {name: key for name, key in found.items() if may_touch(key)}
        named = {key["importer"] for key in asked.values()}
        for shop in self._shops:
            named |= moves.importers_of(cursor, shop)
        return asked, {name: row for name, row in importers.items() if name in named}


def _touching(shops: set[str]) -> Callable[[dict[str, Any]], bool]:
    return lambda key: _is_wide(key) or not shops.isdisjoint(orjson.loads(key["shops"]))


def _is_wide(key: dict[str, Any]) -> bool:
    return keys.ALL_SHOPS in orjson.loads(key["shops"])


def _merged(key: dict[str, Any], known: dict[str, Any] | None) -> dict[str, Any]:
    """The source's key as the target keeps it. Raises Unusable."""
    if known is None:
        return key
    if known["hash"] != key["hash"]:
        raise errors.Unusable(
            f"The target has another key under the id {key['key_id']}. Revoke the source's and "
            "hand out a new one, or remove the target's."
        )
    return {**key, "revoked_us": key["revoked_us"] or known["revoked_us"]}


def _check_alike(importers: _Rows, known: _Rows) -> None:
    """Raises Unusable where the target's shops have an importer of this name, set otherwise."""
    for name, row in importers.items():
        if name in known and known[name] != row:
            raise errors.Unusable(
                f"The importer {name} has other settings in the target, whose shops may depend on "
                "them. Make them alike with `pullfeed importers set` on either side."
            )
