"""Shops that are not served here are listed where they are asked for, with their state."""

from __future__ import annotations

from typing import Any

import pytest
from tests import databases, factories
from tests.store import moving
from tests.store.moving import MakePair
from tests.store.shop import Shop

from pullfeed.v1 import ledger_service_pb2 as pb
from pullfeed_server import keys, ledger
from pullfeed_server.moving import plan
from pullfeed_server.moving import shop as shops
from pullfeed_server.rpc import ledger as rpc

_LIST_SHOPS = "/pullfeed.v1.LedgerService/ListShops"
_OTHER = "other.example"


class _Cut(Exception):
    """The copy is killed."""


def _listed(shop: Shop, *own: str, **asked: Any) -> list[pb.ShopSummary]:
    """What a caller is told page by page, one shop each. own: its shops; all without."""
    method = rpc.methods(ledger.Ledger(shop.store, shop.keys))[_LIST_SHOPS]
    caller = keys.Caller("k", keys.OPERATOR, "", frozenset(own or (keys.ALL_SHOPS,)))
    request = pb.ListShopsRequest(page_size=1, **asked)
    found: list[pb.ShopSummary] = []
    while True:
        answer: Any = method.call(request, caller)
        found += answer.shops
        if not answer.next_page_token:
            return found
        request.page_token = answer.next_page_token


@pytest.mark.parametrize("engine", databases.EACH_ENGINE)
@pytest.mark.parametrize("own", [(), (factories.SHOP, _OTHER, "never.example")])
def test_a_shop_that_moved_away_is_listed_with_its_counts_where_it_is_asked_for(
    make_pair: MakePair, engine: str, own: tuple[str, ...]
) -> None:
    pair = make_pair(engine)
    pair.source.put("c1", "c2")
    pair.source.put("c1", name=_OTHER)
    pair.copy()
    told = _listed(pair.source, *own, include_closed=True)
    assert [(one.shop, one.state, one.feeds[0].record_count) for one in told] == [
        (_OTHER, pb.SHOP_STATE_OPEN, 1),
        (factories.SHOP, pb.SHOP_STATE_MOVED, 2),
    ]
    told = _listed(pair.source, *own)
    assert [(one.shop, one.state) for one in told] == [(_OTHER, pb.SHOP_STATE_OPEN)]


def test_a_shop_that_is_being_filled_is_listed_as_that(
    make_pair: MakePair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = make_pair()
    pair.source.put("c1")

    def cut(*_: object) -> None:
        raise _Cut

    monkeypatch.setattr(shops.ShopMove, "_freeze", cut)
    with pytest.raises(_Cut):
        plan.run(pair.plan(), moving.Told())
    target = pair.open_target()
    (told,) = _listed(target, include_closed=True)
    assert (told.shop, told.state) == (factories.SHOP, pb.SHOP_STATE_FILLING)
    assert _listed(target) == []
