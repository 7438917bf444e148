"""Records in and out: put, stale, withdrawn, deleted, exported, counted."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import timestamp_pb2
from tests import factories
from tests.integration import world as worlds

from pullfeed.v1 import record_pb2

OLD, NEW, NEWEST = "2024-12-01T00:00:00Z", "2024-12-02T00:00:00Z", "2024-12-03T00:00:00Z"


def version(modified: str, **changes: Any) -> record_pb2.Record:
    return factories.record(factories.customer(last_modified_date=modified, **changes))


def counts(world: worlds.World, shop: str) -> tuple[int, int, int, int]:
    """Records, withheld, removed, position of the customers."""
    found = world.operator.shops(page_size=1000).shops
    feed = next(summary.feeds[0] for summary in found if summary.shop == shop)
    return feed.record_count, feed.withheld_count, feed.removed_count, feed.position


def test_a_record_lives_from_put_to_delete(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    assert world.writer.put(shop, version(OLD)).stored_count == 1
    assert importer.page()["data"][0]["last_modified_date"] == OLD
    assert importer.commit(page=1)["position"] == 1

    assert world.writer.put(shop, version(NEW, consent="No")).stored_count == 1
    assert importer.page()["data"][0]["consent"] == "No"

    assert world.writer.delete(shop, "c1").removed_count == 1
    assert importer.page()["data"] == []
    assert world.operator.export(shop) == []
    assert counts(world, shop) == (0, 0, 1, 3)


def test_loading_the_same_records_twice_delivers_nothing_twice(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    world.writer.put(shop, *factories.customers(5))
    cursor = importer.page(page_size=4)["meta"]["cursor"]

    again = world.writer.put(shop, *factories.customers(5))

    assert (again.stored_count, again.unchanged_count) == (0, 5)
    assert worlds.ids(importer.page(cursor=cursor)["data"]) == ["c0005"]
    assert counts(world, shop)[3] == 5


def test_an_older_version_is_stale_and_changes_nothing(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    world.writer.put(shop, version(NEW, first_name="New"))

    answer = world.writer.put(shop, version(OLD, first_name="Old"))

    assert [(row.index, row.id) for row in answer.stale] == [(0, "c1")]
    assert importer.page()["data"][0]["first_name"] == "New"


def test_an_older_version_is_taken_where_it_is_forced(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    world.writer.put(shop, version(NEW, first_name="New"))

    assert world.writer.put(shop, version(OLD, first_name="Old"), force=True).stored_count == 1
    assert importer.page()["data"][0]["first_name"] == "Old"


def test_a_newer_invalid_version_withdraws_the_valid_one(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    world.writer.put(shop, version(OLD))

    world.writer.put(shop, version(NEW, gender="unknown"))

    assert importer.page()["data"] == []
    assert [row.id for row in world.writer.withheld(shop).withheld] == ["c1"]
    assert counts(world, shop) == (0, 1, 1, 2)


def test_what_was_withdrawn_comes_back_with_a_newer_valid_version(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    world.writer.put(shop, version(OLD))
    world.writer.put(shop, version(NEW, gender="unknown"))

    assert len(world.writer.put(shop, version(OLD)).stale) == 1
    assert world.writer.put(shop, version(NEWEST)).stored_count == 1

    assert worlds.ids(importer.page()["data"]) == ["c1"]
    assert not world.writer.withheld(shop).withheld


def test_a_deleted_record_stays_deleted_under_a_late_older_put(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    world.writer.put(shop, version(OLD))
    world.writer.delete(shop, "c1")

    assert len(world.writer.put(shop, version(NEW)).stale) == 1
    assert importer.page()["data"] == []


def test_a_delete_older_than_the_record_is_stale(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    world.writer.put(shop, version(NEW))
    removed = timestamp_pb2.Timestamp()
    removed.FromJsonString(OLD)

    assert world.writer.delete(shop, "c1", removed_date=removed).stale_count == 1
    assert worlds.ids(importer.page()["data"]) == ["c1"]

    assert world.writer.delete(shop, "c1", removed_date=removed, force=True).removed_count == 1
    assert importer.page()["data"] == []


def test_deleting_the_unknown_or_the_removed_changes_nothing(
    world: worlds.World, shop: str
) -> None:
    world.writer.put(shop, version(OLD))

    answers = [world.writer.delete(shop, "c1", "c2", "c1"), world.writer.delete(shop, "c1")]

    assert [(answer.removed_count, answer.unchanged_count) for answer in answers] == [
        (1, 2),
        (0, 1),
    ]
    assert counts(world, shop)[3] == 2


def test_a_delete_makes_no_shop(world: worlds.World, number: int) -> None:
    nowhere = f"nowhere-{number}.example"

    refused = worlds.refusal(lambda: world.operator.delete(nowhere, "c1"))

    assert refused.reason == "SHOP_NOT_FOUND"
    assert worlds.refusal(lambda: world.operator.export(nowhere)).reason == "SHOP_NOT_FOUND"


def test_a_withheld_record_leaves_with_its_delete(world: worlds.World, shop: str) -> None:
    world.writer.put(shop, version(OLD, gender="unknown"))

    assert world.writer.delete(shop, "c1").removed_count == 1
    assert not world.writer.withheld(shop).withheld


def test_the_withheld_are_listed_by_id_page_by_page_and_by_reason(
    world: worlds.World, shop: str
) -> None:
    world.writer.put(shop, *factories.customers(3, gender="X"), *factories.customers(2, email="x"))

    first = world.writer.withheld(shop, page_size=2)
    rest = world.writer.withheld(shop, page_size=2, page_token=first.next_page_token)

    assert [row.id for row in (*first.withheld, *rest.withheld)] == ["c0001", "c0002", "c0003"]
    assert rest.next_page_token == ""
    by_reason = world.writer.withheld(shop, reason="NOT_ALLOWED").withheld
    assert [row.id for row in by_reason] == ["c0003"]


def test_the_export_streams_every_record_and_goes_on_where_it_broke_off(
    world: worlds.World, shop: str, reader: worlds.Internal
) -> None:
    for begin in range(3):
        records = [
            factories.record(factories.customer(customer_id=f"c{begin}-{number:03}"))
            for number in range(800)
        ]
        world.writer.put(shop, *records)

    chunks = reader.export(shop)

    assert [(len(chunk.records), chunk.position) for chunk in chunks] == [
        (1000, 1000),
        (1000, 2000),
        (400, 2400),
    ]
    assert reader.export(shop, after=2000) == chunks[2:]
    assert reader.export(shop, after=2400) == []


@pytest.mark.parametrize("deleted", [0, 1])
def test_a_record_is_exported_once_in_its_newest_form(
    world: worlds.World, shop: str, deleted: int
) -> None:
    world.writer.put(shop, *factories.customers(3))
    world.writer.put(shop, *factories.customers(2, first_name="Changed"))
    if deleted:
        world.writer.delete(shop, "c0003")

    [chunk] = world.operator.export(shop)

    exported = [
        (record.customer.customer_id, record.customer.first_name) for record in chunk.records
    ]
    unchanged = [] if deleted else [("c0003", "Amber")]
    assert exported == [*unchanged, ("c0001", "Changed"), ("c0002", "Changed")]


def test_a_writer_sees_its_own_shops_only(world: worlds.World, shop: str) -> None:
    world.writer.put(shop, version(OLD))
    made = world.operator.new_key(2, shop, "never-filled.example")

    own = world.internal(made.secret).shops().shops

    assert [summary.shop for summary in own] == [shop]


def test_a_version_withheld_after_a_delete_leaves_with_the_next_delete(
    world: worlds.World, shop: str
) -> None:
    world.writer.put(shop, version(OLD))
    world.writer.delete(shop, "c1")
    world.writer.put(shop, version("2999-01-01T00:00:00Z", gender="unknown"))
    assert [row.id for row in world.writer.withheld(shop).withheld] == ["c1"]

    assert world.writer.delete(shop, "c1", force=True).removed_count == 1
    assert not world.writer.withheld(shop).withheld
