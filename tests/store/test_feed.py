from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from tests import factories
from tests.store.shop import CUSTOMERS, Shop, ids

from pullfeed.v1 import record_pb2
from pullfeed_server import errors, feed, tokens
from pullfeed_server.store import Store, rows


class _ReadOnly:
    """A store that nothing may be written to."""

    def __init__(self, store: Store) -> None:
        self.read = store.read
        self.read_one = store.read_one
        self.scrub = store.scrub

    def write(self, work: Callable[..., Any]) -> Any:
        raise AssertionError("nothing may be written")

    def close(self) -> None:
        """Nothing to let go."""


def test_cursors_lead_through_the_feed(shop: Shop) -> None:
    shop.put("c1", "c2", "c3", "c4", "c5")
    importer = shop.importer()
    first = importer.page(1)
    second = importer.after(first.cursor)
    third = importer.after(second.cursor)
    assert [ids(page) for page in (second, third)] == [["c3", "c4"], ["c5"]]
    assert [page.page for page in (first, second, third)] == [1, 2, 3]
    assert (third.has_next, third.cursor) == (False, "")


def test_a_page_by_cursor_writes_nothing(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer()
    cursor = importer.page(1).cursor
    shop.feeds = feed.Feeds(_ReadOnly(shop.store), shop.tokens)
    assert ids(importer.after(cursor)) == ["c3"]


def test_another_replica_serves_the_same_cursor(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    cursor = shop.importer().page(1).cursor
    assert ids(Shop(shop.store).importer().after(cursor)) == ["c3"]


def test_a_cursor_may_be_followed_with_another_page_size(shop: Shop) -> None:
    shop.put("c1", "c2", "c3", "c4", "c5", "c6")
    cursor = shop.importer(page_size=2).page(1).cursor
    assert ids(shop.importer(page_size=3).after(cursor)) == ["c3", "c4", "c5"]


def test_a_deleted_record_leaves_no_hole_in_its_page(shop: Shop) -> None:
    shop.put("c1", "c2", "c3", "c4")
    shop.delete("c2")
    assert ids(shop.importer().page(1)) == ["c1", "c3"]


def test_a_withheld_record_leaves_no_hole_in_its_page(shop: Shop) -> None:
    shop.put("c1", "c2", "c3", "c4")
    shop.put("c1", second=1, email="no")
    assert ids(shop.importer().page(1)) == ["c2", "c3"]


@pytest.mark.parametrize(
    ("owner", "error"),
    [
        (tokens.Feed("sms", factories.SHOP, 1, 1), errors.CursorForeign),
        (tokens.Feed("mail", "other.example", 1, 1), errors.CursorForeign),
        (tokens.Feed("mail", factories.SHOP, 2, 1), errors.CursorForeign),
        (tokens.Feed("mail", factories.SHOP, 1, 2), errors.CursorForeign),
    ],
)
def test_the_cursor_of_another_feed_is_refused(
    shop: Shop, owner: tokens.Feed, error: type[errors.PullfeedError]
) -> None:
    shop.put("c1")
    foreign = shop.tokens.cursor(owner, tokens.Point(0, 0, 1, 1))
    with pytest.raises(error):
        shop.importer().after(foreign)


def test_a_forged_cursor_is_refused(shop: Shop) -> None:
    shop.put("c1")
    with pytest.raises(errors.CursorInvalid):
        shop.importer().after("abc123")


def test_a_cursor_of_another_epoch_has_expired(shop: Shop) -> None:
    shop.put("c1")
    importer = shop.importer()
    old = shop.tokens.cursor(importer.owner, tokens.Point(0, 0, 1, epoch=2))
    with pytest.raises(errors.CursorExpired):
        importer.after(old)


def test_a_page_comes_as_json_or_as_messages(shop: Shop) -> None:
    shop.put("c1")
    order = feed.Order("mail", factories.SHOP, CUSTOMERS, rows.RECORDS, "", 1, 50, as_json=True)
    (json,) = shop.feeds.fetch(order).bodies
    (proto,) = shop.feeds.fetch(order._replace(as_json=False)).bodies
    message = record_pb2.Customer.FromString(proto)
    assert message == factories.customer(customer_id="c1", last_modified_date=factories.MODIFIED)
    assert orjson.loads(json) == factories.plain(message)


def test_scopes_are_independent(shop: Shop) -> None:
    shop.put("c1")
    shop.put_all([factories.record(factories.order())], scope=record_pb2.SCOPE_ORDER)
    order = feed.Order(
        "mail", factories.SHOP, record_pb2.SCOPE_ORDER, rows.RECORDS, "", 1, 50, as_json=True
    )
    (json,) = shop.feeds.fetch(order).bodies
    assert orjson.loads(json)["order_id"] == "o1"
    nothing = shop.feeds.fetch(order._replace(scope=record_pb2.SCOPE_PRODUCT))
    assert (nothing.bodies, nothing.has_next) == ([], False)


def _exported(shop: Shop, after: int = 0) -> list[tuple[int, list[str]]]:
    return [
        (
            chunk.position,
            [record_pb2.Customer.FromString(body).customer_id for body in chunk.bodies],
        )
        for chunk in shop.feeds.export(factories.SHOP, CUSTOMERS, after)
    ]


def test_an_export_gives_every_record_with_its_position(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    shop.put("c1", second=1)
    assert _exported(shop) == [(4, ["c2", "c3", "c1"])]
    assert _exported(shop, after=3) == [(4, ["c1"])]
    assert _exported(shop, after=4) == []


def test_an_export_comes_in_chunks_of_a_thousand(shop: Shop) -> None:
    shop.put_all(factories.customers(1000))
    shop.put("c1", "c2")
    assert [(position, len(found)) for position, found in _exported(shop)] == [
        (1000, 1000),
        (1002, 2),
    ]


def test_an_export_confirms_nothing_and_opens_no_walk(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    _exported(shop)
    with pytest.raises(errors.PageNotServed):
        shop.importer().commit_page(1)


def test_an_unknown_shop_has_no_export(shop: Shop) -> None:
    with pytest.raises(errors.ShopNotFound):
        list(shop.feeds.export("nobody.example", CUSTOMERS, 0))
