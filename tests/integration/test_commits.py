"""Commits over the wire: cumulative, repeatable, never backward, never of the unseen."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from tests import factories
from tests.integration import world as worlds

from pullfeed.v1 import key_service_pb2

START_COMMITTED, START_FULL = key_service_pb2.START_COMMITTED, key_service_pb2.START_FULL


@pytest.fixture
def filled(world: worlds.World, shop: str) -> None:
    """Customers c0001 to c0010, at positions 1 to 10."""
    world.writer.put(shop, *factories.customers(10))


def position(commit: dict[str, Any]) -> tuple[int, bool]:
    return commit["position"], commit["advanced"]


@pytest.mark.usefixtures("filled")
def test_a_commit_confirms_a_page_and_all_before_it(importer: worlds.Importer) -> None:
    for page in (1, 2, 3):
        importer.page(page=page, page_size=2)

    committed = importer.commit(page=3, page_size=2)

    assert position(committed) == (6, True)
    assert committed["committed_date"].endswith("Z")


@pytest.mark.usefixtures("filled")
def test_a_commit_by_token_confirms_the_page_the_token_came_with(
    importer: worlds.Importer,
) -> None:
    importer.page(page=1, page_size=3)
    token = importer.post("/customers", page=2, page_size=3).headers["X-Commit-Token"]

    assert position(importer.commit(commit_token=token)) == (6, True)


@pytest.mark.usefixtures("filled")
def test_a_commit_token_may_come_back_in_its_header(importer: worlds.Importer) -> None:
    page = importer.post("/customers", page=1, page_size=3)

    answer = importer._client.post(
        "/customers/commit",
        json={"shop": importer.shop},
        headers={**importer.headers(), "X-Commit-Token": page.headers["X-Commit-Token"]},
    )

    assert answer.get_json()["commit"]["position"] == 3


@pytest.mark.usefixtures("filled")
def test_a_cursor_confirms_all_before_the_page_it_asks_for(importer: worlds.Importer) -> None:
    cursor = importer.page(page_size=4)["meta"]["cursor"]

    assert position(importer.commit(cursor=cursor)) == (4, True)


@pytest.mark.usefixtures("filled")
def test_the_last_page_of_a_cursor_walk_is_committed_by_its_token(
    importer: worlds.Importer,
) -> None:
    cursor = importer.page(page_size=6)["meta"]["cursor"]
    last = importer.post("/customers", cursor=cursor, page_size=6)

    assert position(importer.commit(commit_token=last.headers["X-Commit-Token"])) == (10, True)


@pytest.mark.usefixtures("filled")
def test_repeating_a_commit_moves_nothing(importer: worlds.Importer) -> None:
    importer.page(page=1, page_size=3)
    first = importer.commit(page=1, page_size=3)

    again = importer.commit(page=1, page_size=3)

    assert again == {**first, "advanced": False}


@pytest.mark.usefixtures("filled")
def test_commit_of_an_earlier_page_moves_nothing(importer: worlds.Importer) -> None:
    early = importer.post("/customers", page=1, page_size=3).headers["X-Commit-Token"]
    importer.page(page=2, page_size=3)
    importer.commit(page=2, page_size=3)

    assert position(importer.commit(page=1, page_size=3)) == (6, False)
    assert position(importer.commit(commit_token=early)) == (6, False)


@pytest.mark.usefixtures("filled")
def test_a_page_that_was_skipped_is_not_confirmed_by_a_later_one(
    importer: worlds.Importer,
) -> None:
    importer.page(page=1, page_size=2)
    token = importer.post("/customers", page=4, page_size=2).headers["X-Commit-Token"]

    assert position(importer.commit(commit_token=token)) == (0, False)
    assert position(importer.commit(page=4, page_size=2)) == (2, True)


@pytest.mark.usefixtures("filled")
def test_a_gap_that_was_filled_is_confirmed(importer: worlds.Importer) -> None:
    for page in (1, 3, 2, 3):
        importer.page(page=page, page_size=2)

    assert position(importer.commit(page=3, page_size=2)) == (6, True)


@pytest.mark.usefixtures("filled")
def test_reading_never_confirms(importer: worlds.Importer) -> None:
    for page in range(1, 7):
        importer.page(page=page, page_size=2)

    assert position(importer.commit(page=1, page_size=2)) == (2, True)


@pytest.mark.usefixtures("filled")
def test_an_empty_page_confirms_what_its_walk_gave_before(importer: worlds.Importer) -> None:
    importer.page(page=1, page_size=10)
    importer.page(page=2, page_size=10)

    assert position(importer.commit(page=2, page_size=10)) == (10, True)


@pytest.mark.usefixtures("filled")
def test_each_scope_is_committed_by_itself(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    world.writer.put(shop, factories.record(factories.order()), scope=worlds.ORDER)
    importer.page(page=1, page_size=10)
    importer.commit(page=1, page_size=10)

    importer.page("/orders", page=1)

    assert position(importer.commit("/orders", page=1)) == (1, True)


@pytest.mark.usefixtures("filled")
def test_a_commit_over_grpc_says_the_same(shop: str, reader: worlds.Internal) -> None:
    page = reader.fetch(shop, page=1, page_size=4)

    first = reader.commit(shop, commit_token=page.commit_token)
    again = reader.commit_page(shop, 1, 4)

    assert (first.position, first.advanced) == (4, True)
    assert (again.position, again.advanced) == (4, False)
    assert again.committed_date == first.committed_date


@pytest.mark.usefixtures("filled")
def test_before_the_first_commit_there_is_no_date(importer: worlds.Importer) -> None:
    importer.page(page=3, page_size=2)

    assert importer.commit(page=3, page_size=2) == {
        "position": 0,
        "advanced": False,
        "committed_date": None,
    }


class TestStartAtTheCommit:
    """Walks of an importer whose setting is start=committed."""

    @pytest.fixture(autouse=True)
    def begin_at_the_commit(self, world: worlds.World, number: int, filled: None) -> None:
        world.operator.start_at(f"importer-{number}", START_COMMITTED)

    def test_a_walk_brings_what_changed_since_the_commit(
        self, world: worlds.World, shop: str, importer: worlds.Importer
    ) -> None:
        importer.page(page=1, page_size=10)
        importer.commit(page=1, page_size=10)
        world.writer.put(shop, *factories.customers(2, first_name="Changed"))

        page = importer.page(page=1, page_size=10)

        assert worlds.ids(page["data"]) == ["c0001", "c0002"]
        assert page["meta"]["has_next_page"] is False

    def test_what_was_not_committed_comes_again(self, importer: worlds.Importer) -> None:
        for page in (1, 2, 3):
            importer.page(page=page, page_size=4)
        importer.commit(page=2, page_size=4)

        assert worlds.ids(importer.page(page=1, page_size=4)["data"])[0] == "c0001"
        importer.commit(page=3, page_size=4)
        assert importer.page(page=1, page_size=4)["data"] == []

    def test_a_walk_of_another_page_size_begins_at_the_same_commit(
        self, importer: worlds.Importer
    ) -> None:
        importer.page(page=1, page_size=4)
        importer.commit(page=1, page_size=4)

        assert worlds.ids(importer.page(page=1, page_size=3)["data"]) == [
            "c0005",
            "c0006",
            "c0007",
        ]

    def test_the_setting_goes_back_to_everything(
        self, world: worlds.World, number: int, importer: worlds.Importer
    ) -> None:
        importer.page(page=1, page_size=10)
        importer.commit(page=1, page_size=10)

        world.operator.start_at(f"importer-{number}", START_FULL)

        assert len(importer.page(page=1, page_size=10)["data"]) == 10

    def test_other_scopes_keep_their_setting(
        self, world: worlds.World, shop: str, importer: worlds.Importer
    ) -> None:
        world.writer.put(shop, factories.record(factories.order()), scope=worlds.ORDER)
        importer.page("/orders", page=1)
        importer.commit("/orders", page=1)

        assert len(importer.page("/orders", page=1)["data"]) == 1


def test_a_restart_keeps_walks_commits_and_cursors(new_world: Any, tmp_path: pathlib.Path) -> None:
    before: worlds.World = new_world()
    before.writer.put("kept.example", *factories.customers(9))
    importer = before.importer("keeper", "kept.example")
    importer.page(page=1, page_size=3)
    second = importer.post("/customers", page=2, page_size=3)
    importer.commit(page=1, page_size=3)
    before.stop()

    after: worlds.World = new_world()

    same = worlds.Importer(after.client, importer.key, importer.shop)
    cursor = second.get_json()["meta"]["cursor"]
    assert worlds.ids(same.page(page=3, page_size=3)["data"]) == ["c0007", "c0008", "c0009"]
    assert worlds.ids(same.page(cursor=cursor)["data"]) == ["c0007", "c0008", "c0009"]
    assert position(same.commit(page=1, page_size=3)) == (3, False)
    token = second.headers["X-Commit-Token"]
    assert position(same.commit(commit_token=token)) == (6, True)
