"""A page costs the same at any depth, and beside any number of shops."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import pytest
from tests import scans

from pullfeed_server.store import Transaction, rows
from pullfeed_server.store.sql import SqlStore

_Read: TypeAlias = Callable[[SqlStore, int], int]
_SHOP, _SCOPE = "shop.example", 1
_PAGE = 250
_BATCH = 1000


def _fill(store: SqlStore, shop: str, numbers: Iterable[int]) -> None:
    """Records at these positions, and the counter at the last of them."""
    records = [rows.RecordRow(f"c{one}", one, one, b"f", b"p" * 20, b"j" * 20) for one in numbers]

    def work(tx: Transaction) -> None:
        for first in range(0, len(records), _BATCH):
            tx.records.put(shop, _SCOPE, records[first : first + _BATCH])
        tx.feeds.set_position(shop, _SCOPE, records[-1].position)

    store.write(work)


def _json(store: SqlStore, after: int) -> int:
    return scans.page(store, _SHOP, _SCOPE, after, _PAGE).rows


def _proto(store: SqlStore, after: int) -> int:
    statement = store._statements.records.page_proto[rows.RECORDS]
    # One more, as the store asks.
    named = {"shop": _SHOP, "scope": _SCOPE, "after": after, "limit": _PAGE + 1}
    return scans.scan(store, statement, **named).rows


@pytest.mark.parametrize("read", [_json, _proto])
def test_a_page_at_depth_goes_over_what_the_first_one_does(store: SqlStore, read: _Read) -> None:
    _fill(store, _SHOP, range(1, 20_001))
    first = read(store, 0)
    assert first > _PAGE
    # The same at every depth; newer SQLites take a few steps more for the first page alone.
    (deep,) = {read(store, after) for after in (5_000, 10_000, 19_000)}
    assert deep <= first


@pytest.mark.parametrize("read", [_json, _proto])
def test_a_page_among_many_shops_goes_over_what_a_lone_shop_s_does(
    store: SqlStore, read: _Read
) -> None:
    _fill(store, _SHOP, range(1, 1_001))
    alone = read(store, 300)
    for number in range(200):
        _fill(store, f"shop{number}.example", range(1, 101))
    assert read(store, 300) == alone
