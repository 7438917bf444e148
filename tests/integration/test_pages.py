"""Pages over the wire: full, exact, repeatable, by cursor and by number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests import factories
from tests.integration import world as worlds

from pullfeed.v1 import feed_service_pb2

PATHS = {worlds.CUSTOMER: "customers", worlds.ORDER: "orders", worlds.PRODUCT: "products"}


def fill(world: worlds.World, shop: str, count: int, **changes: Any) -> None:
    world.writer.put(shop, *factories.customers(count, **changes))


def by_number(importer: worlds.Importer, page_size: int) -> Iterator[dict[str, Any]]:
    number, has_next = 1, True
    while has_next:
        page = importer.page(page=number, page_size=page_size)
        yield page
        number, has_next = number + 1, page["meta"]["has_next_page"]


def by_cursor(importer: worlds.Importer, page_size: int) -> Iterator[dict[str, Any]]:
    page = importer.page(page_size=page_size)
    yield page
    while page["meta"]["has_next_page"]:
        page = importer.page(cursor=page["meta"]["cursor"], page_size=page_size)
        yield page


@pytest.mark.parametrize("walk", [by_number, by_cursor])
@pytest.mark.parametrize(("count", "pages"), [(1, 1), (9, 3), (10, 4), (11, 4), (12, 4)])
def test_pages_are_full_and_has_next_page_is_exact(
    world: worlds.World, shop: str, importer: worlds.Importer, walk: Any, count: int, pages: int
) -> None:
    fill(world, shop, count)

    served = list(walk(importer, 3))

    assert [len(page["data"]) for page in served[:-1]] == [3] * (pages - 1)
    assert [page["meta"]["page"] for page in served] == list(range(1, pages + 1))
    assert [page["meta"]["cursor"] is None for page in served] == [False] * (pages - 1) + [True]
    assert [customer for page in served for customer in worlds.ids(page["data"])] == [
        f"c{number:04}" for number in range(1, count + 1)
    ]


@pytest.mark.parametrize("page", [5, 6, 100, 1000])
def test_a_page_past_the_end_is_empty_and_has_no_cursor(
    world: worlds.World, shop: str, importer: worlds.Importer, page: int
) -> None:
    fill(world, shop, 12)
    list(by_number(importer, 3))

    past = importer.page(page=page, page_size=3)

    assert past["data"] == []
    assert past["meta"] == {"has_next_page": False, "cursor": None, "page": page, "page_size": 3}


def test_what_is_withheld_leaves_no_hole_in_a_page(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    good = factories.customers(9)
    bad = [
        factories.record(factories.customer(customer_id=f"b{number}", gender="X"))
        for number in range(9)
    ]
    world.writer.put(shop, *(record for pair in zip(bad, good, strict=True) for record in pair))

    assert [len(page["data"]) for page in by_number(importer, 4)] == [4, 4, 1]


def test_page_size_is_50_where_it_is_not_said(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    fill(world, shop, 51)

    page = importer.page()

    assert (len(page["data"]), page["meta"]["page_size"]) == (50, 50)


def test_cursor_wins_over_page(world: worlds.World, shop: str, importer: worlds.Importer) -> None:
    fill(world, shop, 6)
    cursor = importer.page(page_size=2)["meta"]["cursor"]

    page = importer.page(cursor=cursor, page=3, page_size=2)

    assert worlds.ids(page["data"]) == ["c0003", "c0004"]
    assert page["meta"]["page"] == 2


def test_page_size_may_change_from_cursor_to_cursor(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    fill(world, shop, 20)
    page = importer.page(page_size=1)
    seen = worlds.ids(page["data"])

    for page_size in (7, 2, 9, 1000):
        page = importer.page(cursor=page["meta"]["cursor"], page_size=page_size)
        assert page["meta"]["page_size"] == page_size
        seen += worlds.ids(page["data"])

    assert seen == [f"c{number:04}" for number in range(1, 21)]
    assert page["meta"] == {"has_next_page": False, "cursor": None, "page": 5, "page_size": 1000}


def test_a_walk_may_go_on_by_cursor_where_it_began_by_number(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    fill(world, shop, 6)
    importer.page(page=1, page_size=2)
    second = importer.page(page=2, page_size=2)

    third = importer.page(cursor=second["meta"]["cursor"], page_size=2)

    assert worlds.ids(third["data"]) == ["c0005", "c0006"]
    assert third["meta"]["page"] == 3


def test_each_page_size_has_its_own_walk(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    fill(world, shop, 6)

    importer.page(page=1, page_size=2)
    importer.page(page=1, page_size=3)

    assert worlds.ids(importer.page(page=2, page_size=2)["data"]) == ["c0003", "c0004"]
    assert worlds.ids(importer.page(page=2, page_size=3)["data"]) == ["c0004", "c0005", "c0006"]


@pytest.mark.parametrize("walk", [by_number, by_cursor])
def test_a_page_asked_again_is_the_same_page(
    world: worlds.World, shop: str, importer: worlds.Importer, walk: Any
) -> None:
    fill(world, shop, 7)
    first = list(walk(importer, 3))

    repeated = list(walk(importer, 3))

    assert [page["data"] for page in repeated] == [page["data"] for page in first]


def test_a_changed_record_moves_to_the_end_and_is_not_missed(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    fill(world, shop, 4)
    importer.page(page=1, page_size=2)

    fill(world, shop, 1, first_name="Newest", last_modified_date="2024-12-02T00:00:00Z")

    page = importer.page(page=2, page_size=2)
    assert worlds.ids(page["data"]) == ["c0003", "c0004"]
    assert page["meta"]["has_next_page"] is True
    assert importer.page(page=3, page_size=2)["data"][0]["first_name"] == "Newest"


@pytest.mark.parametrize("scope", PATHS)
def test_each_scope_hands_out_its_own_records_in_both_forms(
    world: worlds.World, shop: str, importer: worlds.Importer, reader: worlds.Internal, scope: Any
) -> None:
    messages: dict[int, factories.Message] = {
        worlds.CUSTOMER: factories.customer(),
        worlds.ORDER: factories.order(),
        worlds.PRODUCT: factories.product(),
    }
    message = messages[scope]
    world.writer.put(shop, factories.record(message), scope=scope)

    assert importer.page(f"/{PATHS[scope]}")["data"] == [factories.plain(message)]
    assert list(reader.fetch(shop, scope).records) == [factories.record(message)]
    for other in set(PATHS) - {scope}:
        assert importer.page(f"/{PATHS[other]}")["data"] == []


@pytest.mark.parametrize("path", ["/customers", "/customer", "/customers/", "/customer/"])
def test_a_scope_may_be_named_in_the_singular_and_with_one_slash(
    world: worlds.World, shop: str, importer: worlds.Importer, path: str
) -> None:
    fill(world, shop, 1)

    assert len(importer.page(path)["data"]) == 1


def test_both_forms_over_grpc_are_the_same_page(
    world: worlds.World, shop: str, reader: worlds.Internal, importer: worlds.Importer
) -> None:
    fill(world, shop, 5)

    typed = reader.fetch(shop, page=1, page_size=3)
    as_json = reader.fetch(shop, page=1, page_size=3, form=feed_service_pb2.FORM_JSON)

    assert worlds.ids(list(typed.records)) == ["c0001", "c0002", "c0003"]
    assert not typed.data_json
    assert not as_json.records
    assert as_json.data_json in importer.post("/customers", page=1, page_size=3).data
    assert (typed.has_next_page, typed.page, typed.page_size) == (True, 1, 3)


def test_two_importers_walk_without_touching_each_other(
    world: worlds.World, shop: str, importer: worlds.Importer, number: int
) -> None:
    fill(world, shop, 6)
    second = world.importer(f"second-{number}", shop)
    importer.page(page=1, page_size=2)

    fill(world, shop, 2, first_name="Changed")
    second.page(page=1, page_size=2)

    assert worlds.ids(importer.page(page=2, page_size=2)["data"]) == ["c0003", "c0004"]
    assert worlds.ids(second.page(page=2, page_size=2)["data"]) == ["c0005", "c0006"]
    assert importer.commit(page=2, page_size=2)["advanced"] is True
    assert second.commit(page=1, page_size=2)["position"] == 4


def test_without_a_key_there_is_one_importer_where_that_is_allowed(new_world: Any) -> None:
    world: worlds.World = new_world(allow_anonymous=True)
    fill(world, "open.example", 3)
    anyone = worlds.Importer(world.client, "", "open.example")

    assert len(anyone.page(page=1, page_size=2)["data"]) == 2
    assert anyone.commit(page=1, page_size=2) | {"committed_date": ""} == {
        "position": 2,
        "advanced": True,
        "committed_date": "",
    }
    assert anyone.post("/customers", page=2, page_size=2).status_code == 200
    refused = worlds.refusal(lambda: world.internal("").put("open.example"))
    assert refused.reason == "ROLE_DENIED"


def test_without_a_key_a_wrong_key_is_still_refused(new_world: Any) -> None:
    world: worlds.World = new_world(allow_anonymous=True)

    assert worlds.refusal(lambda: world.internal("pf_x").fetch("open.example")).reason == (
        "KEY_INVALID"
    )
