"""A core and a facade in this process, and the calls that tests make to them."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import grpc
import orjson
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from werkzeug.test import Client, TestResponse

from pullfeed.v1 import (
    delivery_service_pb2,
    delivery_service_pb2_grpc,
    feed_service_pb2,
    feed_service_pb2_grpc,
    key_service_pb2,
    key_service_pb2_grpc,
    ledger_service_pb2,
    ledger_service_pb2_grpc,
    record_pb2,
    record_service_pb2,
    record_service_pb2_grpc,
)
from pullfeed_facade import app as facade_app
from pullfeed_facade import core as facade_core
from pullfeed_facade import settings as facade_settings
from pullfeed_server import app, settings

CUSTOMER = record_pb2.SCOPE_CUSTOMER
ORDER = record_pb2.SCOPE_ORDER
PRODUCT = record_pb2.SCOPE_PRODUCT
TIMEOUT_S = 60
LIMITS = (
    ("grpc.max_send_message_length", 96 * 1024 * 1024),
    ("grpc.max_receive_message_length", 96 * 1024 * 1024),
)

Call = Callable[[], Any]


class Refused(NamedTuple):
    """What a refused gRPC call says."""

    code: str
    reason: str
    field: str
    message: str


def refusal(call: Call) -> Refused:
    """The refusal of a call that must not succeed."""
    try:
        call()
    except grpc.RpcError as error:
        return _told(error)
    raise AssertionError("the call was not refused")


def _told(error: grpc.RpcError) -> Refused:
    # grpcio-status comes without types.
    status = cast(Any, rpc_status).from_call(error)
    info = error_details_pb2.ErrorInfo()
    for packed in status.details if status else ():
        packed.Unpack(info)
    told = cast(Any, error)
    return Refused(told.code().name, info.reason, info.metadata.get("field", ""), told.details())


def core_settings(folder: pathlib.Path, **changes: Any) -> settings.Settings:
    """Settings of a core on a free port, with its file in a folder."""
    chosen = settings.Settings(
        listen="127.0.0.1:0",
        database=f"sqlite:///{folder / 'pullfeed.db'}",
        secrets="",
        operator_key_file="",
        allow_anonymous=False,
        threads=8,
        hold_days=7,
        metrics_listen="",
        silent_after_hours=24.0,
        ledger_retention_days=30.0,
        notice_timeout_s=10.0,
        notice_give_up_hours=24.0,
        database_wait_s=0.0,
        grace_s=10.0,
        log_level="error",
    )
    return dataclasses.replace(chosen, **changes)


def facade(address: str, **changes: Any) -> tuple[Client, grpc.Channel]:
    """A WSGI client of a facade in front of a core, and the facade's channel."""
    chosen = facade_settings.Settings(
        listen=facade_settings.Address("127.0.0.1", 0),
        core=address,
        workers=1,
        threads=8,
        url_prefix="",
        deadline_s=8.0,
        max_body_bytes=65536,
        log_level="error",
    )
    chosen = dataclasses.replace(chosen, **changes)
    channel = facade_core.channel_to(address)
    core = facade_core.Core(lambda: channel, chosen.deadline_s)
    return facade_app.create_app(chosen, core).test_client(), channel


