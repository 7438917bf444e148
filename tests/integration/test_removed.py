"""What an importer learns of removals, withdrawn consent and erasures, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from tests import factories
from tests.integration.world import Importer, World

from pullfeed.v1 import record_pb2, record_service_pb2, record_service_pb2_grpc

CUSTOMER = record_pb2.SCOPE_CUSTOMER


def _removed(importer: Importer, **query: object) -> list[tuple[str, str]]:
    page = importer.page("/customers/removed", **query)
    assert all(list(one) == ["customer_id", "removed_date", "reason"] for one in page["data"])
    return [(one["customer_id"], one["reason"]) for one in page["data"]]


def _erase(world: World, shop: str, *ids: str) -> record_service_pb2.EraseRecordsResponse:
    request = record_service_pb2.EraseRecordsRequest(shop=shop, scope=CUSTOMER, ids=ids)
    service = record_service_pb2_grpc.RecordServiceStub(world.channel)
    return service.EraseRecords(request, timeout=60, metadata=world.operator.metadata)


def test_removed_records_come_in_the_same_envelope_in_both_modes(
    world: World, shop: str, importer: Importer
) -> None:
    world.writer.put(shop, *factories.customers(5))
    world.writer.delete(shop, "c0002", "c0004", "c0001")
    page = importer.page("/customers/removed", page=1, page_size=2)
    assert list(page) == ["status", "message", "meta", "data"]
    assert [one["customer_id"] for one in page["data"]] == ["c0002", "c0004"]
    assert page["meta"]["has_next_page"]
    assert _removed(importer, cursor=page["meta"]["cursor"], page_size=2) == [("c0001", "deleted")]
    assert _removed(importer, page=2, page_size=2) == [("c0001", "deleted")]


def test_each_list_is_committed_by_itself(world: World, shop: str, importer: Importer) -> None:
    world.writer.put(shop, *factories.customers(3))
    world.writer.delete(shop, "c0001")
    importer.page("/customers/removed", page=1)
    assert importer.commit("/customers/removed", page=1)["position"] == 4
    importer.page("/customers", page=1)
    assert importer.commit("/customers", page=1)["position"] == 3


@pytest.mark.parametrize("path", ["/order/removed", "/products/removed/"])
def test_every_scope_has_the_list(world: World, shop: str, importer: Importer, path: str) -> None:
    world.writer.put(shop, factories.record(factories.order()), scope=record_pb2.SCOPE_ORDER)
    world.writer.put(shop, factories.record(factories.product()), scope=record_pb2.SCOPE_PRODUCT)
    world.writer.delete(shop, "o1", scope=record_pb2.SCOPE_ORDER)
    world.writer.delete(shop, "p1", scope=record_pb2.SCOPE_PRODUCT)
    (one,) = importer.page(path)["data"]
    assert next(iter(one.values())) in ("o1", "p1")


def test_a_no_reaches_who_reads_the_list_of_records_alone(
    world: World, shop: str, importer: Importer
) -> None:
    world.writer.put(shop, factories.record(factories.customer()))
    refused = {"consent": " NO", "mobile": "555", "last_modified_date": "2024-12-02T00:00:00Z"}
    answer = world.writer.put(shop, factories.record(factories.customer(**refused)))
    assert [one.id for one in answer.withheld] == ["c1"]
    (one,) = importer.page("/customers")["data"]
    assert (one["consent"], one["mobile"]) == ("No", factories.CUSTOMER["mobile"])
    assert one["last_modified_date"] == "2024-12-02T00:00:00Z"
    assert _removed(importer) == []
    assert [one.id for one in world.writer.withheld(shop).withheld] == ["c1"]


def test_a_no_without_a_good_version_is_among_the_removed(
    world: World, shop: str, importer: Importer
) -> None:
    batch = record_service_pb2.PutRecordsRequest(
        shop=shop,
        scope=CUSTOMER,
        unreadable=[record_service_pb2.UnreadableRecord(id="c1", reason="BAD_ROW", consent="No")],
    )
    world.writer.put_batch(batch)
    assert _removed(importer) == [("c1", "consent_withdrawn")]


def test_an_erased_customer_is_gone_for_everyone(
    world: World, shop: str, importer: Importer
) -> None:
    world.writer.put(shop, *factories.customers(2))
    importer.page("/customers")
    erased = _erase(world, shop, "c0001")
    assert (erased.erased_count, erased.unchanged_count) == (1, 0)
    assert _removed(importer) == [("c0001", "erased")]
    again: Any = factories.customers(1, last_modified_date="2030-01-01T00:00:00Z")
    assert [one.id for one in world.writer.put(shop, *again).erased] == ["c0001"]
    assert [one["customer_id"] for one in importer.page("/customers")["data"]] == ["c0002"]
