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
        "importer\tcustomer\torder\tproduct\tkey_count\nacme\tcommitted\tfull\tfull\t1\n"
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