class Internal:
    """The core's services, called with one key."""

    def __init__(self, channel: grpc.Channel, key: str) -> None:
        self.metadata = (("x-api-key", key),) if key else ()
        self._channel = channel
        self._records = record_service_pb2_grpc.RecordServiceStub(channel)
        self._feed = feed_service_pb2_grpc.FeedServiceStub(channel)
        self._ledger = ledger_service_pb2_grpc.LedgerServiceStub(channel)
        self._keys = key_service_pb2_grpc.KeyServiceStub(channel)
        self._delivery = delivery_service_pb2_grpc.DeliveryServiceStub(channel)

    def put(
        self, shop: str, *records: record_pb2.Record, scope: Any = CUSTOMER, **request: Any
    ) -> record_service_pb2.PutRecordsResponse:
        return self.put_batch(
            record_service_pb2.PutRecordsRequest(shop=shop, scope=scope, records=records, **request)
        )

    def put_batch(
        self, request: record_service_pb2.PutRecordsRequest
    ) -> record_service_pb2.PutRecordsResponse:
        return self._records.PutRecords(request, timeout=TIMEOUT_S, metadata=self.metadata)

    def delete(
        self, shop: str, *ids: str, scope: Any = CUSTOMER, **request: Any
    ) -> record_service_pb2.DeleteRecordsResponse:
        asked = record_service_pb2.DeleteRecordsRequest(shop=shop, scope=scope, ids=ids, **request)
        return self._records.DeleteRecords(asked, timeout=TIMEOUT_S, metadata=self.metadata)

    def fetch(
        self, shop: str, scope: Any = CUSTOMER, **request: Any
    ) -> feed_service_pb2.FetchPageResponse:
        asked = feed_service_pb2.FetchPageRequest(shop=shop, scope=scope, **request)
        return self._feed.FetchPage(asked, timeout=TIMEOUT_S, metadata=self.metadata)

    def commit(
        self, shop: str, scope: Any = CUSTOMER, **point: Any
    ) -> feed_service_pb2.CommitResponse:
        asked = feed_service_pb2.CommitRequest(shop=shop, scope=scope, **point)
        return self._feed.Commit(asked, timeout=TIMEOUT_S, metadata=self.metadata)

    def commit_page(
        self, shop: str, page: int, page_size: int | None = None, scope: Any = CUSTOMER
    ) -> feed_service_pb2.CommitResponse:
        named = feed_service_pb2.NumberedPage(page=page, page_size=page_size)
        return self.commit(shop, scope, page=named)

    def export(
        self, shop: str, scope: Any = CUSTOMER, after: int = 0
    ) -> list[feed_service_pb2.ExportRecordsResponse]:
        asked = feed_service_pb2.ExportRecordsRequest(shop=shop, scope=scope, after_position=after)
        return list(self._feed.ExportRecords(asked, timeout=TIMEOUT_S, metadata=self.metadata))

    def withheld(
        self, shop: str, scope: Any = CUSTOMER, **request: Any
    ) -> ledger_service_pb2.ListWithheldResponse:
        asked = ledger_service_pb2.ListWithheldRequest(shop=shop, scope=scope, **request)
        return self._ledger.ListWithheld(asked, timeout=TIMEOUT_S, metadata=self.metadata)

    def explain(
        self, shop: str, id: str, scope: Any = CUSTOMER
    ) -> ledger_service_pb2.ExplainRecordResponse:
        asked = ledger_service_pb2.ExplainRecordRequest(shop=shop, scope=scope, id=id)
        return self._ledger.ExplainRecord(asked, timeout=TIMEOUT_S, metadata=self.metadata)

    def deliveries(self, shop: str, **request: Any) -> list[delivery_service_pb2.Delivery]:
        asked = delivery_service_pb2.ListDeliveriesRequest(shop=shop, **request)
        metadata = self.metadata
        answer = self._delivery.ListDeliveries(asked, timeout=TIMEOUT_S, metadata=metadata)
        return list(answer.deliveries)

    def rejected(
        self, shop: str, scope: Any = CUSTOMER, **request: Any
    ) -> list[delivery_service_pb2.Rejection]:
        asked = delivery_service_pb2.ListRejectedRequest(shop=shop, scope=scope, **request)
        answer = self._delivery.ListRejected(asked, timeout=TIMEOUT_S, metadata=self.metadata)
        return list(answer.rejections)

    def offer(
        self, shop: str, importer: str, *ids: str, scope: Any = CUSTOMER
    ) -> delivery_service_pb2.OfferRejectedResponse:
        asked = delivery_service_pb2.OfferRejectedRequest(
            shop=shop, scope=scope, importer=importer, ids=ids
        )
        return self._delivery.OfferRejected(asked, timeout=TIMEOUT_S, metadata=self.metadata)

    def shops(self, **request: Any) -> ledger_service_pb2.ListShopsResponse:
        asked = ledger_service_pb2.ListShopsRequest(**request)
        return self._ledger.ListShops(asked, timeout=TIMEOUT_S, metadata=self.metadata)

    def new_key(
        self, role: Any, *shops: str, importer: str = ""
    ) -> key_service_pb2.CreateKeyResponse:
        asked = key_service_pb2.CreateKeyRequest(role=role, importer=importer, shops=shops)
        return self._keys.CreateKey(asked, timeout=TIMEOUT_S, metadata=self.metadata)

    def revoke(self, key_id: str) -> key_service_pb2.RevokeKeyResponse:
        asked = key_service_pb2.RevokeKeyRequest(key_id=key_id)
        return self._keys.RevokeKey(asked, timeout=TIMEOUT_S, metadata=self.metadata)

    def start_at(self, importer: str, start: Any, scope: Any = CUSTOMER) -> None:
        starts = [key_service_pb2.ImporterStart(scope=scope, start=start)]
        asked = key_service_pb2.SetImporterRequest(importer=importer, starts=starts)
        self._keys.SetImporter(asked, timeout=TIMEOUT_S, metadata=self.metadata)

    def set_importer(self, importer: str, **settings: Any) -> None:
        asked = key_service_pb2.SetImporterRequest(importer=importer, **settings)
        self._keys.SetImporter(asked, timeout=TIMEOUT_S, metadata=self.metadata)

    def notices(self, shop: str, **request: Any) -> list[delivery_service_pb2.Notice]:
        asked = delivery_service_pb2.ListNoticesRequest(shop=shop, **request)
        answer = self._delivery.ListNotices(asked, timeout=TIMEOUT_S, metadata=self.metadata)
        return list(answer.notices)

    def resend(self, shop: str, notice: str) -> None:
        asked = delivery_service_pb2.ResendNoticeRequest(shop=shop, notice=notice)
        self._delivery.ResendNotice(asked, timeout=TIMEOUT_S, metadata=self.metadata)

    def skip(self, shop: str, notice: str) -> None:
        asked = delivery_service_pb2.SkipNoticeRequest(shop=shop, notice=notice)
        self._delivery.SkipNotice(asked, timeout=TIMEOUT_S, metadata=self.metadata)

    def raw(self, method: str, request: bytes) -> bytes:
        """The answer's bytes to a request's bytes. method: for example "FeedService/Commit"."""
        call: Callable[..., bytes] = self._channel.unary_unary(f"/pullfeed.v1.{method}")
        return call(request, timeout=TIMEOUT_S, metadata=self.metadata)


