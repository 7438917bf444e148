"""Importers: listed, and told where their walks begin."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pullfeed.v1 import key_service_pb2, record_pb2

ACME = key_service_pb2.Importer(
    importer="acme",
    key_count=1,
    starts=[
        key_service_pb2.ImporterStart(
            scope=record_pb2.SCOPE_CUSTOMER, start=key_service_pb2.START_COMMITTED
        ),
        key_service_pb2.ImporterStart(
            scope=record_pb2.SCOPE_ORDER, start=key_service_pb2.START_FULL
        ),
    ],
)
SHOWN = {
    "importer": "acme",
    "customer": "committed",
    "order": "full",
    "product": "full",
    "key_count": 1,
    "commit_way": "importer",
    "accept_loss": False,
    "notify_url": "",
    "integration_type_id": "",
    "allow_private": False,
}


@pytest.mark.parametrize(
    "arguments", [("--json",), ("list", "--json")], ids=["by default", "by name"]
)
def test_the_listing_says_where_each_scope_begins(
    core: Any, run_on_core: Any, arguments: tuple[str, ...]
) -> None:
    core.answers["ListImporters"] = [key_service_pb2.ListImportersResponse(importers=[ACME])]
    result = run_on_core("importers", *arguments)
    assert json.loads(result.stdout) == SHOWN


def test_the_listing_is_what_importers_alone_means(core: Any, run_on_core: Any) -> None:
    core.answers["ListImporters"] = [key_service_pb2.ListImportersResponse(importers=[ACME])]
    assert run_on_core("importers").stdout == (
        "importer\tcustomer\torder\tproduct\tkey_count\tcommit_way\n"
        "acme\tcommitted\tfull\tfull\t1\timporter\n"
    )


def test_setting_sends_one_scope_and_shows_the_importer_as_it_is_now(
    core: Any, run_on_core: Any
) -> None:
    core.answers["SetImporter"] = [key_service_pb2.SetImporterResponse(importer=ACME)]
    result = run_on_core(
        "importers", "set", "acme", "--scope", "customer", "--start", "committed", "--json"
    )
    assert json.loads(result.stdout) == SHOWN
    assert core.requests == [
        key_service_pb2.SetImporterRequest(importer="acme", starts=[ACME.starts[0]])
    ]


def test_the_way_to_commit_is_set_without_a_scope(core: Any, run_on_core: Any) -> None:
    core.answers["SetImporter"] = [key_service_pb2.SetImporterResponse(importer=ACME)]
    run_on_core("importers", "set", "acme", "--commit-way", "next_page", "--accept-loss")
    assert core.requests == [
        key_service_pb2.SetImporterRequest(
            importer="acme",
            commit_way=key_service_pb2.COMMIT_WAY_NEXT_PAGE,
            accept_loss=True,
        )
    ]


def test_what_is_said_of_the_call_is_changed_and_the_rest_sent_as_it_is(
    core: Any, run_on_core: Any
) -> None:
    known = key_service_pb2.Importer(
        importer="acme",
        notify=key_service_pb2.Notify(
            url="http://127.0.0.1:8000/", integration_type_id="7", allow_private=True
        ),
    )
    core.answers["ListImporters"] = [key_service_pb2.ListImportersResponse(importers=[known])]
    core.answers["SetImporter"] = [key_service_pb2.SetImporterResponse(importer=known)]
    run_on_core(
        *("importers", "set", "acme", "--notify-url", "https://b.example/"),
        *("--no-allow-private", "--notify-key-file", "-"),
        input="a-key\n",
    )
    assert core.requests[-1] == key_service_pb2.SetImporterRequest(
        importer="acme",
        notify=key_service_pb2.Notify(
            url="https://b.example/", api_key="a-key", integration_type_id="7"
        ),
    )


def test_a_start_without_its_scope_is_no_use(run_on_core: Any) -> None:
    result = run_on_core("importers", "set", "acme", "--start", "full")
    assert result.exit_code == 2
    assert "--scope" in result.stderr
