from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import cast

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha import reflection_pb2
from grpc_status import rpc_status
from tests import factories
from tests.unit.server.rpc.conftest import Core

from pullfeed.v1 import (
    feed_service_pb2,
    feed_service_pb2_grpc,
    key_service_pb2,
    ledger_service_pb2,
    record_pb2,
    record_service_pb2,
    record_service_pb2_grpc,
)
from pullfeed_server import feed as feed_module
from pullfeed_server.rpc import delivery, feed, keys, ledger, records, reflection, streams, wire

_SERVICES = (delivery.SERVICE, feed.SERVICE, keys.SERVICE, ledger.SERVICE, records.SERVICE)

# Who may make which call.
_ROLES = {
    "/pullfeed.v1.RecordService/PutRecords": {"writer", "operator"},
    "/pullfeed.v1.RecordService/DeleteRecords": {"writer", "operator"},
    "/pullfeed.v1.RecordService/ListIds": {"writer", "operator"},
    "/pullfeed.v1.RecordService/HoldRemovals": {"writer", "operator"},
    "/pullfeed.v1.RecordService/ListHeld": {"writer", "operator"},
    "/pullfeed.v1.RecordService/ApproveHeld": {"writer", "operator"},
    "/pullfeed.v1.RecordService/DiscardHeld": {"writer", "operator"},
    "/pullfeed.v1.RecordService/EraseRecords": {"writer", "operator"},
    "/pullfeed.v1.RecordService/LiftErasures": {"operator"},
    "/pullfeed.v1.FeedService/FetchPage": {"importer"},
    "/pullfeed.v1.FeedService/Commit": {"importer"},
    "/pullfeed.v1.FeedService/ReportHandover": {"importer"},
    "/pullfeed.v1.FeedService/FetchChanges": {"importer", "operator"},
    "/pullfeed.v1.FeedService/ExportRecords": {"importer", "operator"},
    "/pullfeed.v1.LedgerService/ListShops": {"writer", "operator"},
    "/pullfeed.v1.LedgerService/ListWithheld": {"writer", "operator"},
    "/pullfeed.v1.LedgerService/ExplainRecord": {"writer", "operator"},
    "/pullfeed.v1.DeliveryService/ListDeliveries": {"writer", "operator"},
    "/pullfeed.v1.DeliveryService/ListRejected": {"writer", "operator"},
    "/pullfeed.v1.DeliveryService/OfferRejected": {"operator"},
    "/pullfeed.v1.DeliveryService/Rewind": {"operator"},
    "/pullfeed.v1.KeyService/CreateKey": {"operator"},
    "/pullfeed.v1.KeyService/ListKeys": {"operator"},
    "/pullfeed.v1.KeyService/RevokeKey": {"operator"},
    "/pullfeed.v1.KeyService/SetImporter": {"operator"},
    "/pullfeed.v1.KeyService/ListImporters": {"operator"},
    "/pullfeed.v1.DeliveryService/ListNotices": {"writer", "operator"},
    "/pullfeed.v1.DeliveryService/ResendNotice": {"operator"},
    "/pullfeed.v1.DeliveryService/SkipNotice": {"operator"},
}


def test_every_method_of_the_proto_has_its_roles(core: Core) -> None:
    assert {name: set(method.roles) for name, method in core.methods.items()} == _ROLES


def test_every_method_takes_the_message_of_the_proto(core: Core) -> None:
    declared = {
        wire.method_name(service, method.name): method.input_type.full_name
        for service in _SERVICES
        for method in service.methods
    }
    taken = {
        name: method.request_type.DESCRIPTOR.full_name for name, method in core.methods.items()
    }
    assert taken == declared


@pytest.mark.parametrize(
    ("role", "method", "request_"),
    [
        ("importer", "RecordService/PutRecords", record_service_pb2.PutRecordsRequest()),
        ("importer", "LedgerService/ListShops", ledger_service_pb2.ListShopsRequest()),
        ("importer", "KeyService/ListKeys", key_service_pb2.ListKeysRequest()),
        ("writer", "FeedService/FetchPage", feed_service_pb2.FetchPageRequest()),
        ("writer", "FeedService/Commit", feed_service_pb2.CommitRequest()),
        ("writer", "KeyService/CreateKey", key_service_pb2.CreateKeyRequest()),
        ("operator", "FeedService/FetchPage", feed_service_pb2.FetchPageRequest()),
    ],
)
def test_a_key_of_another_role_is_denied_before_its_request_is_looked_at(
    core: Core, role: str, method: str, request_: feed_service_pb2.FetchPageRequest
) -> None:
    assert core.refusal(role, method, request_) == ("ROLE_DENIED", "")


