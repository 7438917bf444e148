from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import timestamp_pb2
from tests.clock import BEGIN_US
from tests.unit.server.rpc.conftest import Core

from pullfeed.v1 import key_service_pb2 as pb
from pullfeed.v1 import record_pb2
from pullfeed_server.store import Store

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
        commit_way=pb.COMMIT_WAY_IMPORTER,
    )
    assert core.call("operator", "KeyService/SetImporter", request).importer == expected
    listed = core.call("operator", "KeyService/ListImporters", pb.ListImportersRequest())
    assert list(listed.importers) == [expected]


def test_an_importer_is_told_with_how_it_commits_and_without_its_key(core: Core) -> None:
    notify = pb.Notify(
        url="https://importer.example/commit?a=b", api_key="a-key", integration_type_id="7"
    )
    request = pb.SetImporterRequest(
        importer="mail", commit_way=pb.COMMIT_WAY_NOTIFY, accept_loss=True, notify=notify
    )
    told = core.call("operator", "KeyService/SetImporter", request).importer
    notify.ClearField("api_key")
    assert told.commit_way == pb.COMMIT_WAY_NOTIFY
    assert told.accept_loss
    assert told.notify == notify


def test_what_is_not_said_of_an_importer_stays_as_it_is(core: Core, store: Store) -> None:
    notify = pb.Notify(url="https://importer.example/commit", api_key="a-key")
    request = pb.SetImporterRequest(
        importer="mail", commit_way=pb.COMMIT_WAY_NOTIFY, accept_loss=True, notify=notify
    )
    before = core.call("operator", "KeyService/SetImporter", request)
    same = pb.SetImporterRequest(importer="mail")
    assert core.call("operator", "KeyService/SetImporter", same) == before
    moved = pb.SetImporterRequest(importer="mail", notify=pb.Notify(url="https://b.example/"))
    assert core.call("operator", "KeyService/SetImporter", moved).importer.notify.url == (
        "https://b.example/"
    )
    row = store.read(lambda tx: tx.keys.importer("mail"))
    assert row is not None
    assert row.notify.api_key == "a-key"


def _starts_at_the_commit(**fields: Any) -> pb.SetImporterRequest:
    start = pb.ImporterStart(scope=record_pb2.SCOPE_ORDER, start=pb.START_COMMITTED)
    return pb.SetImporterRequest(importer="mail", starts=[start], **fields)


def test_commits_that_prove_no_receipt_and_walks_from_the_commit_take_a_word(core: Core) -> None:
    request = _starts_at_the_commit(commit_way=pb.COMMIT_WAY_NEXT_PAGE)
    refusal = core.refusal("operator", "KeyService/SetImporter", request)
    assert refusal == ("LOSS_NOT_ACCEPTED", "accept_loss")
    request.accept_loss = True
    told = core.call("operator", "KeyService/SetImporter", request).importer
    assert told.commit_way == pb.COMMIT_WAY_NEXT_PAGE


def test_a_word_that_is_needed_is_not_taken_back(core: Core) -> None:
    request = _starts_at_the_commit(commit_way=pb.COMMIT_WAY_NEXT_PAGE, accept_loss=True)
    core.call("operator", "KeyService/SetImporter", request)
    back = pb.SetImporterRequest(importer="mail", accept_loss=False)
    refusal = core.refusal("operator", "KeyService/SetImporter", back)
    assert refusal == ("LOSS_NOT_ACCEPTED", "accept_loss")


@pytest.mark.parametrize(
    "notify",
    [
        None,
        pb.Notify(),
        pb.Notify(url="http://importer.example/"),
        pb.Notify(url="https://user:word@importer.example/"),
        pb.Notify(url="https:///commit"),
        pb.Notify(url="https://importer.example:x/"),
        pb.Notify(url="https://importer.example:0/"),
        pb.Notify(url="https://importer.example:70000/"),
        pb.Notify(url="https://[::1/"),
        pb.Notify(url="https://münze.example/"),
        pb.Notify(url="ftp://importer.example/"),
    ],
)
def test_nobody_can_be_told_of_pages_without_a_url_that_can_be_called(
    core: Core, notify: pb.Notify | None
) -> None:
    request = pb.SetImporterRequest(importer="mail", commit_way=pb.COMMIT_WAY_NOTIFY, notify=notify)
    refusal = core.refusal("operator", "KeyService/SetImporter", request)
    assert refusal == ("FIELD_INVALID", "notify.url")


def test_a_url_without_tls_takes_allow_private(core: Core) -> None:
    notify = pb.Notify(url="http://127.0.0.1:8000/commit", allow_private=True)
    request = pb.SetImporterRequest(importer="mail", notify=notify)
    assert core.call("operator", "KeyService/SetImporter", request).importer.notify == notify


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
