"""KeyService: keys and importers, for operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf import message

from pullfeed.v1 import key_service_pb2 as pb
from pullfeed_server import importers, keys, policy, walks
from pullfeed_server.encoding import scopes
from pullfeed_server.rpc import feed, wire
from pullfeed_server.store import rows

SERVICE = pb.DESCRIPTOR.services_by_name["KeyService"]
_OPERATORS = frozenset((keys.OPERATOR,))

_ROLES = {
    pb.ROLE_IMPORTER: keys.IMPORTER,
    pb.ROLE_WRITER: keys.WRITER,
    pb.ROLE_OPERATOR: keys.OPERATOR,
}
_ROLE_NUMBERS = {name: number for number, name in _ROLES.items()}
_STARTS = {pb.START_FULL: walks.START_FULL, pb.START_COMMITTED: walks.START_COMMITTED}
_START_NUMBERS = {name: number for number, name in _STARTS.items()}
_WAYS = {
    pb.COMMIT_WAY_IMPORTER: importers.BY_IMPORTER,
    pb.COMMIT_WAY_NEXT_PAGE: importers.BY_NEXT_PAGE,
    pb.COMMIT_WAY_NOTIFY: importers.BY_NOTIFY,
}
_WAY_NUMBERS = {name: number for number, name in _WAYS.items()}


def methods(known: keys.Keys) -> dict[str, policy.Method]:
    """The service's methods by full name."""

    def create(request: pb.CreateKeyRequest, _: keys.Caller) -> pb.CreateKeyResponse:
        # First, since the secret is told only once: nothing may go wrong behind it.
        unknown = known.unknown_shops(request.shops)
        new = known.create(_ROLES[request.role], request.importer, list(request.shops))
        return pb.CreateKeyResponse(secret=new.text, key=_key(new.row), unknown_shops=unknown)

    def list_all(_: pb.ListKeysRequest, __: keys.Caller) -> pb.ListKeysResponse:
        return pb.ListKeysResponse(keys=map(_key, known.all()))

    def revoke(request: pb.RevokeKeyRequest, _: keys.Caller) -> pb.RevokeKeyResponse:
        return pb.RevokeKeyResponse(key=_key(known.revoke(request.key_id)))

    def set_importer(request: pb.SetImporterRequest, _: keys.Caller) -> pb.SetImporterResponse:
        return _set(known, request)

    def list_importers(_: pb.ListImportersRequest, __: keys.Caller) -> pb.ListImportersResponse:
        return pb.ListImportersResponse(
            importers=[_importer(row, count) for row, count in known.importers()]
        )

    calls: dict[str, tuple[type[message.Message], Callable[[Any, keys.Caller], Any]]] = {
        "CreateKey": (pb.CreateKeyRequest, create),
        "ListKeys": (pb.ListKeysRequest, list_all),
        "RevokeKey": (pb.RevokeKeyRequest, revoke),
        "SetImporter": (pb.SetImporterRequest, set_importer),
        "ListImporters": (pb.ListImportersRequest, list_importers),
    }
    return {
        wire.method_name(SERVICE, name): policy.Method(request_type, _OPERATORS, call)
        for name, (request_type, call) in calls.items()
    }


def _set(known: keys.Keys, request: pb.SetImporterRequest) -> pb.SetImporterResponse:
    row, count = known.set_importer(
        request.importer,
        {int(start.scope): _STARTS[start.start] for start in request.starts},
        _WAYS.get(request.commit_way, ""),
        _notify_row(request.notify) if request.HasField("notify") else None,
        accept_loss=request.accept_loss if request.HasField("accept_loss") else None,
    )
    return pb.SetImporterResponse(importer=_importer(row, count))


def _key(row: rows.KeyRow) -> pb.Key:
    return pb.Key(
        key_id=row.key_id,
        role=_ROLE_NUMBERS[row.role],
        importer=row.importer,
        shops=row.shops,
        created_date=feed.date(row.created_us),
        revoked_date=feed.date(row.revoked_us) if row.revoked_us else None,
    )


def _importer(row: rows.ImporterRow, key_count: int) -> pb.Importer:
    starts = [
        pb.ImporterStart(
            scope=scope,  # type: ignore[arg-type]
            start=_START_NUMBERS[row.starts.get(scope, walks.START_FULL)],
        )
        for scope in scopes.KINDS
    ]
    return pb.Importer(
        importer=row.importer,
        starts=starts,
        key_count=key_count,
        commit_way=_WAY_NUMBERS[row.commit_way],
        accept_loss=row.accept_loss,
        notify=_notify(row.notify) if row.notify.url else None,
    )


def _notify(row: rows.NotifyRow) -> pb.Notify:
    """Without the key: it is not shown again."""
    return pb.Notify(
        url=row.url,
        integration_type_id=row.integration_type_id,
        allow_private=row.allow_private,
    )


def _notify_row(notify: pb.Notify) -> rows.NotifyRow:
    return rows.NotifyRow(
        notify.url, notify.api_key, notify.integration_type_id, notify.allow_private
    )
