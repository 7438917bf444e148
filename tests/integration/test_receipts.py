"""Receipts over HTTP, and what operators see of them."""

from __future__ import annotations

import urllib.request
from typing import Any

import pytest
from tests import factories
from tests.integration import world as worlds

BAD = [{"id": "c0002", "reason": "BAD_EMAIL"}]


def test_a_receipt_is_answered_with_what_was_served(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    world.writer.put(shop, *factories.customers(5))
    importer.page(page_size=3)
    answer = importer.receipt({"received": 2, "rejected": BAD}, page=1, page_size=3)
    assert answer.status_code == 200
    assert list(answer.get_json()["commit"]) == [
        "position",
        "advanced",
        "committed_date",
        "served_count",
    ]
    assert answer.get_json()["commit"]["served_count"] == 3
    (delivery,) = world.operator.deliveries(shop)
    assert list(delivery.warnings) == ["COUNT_DIFFERS"]
    assert (delivery.page_count, delivery.record_count, delivery.position) == (1, 3, 3)
    assert delivery.HasField("committed_date")


def test_a_rejected_record_is_told_offered_and_delivered_again(
    world: worlds.World, shop: str, importer: worlds.Importer, number: int
) -> None:
    world.writer.put(shop, *factories.customers(5))
    importer.page(page_size=3)
    importer.receipt({"rejected": BAD}, page=1, page_size=3)
    name = f"importer-{number}"

    (rejection,) = world.writer.rejected(shop)
    assert (rejection.importer, rejection.record.id) == (name, "c0002")
    standing = {one.importer: one for one in world.writer.explain(shop, "c0002").importers}[name]
    assert (standing.has_confirmed, standing.rejected.reason) == (True, "BAD_EMAIL")

    offered = world.operator.offer(shop, name)
    assert (offered.offered_count, offered.rejected_count) == (1, 0)
    page = importer.page(page=2, page_size=3)
    assert worlds.ids(page["data"]) == ["c0004", "c0005", "c0002"]


def test_a_commit_without_a_receipt_is_answered_as_ever(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    world.writer.put(shop, *factories.customers(1))
    importer.page()
    assert list(importer.commit(page=1)) == ["position", "advanced", "committed_date"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"received": -1}, "received"),
        ({"rejected": [{"id": ""}]}, "rejected[0].id"),
        ({"rejected": [{"id": "7", "reason": "amber@example.com"}]}, "rejected[0].reason"),
    ],
)
def test_a_receipt_that_is_wrong_is_refused(
    world: worlds.World, shop: str, importer: worlds.Importer, said: dict[str, Any], field: str
) -> None:
    world.writer.put(shop, *factories.customers(1))
    importer.page()
    answer = importer.receipt(said, page=1)
    assert answer.status_code == 400
    assert answer.get_json()["error"]["field"] == field


def test_numbers_for_prometheus_name_no_shop_and_no_id(tmp_path: Any) -> None:
    world = worlds.World(tmp_path, metrics_listen="127.0.0.1:0")
    try:
        world.writer.put("shop.example", *factories.customers(5))
        importer = world.importer("mail", "shop.example")
        importer.page(page_size=3)
        importer.receipt({"received": 2, "rejected": BAD}, page=1, page_size=3)
        assert world.core.endpoint is not None
        address = f"http://{world.core.endpoint.address}/metrics"
        with urllib.request.urlopen(address, timeout=10) as answer:
            told = answer.read().decode()
    finally:
        world.stop()
    feed = '{importer="mail",scope="customer"}'
    assert f"pullfeed_page_records_total{feed} 3.0" in told
    assert f"pullfeed_count_differences_total{feed} 1.0" in told
    assert 'pullfeed_calls_total{code="OK",method="FeedService/Commit"} 1.0' in told
    assert "shop.example" not in told
    assert "c0002" not in told
