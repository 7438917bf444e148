"""docs/checking.md names every check and every wrong server, in the same row."""

from __future__ import annotations

import pathlib

import pytest
from tests.conformance import test_wrong_servers, wrong_records

from pullfeed_client.importer import checks

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "checking.md"


@pytest.fixture(scope="module")
def rows() -> dict[str, str]:
    """By check, its row of the table."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    found = [line for line in lines if line.startswith("| `") and line.count(" | ") == 3]
    return {line.split("`")[1]: line for line in found}


def test_every_check_has_its_row_in_the_order_of_the_checks(rows: dict[str, str]) -> None:
    assert list(rows) == list(checks.CHECKS)
    for name, row in rows.items():
        assert f"| {checks.CHECKS[name].severity.value} |" in row
        assert checks.CHECKS[name].says in row


def test_every_wrong_server_stands_in_the_row_of_its_check(rows: dict[str, str]) -> None:
    for made in test_wrong_servers.CLASSES:
        assert f"`{made.__name__}`: " in rows[made.fails]
    for flaw in wrong_records.FLAWS:
        assert f"{flaw.scope} {flaw.path[0]}" in rows[flaw.fails]
