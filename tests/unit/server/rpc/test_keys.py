from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import timestamp_pb2
from tests.clock import BEGIN_US
from tests.unit.server.rpc.conftest import Core

from pullfeed.v1 import key_service_pb2 as pb
from pullfeed.v1 import record_pb2

_NOW = timestamp_pb2.Timestamp(seconds=BEGIN_US // 1_000_000)


def _create(core: Core, **fields: Any) -> pb.CreateKeyResponse:
    response: pb.CreateKeyResponse = core.call(
        "operator", "KeyService/CreateKey", pb.CreateKeyRequest(**fields)
    )
    return response


def test_a_new_key_comes_with_its_text_once(core: Core) -> None:
    made = _create(core, role=pb.ROLE_IMPORTER, importer="sms", shops=["a.example"])
    assert made.secret.startswith(f"pf_{made.key.key_id}_")
    assert made.key == pb.Key(
        key_id=made.key.key_id,
        role=pb.ROLE_IMPORTER,
        importer="sms",
        shops=["a.example"],
        created_date=_NOW,
    )
    listed = core.call("operator", "KeyService/ListKeys", pb.ListKeysRequest())
    assert made.key in listed.keys
    assert made.secret[-43:].encode() not in listed.SerializeToString()


def test_a_revoked_key_has_its_date(core: Core) -> None:
    key_id = _create(core, role=pb.ROLE_WRITER, shops=["*"]).key.key_id
    revoked = core.call("operator", "KeyService/RevokeKey", pb.RevokeKeyRequest(key_id=key_id))
    assert revoked.key.revoked_date == _NOW


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"role": 0, "shops": ["*"]}, ("FIELD_INVALID", "role")),
        ({"role": pb.ROLE_WRITER}, ("FIELD_INVALID", "shops")),
        ({"role": pb.ROLE_IMPORTER, "shops": ["*"]}, ("FIELD_INVALID", "importer")),
        (
            {"role": pb.ROLE_WRITER, "importer": "mail", "shops": ["*"]},
            ("FIELD_INVALID", "importer"),
        ),
        (
            {"role": pb.ROLE_IMPORTER, "importer": "anonymous", "shops": ["*"]},
            ("FIELD_INVALID", "importer"),
        ),
        ({"role": pb.ROLE_WRITER, "shops": ["https://x"]}, ("FIELD_INVALID", "shops[0]")),
        ({"role": pb.ROLE_WRITER, "shops": ["a b"] * 1001}, ("FIELD_INVALID", "shops")),
    ],
)
def test_a_key_that_cannot_be_made_is_told_why(
    core: Core, fields: dict[str, Any], refusal: tuple[str, str]
) -> None:
    request = pb.CreateKeyRequest(**fields)
    assert core.refusal("operator", "KeyService/CreateKey", request) == refusal


def test_a_third_live_key_of_an_importer_is_refused(core: Core) -> None:
    request = pb.CreateKeyRequest(role=pb.ROLE_IMPORTER, importer="mail", shops=["*"])
    core.call("operator", "KeyService/CreateKey", request)
    assert core.refusal("operator", "KeyService/CreateKey", request) == ("KEY_LIMIT", "")


@pytest.mark.parametrize(
    ("key_id", "refusal"),
    [("", ("FIELD_INVALID", "key_id")), ("k000000000000", ("KEY_NOT_FOUND", "key_id"))],
)
def test_a_key_nobody_has_cannot_be_revoked(
    core: Core, key_id: str, refusal: tuple[str, str]
) -> None:
    request = pb.RevokeKeyRequest(key_id=key_id)
    assert core.refusal("operator", "KeyService/RevokeKey", request) == refusal


def test_the_last_operator_key_is_kept(core: Core) -> None:
    own = core.keys["operator"].split("_")[1]
    request = pb.RevokeKeyRequest(key_id=own)
    refusal = core.refusal("operator", "KeyService/RevokeKey", request)
    assert refusal == ("LAST_OPERATOR_KEY", "")


def test_an_importer_is_told_with_a_start_for_each_scope(core: Core) -> None:
    request = pb.SetImporterRequest(
        importer="mail",
        starts=[pb.ImporterStart(scope=record_pb2.SCOPE_ORDER, start=pb.START_COMMITTED)],
    )
    expected = pb.Importer(
        importer="mail",
        starts=[
            pb.ImporterStart(scope=record_pb2.SCOPE_CUSTOMER, start=pb.START_FULL),
            pb.ImporterStart(scope=record_pb2.SCOPE_ORDER, start=pb.START_COMMITTED),
            pb.ImporterStart(scope=record_pb2.SCOPE_PRODUCT, start=pb.START_FULL),
        ],
        key_count=1,
    )
    assert core.call("operator", "KeyService/SetImporter", request).importer == expected
    listed = core.call("operator", "KeyService/ListImporters", pb.ListImportersRequest())
    assert list(listed.importers) == [expected]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.SetImporterRequest(importer=""), "importer"),
        (pb.SetImporterRequest(importer="Mail"), "importer"),
        (
            pb.SetImporterRequest(
                importer="mail", starts=[pb.ImporterStart(scope=record_pb2.SCOPE_ORDER)]
            ),
            "starts[0].start",
        ),
        (
            pb.SetImporterRequest(importer="mail", starts=[pb.ImporterStart(start=pb.START_FULL)]),
            "starts[0].scope",
        ),
    ],
)
def test_an_importer_that_cannot_be_set_is_told_why(
    core: Core, request_: pb.SetImporterRequest, field: str
) -> None:
    refusal = core.refusal("operator", "KeyService/SetImporter", request_)
    assert refusal == ("FIELD_INVALID", field)


def test_the_importer_without_a_key_is_not_set(core: Core) -> None:
    request = pb.SetImporterRequest(importer="anonymous")
    assert core.refusal("operator", "KeyService/SetImporter", request) == (
        "FIELD_INVALID",
        "importer",
    )


def test_an_importer_is_not_told_more_starts_than_there_are_scopes(core: Core) -> None:
    request = pb.SetImporterRequest(
        importer="mail",
        starts=[pb.ImporterStart(scope=record_pb2.SCOPE_ORDER, start=pb.START_FULL)] * 4,
    )
    assert core.refusal("operator", "KeyService/SetImporter", request) == (
        "FIELD_INVALID",
        "starts",
    )
