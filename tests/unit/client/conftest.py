"""A core and a callback that tests hold in their hands, both on a loopback port of their own."""

from __future__ import annotations

import http.server
import json
import pathlib
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any, cast

import click.testing
import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from pullfeed.v1 import (
    delivery_service_pb2,
    key_service_pb2,
    ledger_service_pb2,
    record_service_pb2,
)
from pullfeed_client import cli, connection

Run = Callable[..., click.testing.Result]


SERVICES = tuple(
    service
    for file in (
        record_service_pb2,
        ledger_service_pb2,
        key_service_pb2,
        delivery_service_pb2,
    )
    for service in file.DESCRIPTOR.services_by_name.values()
)


class FakeCore:
    """Notes each request and answers what the test has laid out for its method.

    answers: by method, the answers in order; the last one stays. A customer
    without an e-mail is withheld as MISSING, all other records are stored.
    """

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.keys: list[str] = []
        self.answers: dict[str, list[Any]] = {}
        self.refusal: tuple[grpc.StatusCode, str, str] | None = None
        self.address = ""

    def handlers(self) -> list[grpc.GenericRpcHandler]:
        """Every unary call of the services a client calls."""
        return [
            grpc.method_handlers_generic_handler(
                service.full_name,
                {method.name: self._handler(method) for method in service.methods},
            )
            for service in SERVICES
        ]

    def _handler(self, method: MethodDescriptor) -> grpc.RpcMethodHandler[Any, Any]:
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self._answer(method.name, request, context),
            request_deserializer=GetMessageClass(method.input_type).FromString,
            response_serializer=GetMessageClass(method.output_type).SerializeToString,
        )

    def refuse(self, code: grpc.StatusCode, reason: str, message: str) -> None:
        """Every call from now on gets this error, with the core's own details."""
        self.refusal = (code, reason, message)

    def _answer(self, method: str, request: Any, context: Any) -> Any:
        self._note(request, context)
        answer = self._next(method)
        return _put(request) if answer is None and method == "PutRecords" else answer

    def _next(self, method: str) -> Any:
        waiting = self.answers.get(method, [])
        return waiting.pop(0) if len(waiting) > 1 else next(iter(waiting), None)

    def _note(self, request: Any, context: Any) -> None:
        kept = type(request)()
        kept.CopyFrom(request)
        self.requests.append(kept)
        self.keys.append(dict(context.invocation_metadata())["x-api-key"])
        if self.refusal:
            code, reason, message = self.refusal
            status = status_pb2.Status(code=code.value[0], message=message)
            status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, domain="pullfeed"))
            context.abort_with_status(rpc_status.to_status(status))


def _put(
    request: record_service_pb2.PutRecordsRequest,
) -> record_service_pb2.PutRecordsResponse:
    answer = record_service_pb2.PutRecordsResponse()
    for index, record in enumerate(request.records):
        if record.HasField("customer") and not record.customer.email:
            refused = answer.withheld.add(index=index, id=record.customer.customer_id)
            refused.violations.add(field="email", reason="MISSING")
        else:
            answer.stored_count += 1
    for index, row in enumerate(request.unreadable, start=len(request.records)):
        refused = answer.withheld.add(index=index, id=row.id)
        refused.violations.add(field=row.field, reason=row.reason)
    return answer


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """No file of the machine reaches a test, and no file of a test the machine."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def core() -> Iterator[FakeCore]:
    """A fake core that serves on a free port."""
    fake = FakeCore()
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers(tuple(fake.handlers()))
    fake.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield fake
    server.stop(None).wait()


@pytest.fixture
def opened(core: FakeCore) -> Iterator[connection.Core]:
    """The client's way to the fake core."""
    with connection.opened(core.address, "pf_test") as client:
        yield client


@pytest.fixture
def run() -> Run:
    """Runs the command with these arguments, off a terminal."""

    def invoke(*args: str, **options: Any) -> click.testing.Result:
        return click.testing.CliRunner().invoke(cli.main, args, prog_name="pullfeed", **options)

    return invoke


@pytest.fixture
def run_on_core(core: FakeCore, run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command with its settings pointing at the fake core."""
    monkeypatch.setenv("PULLFEED_CORE", core.address)
    monkeypatch.setenv("PULLFEED_KEY", "pf_test")
    return run


class FakeCallback(http.server.ThreadingHTTPServer):
    """A callback that answers from a list, and notes what was asked.

    answers: status, headers and body of each answer, in order; the last one stays.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.connections = 0
        self.url = f"http://127.0.0.1:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def will_answer(self, status: int, body: Any, **headers: str) -> None:
        """Puts one more answer at the end. body: bytes as they are, else JSON."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, named, sent))

    def will_serve(self, *sizes: int) -> None:
        """Puts pages of these sizes, each with a commit token and, but the last, a cursor."""
        first = 1
        for number, size in enumerate(sizes, start=1):
            is_last = number == len(sizes)
            meta = {
                "has_next_page": not is_last,
                "cursor": None if is_last else f"cursor-{number}",
                "page": number,
                "page_size": max(sizes),
            }
            data = [customer(index) for index in range(first, first + size)]
            first += size
            body = {"status": "success", "message": "", "meta": meta, "data": data}
            self.will_answer(200, body, X_Commit_Token=f"token-{number}")


def customer(index: int) -> dict[str, str]:
    """A customer C1, C2, … that breaks no rule."""
    return {
        "customer_id": f"C{index}",
        "email": f"person{index}@example.com",
        "first_name": "Amber",
        "last_name": "Hill",
        "mobile": f"+1555010{index:04}",
        "language": "en",
        "consent": "Yes",
        "gender": "Female",
        "last_modified_date": "2024-12-01T10:30:00Z",
    }


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        callback = cast("FakeCallback", self.server)
        length = int(self.headers["Content-Length"])
        headers = {name.lower(): value for name, value in self.headers.items()}
        callback.asked.append((self.path, headers, json.loads(self.rfile.read(length))))
        if "/commit" in self.path:
            commit = {"position": len(callback.asked), "advanced": True, "committed_date": None}
            self._send(200, {}, json.dumps({"status": "success", "commit": commit}).encode())
            return
        waiting = callback.answers
        self._send(*(waiting.pop(0) if len(waiting) > 1 else waiting[0]))

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test's output is the test's."""


@pytest.fixture
def callback() -> Iterator[FakeCallback]:
    """A fake callback that serves on a free port."""
    with FakeCallback() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def key_answer() -> key_service_pb2.CreateKeyResponse:
    """A new key as the core would answer it."""
    key = key_service_pb2.Key(
        key_id="k0123456789ab",
        role=key_service_pb2.ROLE_IMPORTER,
        importer="acme",
        shops=["shop.example"],
    )
    key.created_date.FromJsonString("2026-01-01T00:00:00Z")
    return key_service_pb2.CreateKeyResponse(secret="pf_k0123456789ab_secret", key=key)


@pytest.fixture
def withheld_pages() -> list[ledger_service_pb2.ListWithheldResponse]:
    """Two pages of withheld customers."""
    pages = [
        ledger_service_pb2.ListWithheldResponse(next_page_token="more"),
        ledger_service_pb2.ListWithheldResponse(),
    ]
    for page, record_id in zip(pages, ("C1", "C2"), strict=True):
        record = page.withheld.add(id=record_id)
        record.violations.add(field="email", reason="BAD_EMAIL")
        record.first_seen_date.FromJsonString("2026-01-01T00:00:00Z")
        record.last_seen_date.FromJsonString("2026-01-02T00:00:00Z")
    return pages