class Importer:
    """An importer over HTTP, with one key and one shop."""

    def __init__(self, client: Client, key: str, shop: str) -> None:
        self._client = client
        self.key = key
        self.shop = shop

    def post(self, path: str, **query: object) -> TestResponse:
        return self.send(path, orjson.dumps({"shop": self.shop}), **query)

    def send(self, path: str, body: bytes, **query: object) -> TestResponse:
        # Buffered, so that it is handed over when it is here.
        return self._client.post(
            path, data=body, query_string=query, headers=self.headers(), buffered=True
        )

    def page(self, path: str = "/customers", **query: object) -> dict[str, Any]:
        """The envelope of a page that must be served."""
        answer = self.post(path, **query)
        assert answer.status_code == 200, answer.text
        return cast(dict[str, Any], answer.get_json())

    def receipt(self, said: dict[str, object], **query: object) -> TestResponse:
        """A commit of customers with what is said of them in its body."""
        return self.send("/customers/commit", orjson.dumps({"shop": self.shop, **said}), **query)

    def commit(self, path: str = "/customers", **query: object) -> dict[str, Any]:
        """What is said of a commit that must be taken."""
        answer = self.post(f"{path}/commit", **query)
        assert answer.status_code == 200, answer.text
        return cast(dict[str, Any], answer.get_json()["commit"])

    def headers(self) -> dict[str, str]:
        return {"X-Api-Key": self.key} if self.key else {}


class World:
    """A running core with a facade in front of it, and its operator."""

    def __init__(self, folder: pathlib.Path, **changes: Any) -> None:
        self.folder = folder
        self._stopped = False
        self.core = app.build(core_settings(folder, **changes))
        self.core.start()
        self.channel = grpc.insecure_channel(self.core.address, options=LIMITS)
        self.client, self._facade_channel = facade(self.core.address)
        self.operator = self.internal((folder / "operator.key").read_text().strip())

    def internal(self, key: str) -> Internal:
        return Internal(self.channel, key)

    @functools.cached_property
    def writer(self) -> Internal:
        """The services, called with a writer's key for every shop."""
        return self.internal(self.operator.new_key(key_service_pb2.ROLE_WRITER, "*").secret)

    def importer_key(self, name: str, *shops: str) -> str:
        made = self.operator.new_key(key_service_pb2.ROLE_IMPORTER, *(shops or "*"), importer=name)
        return made.secret

    def importer(self, name: str, shop: str) -> Importer:
        """A new key of an importer for one shop, used over HTTP."""
        return Importer(self.client, self.importer_key(name, shop), shop)

    def stop(self) -> None:
        """Stops both; harmless where they are stopped."""
        self._facade_channel.close()
        self.channel.close()
        if not self._stopped:
            self.core.stop()
        self._stopped = True


def ids(records: Sequence[dict[str, Any]] | Sequence[record_pb2.Record]) -> list[str]:
    """The customer ids of a page, in its order."""
    return [
        record["customer_id"] if isinstance(record, dict) else record.customer.customer_id
        for record in records
    ]