@pytest.fixture
def channel(core: Core) -> Iterator[grpc.Channel]:
    """A channel to the services of a core, on a port of its own."""
    with futures.ThreadPoolExecutor(streams.threads_for(2)) as pool:
        server = grpc.server(pool, options=wire.MESSAGE_LIMITS)
        server.add_generic_rpc_handlers(
            tuple(wire.handlers(service, core.guard) for service in _SERVICES)
        )
        names = [service.full_name for service in _SERVICES]
        server.add_generic_rpc_handlers((reflection.handlers(names, lifetime_s=0.3),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as opened:
            yield opened
        server.stop(None).wait()


def _metadata(core: Core, role: str) -> tuple[tuple[str, str], ...]:
    return (("x-api-key", core.keys[role]),) if role else ()


def _put(core: Core, channel: grpc.Channel, count: int) -> record_service_pb2.PutRecordsResponse:
    request = record_service_pb2.PutRecordsRequest(
        shop=factories.SHOP, scope=record_pb2.SCOPE_CUSTOMER, records=factories.customers(count)
    )
    service = record_service_pb2_grpc.RecordServiceStub(channel)
    return service.PutRecords(request, metadata=_metadata(core, "writer"), timeout=10)


def test_a_call_goes_over_the_wire_and_back(core: Core, channel: grpc.Channel) -> None:
    assert _put(core, channel, 3).stored_count == 3


def test_a_stream_goes_over_the_wire(core: Core, channel: grpc.Channel) -> None:
    _put(core, channel, 3)
    request = feed_service_pb2.ExportRecordsRequest(
        shop=factories.SHOP, scope=record_pb2.SCOPE_CUSTOMER
    )
    service = feed_service_pb2_grpc.FeedServiceStub(channel)
    chunks = service.ExportRecords(request, metadata=_metadata(core, "operator"), timeout=10)
    assert [(len(chunk.records), chunk.position) for chunk in chunks] == [(3, 3)]


def _reflection(channel: grpc.Channel) -> grpc.StreamStreamMultiCallable[bytes, bytes]:
    found: grpc.StreamStreamMultiCallable[bytes, bytes]
    found = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
    return found


def _requests(told: threading.Event) -> Iterator[bytes]:
    """A caller of reflection who says nothing until the event."""
    told.wait(30)
    yield reflection_pb2.ServerReflectionRequest(list_services="").SerializeToString()


@pytest.fixture
def event() -> Iterator[threading.Event]:
    """Set when the test ends, so that nothing waits on."""
    found = threading.Event()
    yield found
    found.set()


def test_reflection_names_the_services(core: Core, channel: grpc.Channel) -> None:
    request = reflection_pb2.ServerReflectionRequest(list_services="").SerializeToString()
    (answer,) = _reflection(channel)(iter([request]), timeout=10)
    found = reflection_pb2.ServerReflectionResponse.FromString(answer)
    named = [service.name for service in found.list_services_response.service]
    assert "pullfeed.v1.FeedService" in named
    assert "grpc.reflection.v1alpha.ServerReflection" in named
    assert core.methods


def test_silent_callers_of_reflection_leave_threads_to_others_and_are_ended(
    core: Core, channel: grpc.Channel, event: threading.Event
) -> None:
    silent = [_reflection(channel)(_requests(event), timeout=30) for _ in range(8)]
    assert _put(core, channel, 1).stored_count == 1
    codes = sorted(call.code().name for call in silent)
    assert codes == [*["CANCELLED"] * 2, *["RESOURCE_EXHAUSTED"] * 6]


def test_an_export_too_many_is_told_to_come_back_and_the_next_one_is_served(
    core: Core, channel: grpc.Channel
) -> None:
    _put(core, channel, 3)
    with core.exports.taken(), pytest.raises(grpc.RpcError) as refused:
        _export(channel, _all_customers(), _metadata(core, "operator"))
    status = rpc_status.from_call(cast("grpc.Call", refused.value))
    assert status is not None
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(retry)
    assert (status.code, info.reason, retry.retry_delay.seconds) == (8, "BUSY", 5)
    for _ in range(2):
        _export(channel, _all_customers(), _metadata(core, "operator"))


def test_an_export_that_takes_too_long_is_ended_and_its_slot_is_free(
    core: Core, channel: grpc.Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put(core, channel, 3)
    monkeypatch.setattr(streams, "EXPORT_S", 0.0)
    monkeypatch.setattr(feed_module.Feeds, "export", _for_ever)
    with pytest.raises(grpc.RpcError) as ended:
        _export(channel, _all_customers(), _metadata(core, "operator"))
    assert cast("grpc.Call", ended.value).code() is grpc.StatusCode.CANCELLED
    # The one slot there is comes back.
    assert core.exports._free.acquire(timeout=10)


def _for_ever(*_: object) -> Iterator[feed_module.Chunk]:
    while True:
        yield feed_module.Chunk([], 1)


def _all_customers() -> bytes:
    request = feed_service_pb2.ExportRecordsRequest(
        shop=factories.SHOP, scope=record_pb2.SCOPE_CUSTOMER
    )
    return request.SerializeToString()


def _fetch(channel: grpc.Channel, body: bytes, metadata: tuple[tuple[str, str], ...]) -> None:
    call: grpc.UnaryUnaryMultiCallable[bytes, bytes]
    call = channel.unary_unary("/pullfeed.v1.FeedService/FetchPage")
    call(body, metadata=metadata, timeout=10)


def _export(channel: grpc.Channel, body: bytes, metadata: tuple[tuple[str, str], ...]) -> None:
    call: grpc.UnaryStreamMultiCallable[bytes, bytes]
    call = channel.unary_stream("/pullfeed.v1.FeedService/ExportRecords")
    list(call(body, metadata=metadata, timeout=10))


@pytest.mark.parametrize(
    ("role", "body", "code", "reason"),
    [
        ("", b"", grpc.StatusCode.UNAUTHENTICATED, "KEY_MISSING"),
        ("importer", b"\xff", grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_UNREADABLE"),
        ("writer", b"", grpc.StatusCode.PERMISSION_DENIED, "ROLE_DENIED"),
        ("importer", b"", grpc.StatusCode.INVALID_ARGUMENT, "SHOP_INVALID"),
    ],
)
@pytest.mark.parametrize("call", [_fetch, _export])
def test_a_refusal_comes_with_its_details(
    core: Core,
    channel: grpc.Channel,
    role: str,
    body: bytes,
    code: grpc.StatusCode,
    reason: str,
    call: Callable[[grpc.Channel, bytes, tuple[tuple[str, str], ...]], None],
) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        call(channel, body, _metadata(core, role))
    status = rpc_status.from_call(cast("grpc.Call", refused.value))
    info = error_details_pb2.ErrorInfo()
    assert status is not None
    assert status.code == code.value[0]
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain) == (reason, "pullfeed")
