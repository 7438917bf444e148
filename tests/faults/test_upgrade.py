"""A newer core that is killed while it renews what an older one left."""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3
import time
from typing import Any

import orjson
import pytest
from tests import factories
from tests.faults import newer, process

from pullfeed.v1 import feed_service_pb2, key_service_pb2, record_pb2
from pullfeed_server import encoding, maintenance

SHOP = "shop.example"
CUSTOMERS = 400
KILLS = 4
DONE_S = 60
NEWER = (str(newer.__file__),)
UNJUDGED = "SELECT count(*) FROM feeds WHERE rules < 2"
OLDER = "SELECT count(*) FROM records WHERE encoding < 2"


def _asked(folder: pathlib.Path, question: str) -> int:
    """The number that the database answers."""
    database = sqlite3.connect(f"file:{folder / 'pullfeed.db'}?mode=ro", uri=True)
    with contextlib.closing(database):
        (number,) = database.execute(question).fetchone()
    return int(number)


def _wait(folder: pathlib.Path, question: str, most: int) -> None:
    """Returns when the answer is not above that."""
    until_s = time.monotonic() + DONE_S
    while _asked(folder, question) > most:
        assert time.monotonic() < until_s, "the core stands still"


def _pages(core: process.Process, key: str, kind: Any) -> list[bytes]:
    reader, pages, cursor = core.internal(key), list[bytes](), None
    while True:
        page = reader.fetch(
            SHOP, list=kind, cursor=cursor, page_size=90, form=feed_service_pb2.FORM_JSON
        )
        pages.append(page.data_json)
        cursor = page.cursor or None
        if not page.has_next_page:
            return pages


def _walk(core: process.Process, key: str, kind: Any) -> list[dict[str, object]]:
    return [row for page in _pages(core, key, kind) for row in orjson.loads(page)]


def test_a_core_killed_while_it_renews_goes_on_at_its_next_start(
    start: process.Start, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = start()
    writer = core.operator.new_key(key_service_pb2.ROLE_WRITER, SHOP).secret
    key = core.operator.new_key(key_service_pb2.ROLE_IMPORTER, SHOP, importer="mail").secret
    core.internal(writer).put(SHOP, *factories.customers(CUSTOMERS))
    core.kill()
    monkeypatch.setattr(encoding, "RULES", 2)
    maintenance.reapply(f"sqlite:///{tmp_path / 'pullfeed.db'}")

    for number in range(KILLS):
        core = start(program=NEWER)
        # The tombstones that a rule leaves are written in the newer form.
        _wait(tmp_path, OLDER, CUSTOMERS - (number + 1) * CUSTOMERS // (KILLS + 2))
        assert {row["version"] for row in _walk(core, key, record_pb2.LIST_RECORDS)} == {2}
        core.kill()

    core = start(program=NEWER)
    _wait(tmp_path, UNJUDGED, 0)
    _wait(tmp_path, OLDER, 0)
    even = [f"c{number:04}" for number in range(2, CUSTOMERS + 1, 2)]
    odd = [f"c{number:04}" for number in range(1, CUSTOMERS + 1, 2)]
    kept = _walk(core, key, record_pb2.LIST_RECORDS)
    gone = _walk(core, key, record_pb2.LIST_REMOVED)
    assert [row["customer_id"] for row in kept] == even
    assert [row["customer_id"] for row in gone] == odd
    assert [row.id for row in core.operator.withheld(SHOP, page_size=1000).withheld] == odd
    # Each was withdrawn once, and nothing else took a number.
    assert _asked(tmp_path, "SELECT position FROM feeds") == CUSTOMERS + len(odd)
