"""Single cases of requests that come doubled, late, or whose answers get lost."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator

import pytest
from tests import databases as test_databases
from tests.property import core, model

from pullfeed_server import walks
from pullfeed_server.store import rows

SHOP = "shop.example"

Put = Callable[[str], None]


@pytest.fixture(params=test_databases.EACH_ENGINE)
def running(
    request: pytest.FixtureRequest, databases: test_databases.Databases, tmp_path: pathlib.Path
) -> Iterator[core.Core]:
    started = core.Core(databases.url(request.param, tmp_path), tmp_path)
    yield started
    started.close()


@pytest.fixture
def put(running: core.Core) -> Put:
    """Puts a new version of each of some ids, one after the other."""
    count = 0

    def put(ids: str) -> None:
        nonlocal count
        count += 1
        running.put(SHOP, [model.Put(record_id, f"{record_id}{count}", count) for record_id in ids])

    return put


@pytest.fixture(params=[walks.START_FULL, walks.START_COMMITTED])
def importer(request: pytest.FixtureRequest, running: core.Core) -> str:
    running.keys.set_importer("importer", {core.SCOPE: request.param})
    return "importer"


def page(running: core.Core, importer: str, number: int) -> core.Answer:
    return running.fetch(SHOP, importer, core.Asked(rows.RECORDS, number, 1))


def rest(running: core.Core, importer: str, number: int) -> list[str]:
    """The ids that pages from this one on bring."""
    ids: list[str] = []
    has_next = True
    while has_next:
        answer = page(running, importer, number)
        ids += [record_id for record_id, _ in answer.versions]
        number, has_next = number + 1, answer.has_next
    return ids


def test_the_last_page_is_asked_again_after_the_first_was_repeated(
    running: core.Core, put: Put, importer: str
) -> None:
    put("ab")
    page(running, importer, 1)
    # The answer of the last page is lost; the importer will ask again.
    page(running, importer, 2)
    put("ba")
    page(running, importer, 1)

    assert set(rest(running, importer, 2)) == {"a", "b"}


def test_a_walk_goes_on_behind_what_was_its_last_page_after_its_pages_were_repeated(
    running: core.Core, put: Put, importer: str
) -> None:
    put("ab")
    page(running, importer, 1)
    page(running, importer, 2)
    put("cba")
    assert page(running, importer, 2).versions == [("c", "c2")]
    for late in (1, 2):
        page(running, importer, late)

    assert rest(running, importer, 3)[-2:] == ["b", "a"]


def test_a_committed_first_page_that_was_the_last_one_is_repeated(
    running: core.Core, put: Put, importer: str
) -> None:
    put("a")
    page(running, importer, 1)
    put("bc")
    first = page(running, importer, 1)
    running.commit(SHOP, importer, commit_token=first.token)
    page(running, importer, 1)

    assert {"a", "b", "c"} <= {record_id for record_id, _ in first.versions} | set(
        rest(running, importer, 2)
    )


def test_a_walk_by_cursor_that_was_committed_is_over(running: core.Core, put: Put) -> None:
    running.keys.set_importer("importer", {core.SCOPE: walks.START_COMMITTED})
    put("ab")
    first = page(running, "importer", 1)
    last = running.fetch(SHOP, "importer", core.Asked(rows.RECORDS, 0, 1, cursor=first.cursor))
    running.commit(SHOP, "importer", commit_token=last.token)
    put("c")

    assert page(running, "importer", 1).versions == [("c", "c2")]
