"""The project's own facade on a loopback port, in front of a core in this process."""

from __future__ import annotations

import contextlib
import pathlib
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

import pytest
from tests import factories
from tests.integration import world as worlds
from werkzeug import serving

from pullfeed.v1 import record_pb2

SHOP, FOREIGN, EMPTY = "own.example", "foreign.example", "empty.example"
COUNT = 120
SCOPES = {"customer": worlds.CUSTOMER, "order": worlds.ORDER, "product": worlds.PRODUCT}

App = Callable[..., Iterable[bytes]]


class Facade:
    """A facade over HTTP, its key, and a way to change what it serves."""

    def __init__(self, world: worlds.World) -> None:
        self._world = world
        self._changes = 0
        self.key = world.importer_key("conformance", SHOP, EMPTY)
        self.url = ""
        self.is_busy = False

    def fill(self) -> None:
        """COUNT records a scope in one shop; another shop has orders only, a third is foreign."""
        for scope in SCOPES:
            self._put(scope, SHOP, *(record(scope, number) for number in range(COUNT)))
        for scope, shop in (("customer", FOREIGN), ("order", EMPTY)):
            self._put(scope, shop, record(scope, 1))

    def change(self) -> None:
        """The next record of each scope changes."""
        self._changes += 1
        modified = f"2025-01-01T00:00:00.{self._changes:09}Z"
        for scope in SCOPES:
            changed = record(scope, self._changes * 7 % COUNT, last_modified_date=modified)
            self._put(scope, SHOP, changed)

    def serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The facade's WSGI application; where it is busy, records change before each page."""
        if self.is_busy and "page_size" in environ["QUERY_STRING"]:
            self.change()
        app: App = self._world.client.application
        return app(environ, start_response)

    def _put(self, scope: str, shop: str, *records: record_pb2.Record) -> None:
        answer = self._world.writer.put(shop, *records, scope=SCOPES[scope])
        assert not answer.withheld


class _Handler(serving.WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    # One packet an answer.
    wbufsize = -1

    def log(self, type: str, message: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def facade(tmp_path: pathlib.Path) -> Iterator[Facade]:
    world = worlds.World(tmp_path)
    facade = Facade(world)
    facade.fill()
    with served(facade):
        yield facade
    world.stop()


@contextlib.contextmanager
def served(facade: Facade) -> Generator[None]:
    server = serving.make_server(
        "127.0.0.1", 0, facade.serve, threaded=True, request_handler=_Handler
    )
    # Else closing it would wait for connections that are kept open.
    vars(server)["daemon_threads"] = True
    facade.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def record(scope: str, number: int, **changes: Any) -> record_pb2.Record:
    """The record of a number, with its changes."""
    make: Callable[..., factories.Message] = getattr(factories, scope)
    named = {f"{scope}_id": f"{scope[0]}{number:04}"}
    return factories.record(make(**named, **changes))
