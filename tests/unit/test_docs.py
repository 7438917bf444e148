"""The docs name every setting and every reason, as the code has them."""

from __future__ import annotations

import pathlib
import re

import pytest

from pullfeed_client import settings as client
from pullfeed_facade import settings as facade
from pullfeed_server import settings as core
from pullfeed_server.encoding import rules

DOCS = pathlib.Path(__file__).parents[2] / "docs"
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
CONTRACT = (DOCS / "contract.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("process", [core, facade, client], ids=lambda module: str(module.TABLE))
def test_the_table_of_a_process_is_its_settings(process: object) -> None:
    table, settings = process.TABLE, process.SETTINGS  # type: ignore[attr-defined]
    section = OPERATIONS.split(f"| `[{table}]` |")[1].split("\n\n")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{setting.name}` | `{setting.env}` | {_cell(setting.default)}| {setting.help} |"
        for setting in settings
    ]


def _cell(default: object) -> str:
    text = str(default)
    return f"`{text}` " if text else ""


def test_every_reason_of_a_withheld_record_is_explained() -> None:
    explained = set(re.findall(r"^\| `([A-Z_]+)` \|", CONTRACT, re.MULTILINE))
    assert explained == {
        *rules.REASONS,
        *("BAD_ROW", "BAD_TYPE", "UNKNOWN_FIELD", "UNREADABLE"),
    }


def test_every_link_between_the_docs_leads_somewhere() -> None:
    pages = [*DOCS.glob("*.md"), DOCS.parent / "README.md"]
    links = [
        (page, link)
        for page in pages
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    ]
    assert links
    assert [(page.name, link) for page, link in links if not (page.parent / link).exists()] == []
