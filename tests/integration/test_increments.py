"""Increments over the wire: what is new since a commit or a time, and rewinds."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from tests import factories
from tests.integration import world as worlds

from pullfeed.v1 import delivery_service_pb2, key_service_pb2, record_pb2

NOW = datetime.datetime.now(datetime.UTC)
AN_HOUR_AGO = (NOW - datetime.timedelta(hours=1)).isoformat()
IN_AN_HOUR = (NOW + datetime.timedelta(hours=1)).isoformat()


@pytest.fixture
def filled(world: worlds.World, shop: str) -> None:
    """Customers c0001 to c0010, at positions 1 to 10."""
    world.writer.put(shop, *factories.customers(10))


def walk(importer: worlds.Importer, **query: object) -> list[str]:
    """The ids of a whole walk by cursor, which is committed at its end."""
    answer = importer.post("/customers", page_size=4, **query)
    found = worlds.ids(answer.get_json()["data"])
    while cursor := answer.get_json()["meta"]["cursor"]:
        answer = importer.post("/customers", cursor=cursor, page_size=4)
        found += worlds.ids(answer.get_json()["data"])
    importer.commit(commit_token=answer.headers["X-Commit-Token"])
    return found


Rewind = Callable[..., delivery_service_pb2.RewindResponse]


@pytest.fixture
def mail(world: worlds.World, shop: str, number: int) -> worlds.Importer:
    """An importer whose walks begin at its commit."""
    importer = world.importer(f"mail-{number}", shop)
    world.operator.start_at(f"mail-{number}", key_service_pb2.START_COMMITTED)
    return importer


@pytest.fixture
def rewind(world: worlds.World, shop: str, number: int) -> Rewind:
    """Sets this importer back to the beginning."""

    def rewind(**request: Any) -> delivery_service_pb2.RewindResponse:
        named = {"shop": shop, "scope": worlds.CUSTOMER, "importer": f"mail-{number}", **request}
        asked = delivery_service_pb2.RewindRequest(**named)
        answer = world.operator.raw("DeliveryService/Rewind", asked.SerializeToString())
        return delivery_service_pb2.RewindResponse.FromString(answer)

    return rewind


def refusal(answer: Any) -> tuple[int, str, str | None]:
    """Status, reason and field of an answer that must be an error."""
    error = answer.get_json()["error"]
    return answer.status_code, error["reason"], error.get("field")


@pytest.mark.usefixtures("filled")
def test_after_a_full_import_only_what_changed_comes(
    world: worlds.World, shop: str, mail: worlds.Importer
) -> None:
    assert len(walk(mail)) == 10
    assert walk(mail) == []

    changed = factories.customer(customer_id="c0004", last_modified_date="2025-12-01T00:00:00Z")
    world.writer.put(shop, factories.record(changed))

    assert walk(mail) == ["c0004"]
    assert walk(mail) == []


@pytest.mark.usefixtures("filled")
def test_a_walk_that_was_never_committed_comes_again(mail: worlds.Importer) -> None:
    first = mail.page(page=1, page_size=4)
    mail.page(cursor=first["meta"]["cursor"])

    assert len(walk(mail)) == 10


@pytest.mark.usefixtures("filled")
def test_a_walk_from_a_time_gives_what_was_stored_from_then_on(mail: worlds.Importer) -> None:
    walk(mail)

    assert len(walk(mail, updated_since=AN_HOUR_AGO)) == 10
    assert walk(mail, updated_since=IN_AN_HOUR) == []


@pytest.mark.usefixtures("filled")
def test_a_walk_from_a_time_goes_by_page_number_too(mail: worlds.Importer) -> None:
    query: dict[str, Any] = {"page_size": 6, "updated_since": AN_HOUR_AGO}
    pages = [worlds.ids(mail.page(page=page, **query)["data"]) for page in (1, 2)]

    assert [len(page) for page in pages] == [6, 4]
    assert mail.commit(page=2, **query)["position"] == 10
    assert refusal(mail.post("/customers/commit", page=2, page_size=6)) == (
        400,
        "PAGE_NOT_SERVED",
        "page",
    )


@pytest.mark.usefixtures("filled")
def test_page_two_of_a_time_needs_its_page_one(mail: worlds.Importer) -> None:
    answer = mail.post("/customers", page=2, updated_since=AN_HOUR_AGO)

    assert refusal(answer) == (400, "WALK_EXPIRED", "page")


@pytest.mark.usefixtures("filled")
def test_a_rewind_serves_everything_again(mail: worlds.Importer, rewind: Rewind) -> None:
    walk(mail)

    answer = rewind()

    assert (answer.position, answer.previous_position) == (0, 10)
    assert len(walk(mail)) == 10


@pytest.mark.usefixtures("filled")
def test_what_was_handed_out_before_a_rewind_is_void(mail: worlds.Importer, rewind: Rewind) -> None:
    page = mail.post("/customers", page=1, page_size=4)
    cursor, token = page.get_json()["meta"]["cursor"], page.headers["X-Commit-Token"]

    rewind()

    assert [
        refusal(answer)
        for answer in (
            mail.post("/customers", cursor=cursor),
            mail.post("/customers/commit", cursor=cursor),
            mail.post("/customers/commit", commit_token=token),
            mail.post("/customers", page=2, page_size=4),
            mail.post("/customers/commit", page=1, page_size=4),
        )
    ] == [
        (400, "REWOUND", "cursor"),
        (400, "REWOUND", "cursor"),
        (400, "REWOUND", "commit_token"),
        (400, "REWOUND", None),
        (400, "REWOUND", None),
    ]
    assert len(walk(mail)) == 10


@pytest.mark.usefixtures("filled")
def test_who_lacks_tombstones_that_are_gone_is_told(
    world: worlds.World, shop: str, mail: worlds.Importer, rewind: Rewind
) -> None:
    walk(mail)
    world.writer.delete(shop, "c0001")
    world.core.store.write(lambda tx: tx.feeds.set_pruned(shop, worlds.CUSTOMER, 11))
    caller = world.internal(mail.key)

    refused = worlds.refusal(lambda: caller.fetch(shop, list=record_pb2.LIST_REMOVED))

    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "RESYNC_REQUIRED")
    rewind(list=record_pb2.LIST_REMOVED)
    assert caller.fetch(shop, list=record_pb2.LIST_REMOVED).page == 1
