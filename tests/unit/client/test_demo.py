"""The demonstration's key: kept, reused, and replaced when it is lost."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from pullfeed.v1 import key_service_pb2
from pullfeed_client import connection, demo

FILE = pathlib.Path("demo.key")


def key(key_id: str, importer: str = "demo", *, is_revoked: bool = False) -> key_service_pb2.Key:
    made = key_service_pb2.Key(key_id=key_id, importer=importer)
    if is_revoked:
        made.revoked_date.GetCurrentTime()
    return made


@pytest.fixture(autouse=True)
def _answers(core: Any, key_answer: Any) -> None:
    core.answers["CreateKey"] = [key_answer]
    core.answers["RevokeKey"] = [key_service_pb2.RevokeKeyResponse()]


def with_keys(core: Any, *keys: key_service_pb2.Key) -> None:
    core.answers["ListKeys"] = [key_service_pb2.ListKeysResponse(keys=keys)]


def test_a_new_key_is_kept_for_its_owner_alone(core: Any, opened: connection.Core) -> None:
    with_keys(core)
    assert demo.importer_key(opened, FILE) == "pf_k0123456789ab_secret"
    assert FILE.read_text(encoding="ascii") == "pf_k0123456789ab_secret\n"
    assert FILE.stat().st_mode & 0o777 == 0o600


def test_a_key_that_lives_is_used_again(core: Any, opened: connection.Core) -> None:
    with_keys(core, key("kold"))
    FILE.write_text("pf_kold_secret\n", encoding="ascii")
    assert demo.importer_key(opened, FILE) == "pf_kold_secret"
    assert len(core.requests) == 1


@pytest.mark.parametrize("kept", [None, "pf_kold_secret\n", "pf_kother_secret\n", "\n"])
def test_a_lost_or_ended_key_is_replaced_and_what_lives_of_it_ended(
    core: Any, opened: connection.Core, kept: str | None
) -> None:
    with_keys(core, key("kold", is_revoked=True), key("klive"), key("kother", "acme"))
    if kept is not None:
        FILE.write_text(kept, encoding="ascii")
        FILE.chmod(0o644)
    assert demo.importer_key(opened, FILE) == "pf_k0123456789ab_secret"
    revoked = [
        request.key_id
        for request in core.requests
        if isinstance(request, key_service_pb2.RevokeKeyRequest)
    ]
    assert revoked == ["klive"]
    assert FILE.stat().st_mode & 0o777 == 0o600
