"""Keys: made, listed, ended, and their text shown once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pullfeed.v1 import key_service_pb2


def test_a_new_key_alone_stands_on_stdout(core: Any, run_on_core: Any, key_answer: Any) -> None:
    core.answers["CreateKey"] = [key_answer]
    result = run_on_core(
        "keys", "new", "--role", "importer", "--importer", "acme", "--shop", "a.example",
        "--shop", "b.example",
    )  # fmt: skip
    assert (result.exit_code, result.stdout) == (0, "pf_k0123456789ab_secret\n")
    assert core.requests == [
        key_service_pb2.CreateKeyRequest(
            role=key_service_pb2.ROLE_IMPORTER, importer="acme", shops=["a.example", "b.example"]
        )
    ]


def test_a_new_key_as_json_says_what_it_is(core: Any, run_on_core: Any, key_answer: Any) -> None:
    core.answers["CreateKey"] = [key_answer]
    result = run_on_core("keys", "new", "--role", "writer", "--shop", "*", "--json")
    assert json.loads(result.stdout) == {
        "secret": "pf_k0123456789ab_secret",
        "key_id": "k0123456789ab",
        "role": "importer",
        "importer": "acme",
        "shops": ["shop.example"],
        "created_date": "2026-01-01T00:00:00Z",
        "revoked_date": None,
    }


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_new_key_for_shops_that_are_not_known_yet_says_so_on_stderr(
    core: Any, run_on_core: Any, key_answer: Any, as_json: tuple[str, ...]
) -> None:
    key_answer.unknown_shops.extend(["a.example", "b.example"])
    core.answers["CreateKey"] = [key_answer]
    result = run_on_core("keys", "new", "--role", "writer", "--shop", "a.example", *as_json)
    assert result.exit_code == 0
    assert result.stderr.splitlines()[-1] == (
        "Nothing was put yet for a.example, b.example: the key is good from the first put on."
    )
    assert "b.example" not in result.stdout


def test_the_listing_has_no_secret(core: Any, run_on_core: Any, key_answer: Any) -> None:
    core.answers["ListKeys"] = [key_service_pb2.ListKeysResponse(keys=[key_answer.key])]
    result = run_on_core("keys", "list")
    assert result.stdout.splitlines()[1] == (
        "k0123456789ab\timporter\tacme\tshop.example\t2026-01-01T00:00:00Z\t"
    )
    assert "secret" not in result.stdout


def test_revoking_names_the_key(core: Any, run_on_core: Any) -> None:
    core.answers["RevokeKey"] = [key_service_pb2.RevokeKeyResponse()]
    result = run_on_core("keys", "revoke", "k0123456789ab")
    assert (result.exit_code, result.stdout) == (0, "k0123456789ab is revoked.\n")
    assert core.requests[0].key_id == "k0123456789ab"


@pytest.mark.parametrize("missing", ["--role", "--shop"])
def test_role_and_shop_are_required(run_on_core: Any, missing: str) -> None:
    said = {"--role": "writer", "--shop": "a.example"}
    del said[missing]
    result = run_on_core("keys", "new", *(word for pair in said.items() for word in pair))
    assert result.exit_code == 2
    assert missing in result.stderr
