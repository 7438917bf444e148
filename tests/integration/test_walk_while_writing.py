"""Walks of 200,000 customers while a writer changes them: nothing missing, all newest."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any, Self, TypeAlias

import grpc
import orjson
import pytest
from tests import factories
from tests.integration import world as worlds

from pullfeed.v1 import feed_service_pb2, record_pb2, record_service_pb2

COUNT, PAGE_SIZE, BATCH = 200_000, 250, 1000
NEAR_THE_END = COUNT // PAGE_SIZE * 9 // 10
# What the writer changes at once; what it changes in all depends on how fast the walks are.
CHANGED = 20

Applied: TypeAlias = dict[str, str]


class Writer:
    """Changes random customers until it is stopped, and remembers what it put last."""

    def __init__(self, internal: worlds.Internal, shop: str, count: int) -> None:
        self._internal = internal
        self._shop = shop
        self._random = random.Random(7)
        self._began, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write, args=(count,))
        self.newest = dict.fromkeys(map(name, range(count)), "v0")
        self.failed: list[BaseException] = []

    def __enter__(self) -> Self:
        self._thread.start()
        # Only a walk that is under way while something changes shows anything.
        assert self._began.wait(worlds.TIMEOUT_S)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _write(self, count: int) -> None:
        version = 0
        while not self._stopped.is_set():
            version += 1
            changed = self._random.sample(range(count), CHANGED)
            try:
                self._internal.put_batch(batch(self._shop, changed, f"v{version}"))
            except grpc.RpcError as error:
                self.failed.append(error)
                return
            self.newest.update(dict.fromkeys(map(name, changed), f"v{version}"))
            self._began.set()


def name(number: int) -> str:
    return f"c{number:06}"


def batch(shop: str, numbers: Any, version: str) -> record_service_pb2.PutRecordsRequest:
    """A put of these customers; the version stands in their first name."""
    return record_service_pb2.PutRecordsRequest(
        shop=shop,
        scope=worlds.CUSTOMER,
        records=[
            record_pb2.Record(
                customer=factories.customer(customer_id=name(number), first_name=version)
            )
            for number in numbers
        ],
    )


def load(internal: worlds.Internal, shop: str, count: int) -> None:
    for begin in range(0, count, BATCH):
        numbers = range(begin, min(begin + BATCH, count))
        assert internal.put_batch(batch(shop, numbers, "v0")).stored_count == len(numbers)


def apply(applied: Applied, records: list[dict[str, Any]]) -> None:
    applied.update((record["customer_id"], record["first_name"]) for record in records)


def by_number(reader: worlds.Internal, shop: str) -> Iterator[feed_service_pb2.FetchPageResponse]:
    number, has_next = 1, True
    while has_next:
        page = reader.fetch(shop, page=number, page_size=PAGE_SIZE, form=feed_service_pb2.FORM_JSON)
        yield page
        number, has_next = number + 1, page.has_next_page


def by_cursor(reader: worlds.Internal, shop: str) -> Iterator[feed_service_pb2.FetchPageResponse]:
    page = reader.fetch(shop, page_size=PAGE_SIZE, form=feed_service_pb2.FORM_JSON)
    yield page
    while page.has_next_page:
        page = reader.fetch(
            shop, cursor=page.cursor, page_size=PAGE_SIZE, form=feed_service_pb2.FORM_JSON
        )
        yield page


def crawl(pages: Iterator[feed_service_pb2.FetchPageResponse], near: Callable[[], Any]) -> Applied:
    """What an importer holds at the end. near: called once, when most pages were read."""
    applied: Applied = {}
    for page in pages:
        records = orjson.loads(page.data_json)
        assert len(records) == PAGE_SIZE or not page.has_next_page
        apply(applied, records)
        if page.page == NEAR_THE_END:
            near()
    return applied


def differences(applied: Applied, newest: Applied) -> list[str]:
    return [key for key, version in newest.items() if applied.get(key) != version]


def test_walks_of_200_000_deliver_all_in_its_newest_form_under_a_writer(
    world: worlds.World, number: int
) -> None:
    shop = "large.example"
    load(world.writer, shop, COUNT)
    readers = [world.internal(world.importer_key(f"{way}-{number}", shop)) for way in "ab"]

    with Writer(world.writer, shop, COUNT) as writer, futures.ThreadPoolExecutor(2) as pool:
        # The writer stops when both walks are near their end, and only then do they go on.
        near = threading.Barrier(2, action=writer.stop, timeout=worlds.TIMEOUT_S)
        walks = [
            pool.submit(crawl, pages(reader, shop), near.wait)
            for pages, reader in zip((by_number, by_cursor), readers, strict=True)
        ]
        crawled = [walk.result() for walk in walks]

    assert not writer.failed
    assert len(set(writer.newest.values())) > 10
    assert [differences(applied, writer.newest)[:10] for applied in crawled] == [[], []]


@pytest.mark.parametrize("by", ["page", "cursor"])
def test_an_importer_over_http_misses_nothing_under_a_writer(
    world: worlds.World, shop: str, importer: worlds.Importer, by: str
) -> None:
    count, page_size = 1000, 20
    load(world.writer, shop, count)
    applied: Applied = {}
    page, number = importer.page(page=1, page_size=page_size), 1

    with Writer(world.writer, shop, count) as writer:
        while number < count / page_size * 0.9:
            apply(applied, page["data"])
            number += 1
            page = importer.page(**_next(page, by), page_size=page_size)
    apply(applied, page["data"])
    while page["meta"]["has_next_page"]:
        page = importer.page(**_next(page, by), page_size=page_size)
        apply(applied, page["data"])

    assert not writer.failed
    assert len(set(writer.newest.values())) > 1
    assert differences(applied, writer.newest) == []


def _next(page: dict[str, Any], by: str) -> dict[str, Any]:
    """The query that asks for the page after this one."""
    meta = page["meta"]
    return {"page": meta["page"] + 1} if by == "page" else {"cursor": meta["cursor"]}
