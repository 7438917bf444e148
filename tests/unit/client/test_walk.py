"""Walks and commits as an importer makes them, over a transport without a network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from pullfeed_client.importer import transport, walk

FEED = walk.Feed("/customers", "shop.example")


class Script:
    """A transport that notes what is asked, and answers from a list."""

    def __init__(self, *answers: transport.Answer) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def post(self, target: str, body: bytes) -> transport.Answer:
        assert json.loads(body) == {"shop": "shop.example"}
        self.asked.append(target)
        return self.answers.pop(0)


def answer(body: Any, status: int = 200, headers: Mapping[str, str] = {}) -> transport.Answer:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return transport.Answer(status, headers, sent)


def page(has_next_page: bool, cursor: str | None, *ids: str) -> transport.Answer:
    meta = {"has_next_page": has_next_page, "cursor": cursor, "page": 1, "page_size": 2}
    data = [{"customer_id": record_id} for record_id in ids]
    body = {"status": "success", "message": "", "meta": meta, "data": data}
    return answer(body, headers={"x-commit-token": "token"})


def walked(mode: walk.Mode) -> tuple[list[str], list[list[dict[str, Any]]]]:
    script = Script(page(True, "c 1", "1", "2"), page(True, "c&2", "3", "4"), page(False, None))
    records = [taken.records for taken in walk.pages(script, FEED, mode, 2)]
    return script.asked, records


def test_a_walk_by_cursor_begins_with_neither_and_hands_each_cursor_back() -> None:
    asked, records = walked("cursor")
    assert asked == [
        "/customers?page_size=2",
        "/customers?cursor=c+1&page_size=2",
        "/customers?cursor=c%262&page_size=2",
    ]
    assert records == [
        [{"customer_id": "1"}, {"customer_id": "2"}],
        [{"customer_id": "3"}, {"customer_id": "4"}],
        [],
    ]


def test_a_walk_by_page_counts_from_1() -> None:
    asked, _ = walked("page")
    assert asked == [f"/customers?page={number}&page_size=2" for number in (1, 2, 3)]


def test_the_next_page_is_asked_for_only_when_it_is_taken() -> None:
    script = Script(page(True, "c", "1"), page(False, None))
    pages = walk.pages(script, FEED, "cursor", 1)
    next(pages)
    assert len(script.asked) == 1


def test_a_commit_hands_the_pages_token_back() -> None:
    script = Script(page(False, None, "1"), answer({"commit": {"position": 7, "advanced": True}}))
    [taken] = walk.pages(script, FEED, "cursor", 1)
    assert walk.commit(script, FEED, taken) == walk.Commit(position=7, advanced=True)
    assert script.asked[1] == "/customers/commit?commit_token=token"


def test_an_error_answer_is_told_in_the_servers_own_sentence() -> None:
    body = {
        "status": "error",
        "message": "page_size must be 1 to 1000.",
        "error": {"code": "INVALID_ARGUMENT", "reason": "FIELD_INVALID", "field": "page_size"},
    }
    with pytest.raises(walk.Refused) as error:
        next(walk.pages(Script(answer(body, 400)), FEED, "cursor", 5000))
    assert str(error.value) == "page_size must be 1 to 1000. (HTTP 400, FIELD_INVALID)"
    assert (error.value.status, error.value.reason) == (400, "FIELD_INVALID")


@pytest.mark.parametrize("body", [b"<html>", b"", [], {"message": 5}, {"error": "x"}])
def test_an_error_answer_of_another_kind_is_refused_all_the_same(body: Any) -> None:
    with pytest.raises(walk.Refused, match=r"no reason. \(HTTP 502\)"):
        next(walk.pages(Script(answer(body, 502)), FEED, "cursor", 50))


def test_an_error_inside_a_200_is_refused() -> None:
    body = {"status": "error", "message": "Broken."}
    with pytest.raises(walk.Refused, match="Broken"):
        next(walk.pages(Script(answer(body)), FEED, "cursor", 50))


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        [],
        {},
        {"meta": {}, "data": []},
        {"meta": {"has_next_page": False}, "data": []},
        {"meta": {"has_next_page": "no", "cursor": None}, "data": []},
        {"meta": {"has_next_page": False, "cursor": None}, "data": {}},
        {"meta": [], "data": []},
    ],
)
def test_an_answer_that_is_no_page_breaks_the_contract(body: Any) -> None:
    with pytest.raises(walk.Broken):
        next(walk.pages(Script(answer(body)), FEED, "cursor", 50))


@pytest.mark.parametrize("cursor", [None, "", 5])
def test_more_to_come_without_a_cursor_breaks_the_contract(cursor: Any) -> None:
    script = Script(page(True, cursor, "1"))
    with pytest.raises(walk.Broken, match="page 1 says that there is more"):
        list(walk.pages(script, FEED, "cursor", 1))


def test_a_page_without_a_token_cannot_be_committed() -> None:
    taken = walk.Page(3, [], has_next_page=False, cursor=None, commit_token="")
    with pytest.raises(walk.Broken, match="page 3 came without X-Commit-Token"):
        walk.commit(Script(), FEED, taken)


@pytest.mark.parametrize("body", [{}, {"commit": {}}, {"commit": 5}])
def test_a_commit_answer_without_a_position_breaks_the_contract(body: Any) -> None:
    taken = walk.Page(1, [], has_next_page=False, cursor=None, commit_token="token")
    with pytest.raises(walk.Broken):
        walk.commit(Script(answer(body)), FEED, taken)


def test_a_walk_goes_on_from_a_place() -> None:
    script = Script(page(False, None, "5"))
    place = walk.Place(3, "c 2")
    [taken] = walk.pages(script, FEED, "cursor", 2, place)
    assert (taken.number, script.asked) == (3, ["/customers?cursor=c+2&page_size=2"])


def test_a_cursor_given_twice_is_a_circle() -> None:
    script = Script(page(True, "c1", "1"), page(True, "c2", "2"), page(True, "c1", "3"))
    with pytest.raises(walk.Broken, match="page 3 gives a cursor that an earlier page gave"):
        list(walk.pages(script, FEED, "cursor", 1))


def test_the_same_records_again_are_a_circle() -> None:
    script = Script(page(True, None, "1", "2"), page(True, None, "1", "2"))
    with pytest.raises(walk.Broken, match="page 2 brings the records of the page before"):
        list(walk.pages(script, FEED, "page", 2))


def test_data_that_holds_no_objects_is_broken() -> None:
    meta = {"has_next_page": False, "cursor": None}
    with pytest.raises(walk.Broken, match="something that is no object"):
        list(walk.pages(Script(answer({"meta": meta, "data": ["1"]})), FEED, "page", 2))
