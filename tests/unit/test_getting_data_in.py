"""docs/getting-data-in.md does what it says: its files, its commands, its output."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import sqlite3

import click.testing
import pytest

from pullfeed_client import cli

TEXT = (pathlib.Path(__file__).parents[2] / "docs" / "getting-data-in.md").read_text("utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
FINISHED, ORDERS, DATABASE = (block for kind, block in BLOCKS if kind == "toml")
ARTICLES_AT = 56


SHOP = """
CREATE TABLE customers (id, email, first_name, last_name, phone, newsletter, sex, changed_at);
INSERT INTO customers VALUES (1, 'alda@example.com', 'Alda', 'Amberfield', '(555) 010-0101',
    'yes', 'F', '2026-01-01 10:00:00');
CREATE TABLE orders (id, customer_id, state, placed_at, changed_at);
INSERT INTO orders VALUES (1, 1, 'new', '2026-01-01', '2026-01-01 10:00:00'),
    (2, 1, 'sent', '2026-01-01 10:00', '2026-01-01 10:00:00'), (3, 1, 'draft', '', '');
CREATE TABLE order_lines (order_id, line_no, sku, quantity);
INSERT INTO order_lines VALUES (2, 1, 'A1', 2), (2, 2, 'A2', 1), (1, 1, 'A9', 1);
CREATE TABLE articles (sku, title, price);
INSERT INTO articles VALUES ('A1', 'Oak lamp', 12.5), ('A2', 'Linen apron', 19);
"""


def block(kind: str, beginning: str) -> str:
    return next(text for name, text in BLOCKS if name == kind and text.startswith(beginning))


def output_of(command: str) -> str:
    """What the page shows behind a command, up to the next one."""
    shown = next(text for kind, text in BLOCKS if kind == "console" and f"$ {command}\n" in text)
    return shown.partition(f"$ {command}\n")[2].partition("\n$ ")[0].rstrip("\n")


def run(command: str) -> str:
    arguments = command.split()[1:]
    return click.testing.CliRunner().invoke(cli.main, arguments).stdout.rstrip("\n")


@pytest.fixture(autouse=True)
def _export(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.chdir(tmp_path)
    pathlib.Path("customers.csv").write_text(block("", "Customer No"), encoding="utf-8")
    beside = block("", "Order;Date").splitlines()
    files = {"lines.csv": slice(0, ARTICLES_AT), "articles.csv": slice(ARTICLES_AT, None)}
    for name, columns in files.items():
        lines = (line[columns].strip() for line in beside)
        pathlib.Path(name).write_text("\n".join(filter(None, lines)), encoding="utf-8")


def finished_mapping() -> str:
    """The first mapping with the lines that the page says to finish."""
    said = {line.partition(" = ")[0]: line for line in FINISHED.splitlines()}
    drafted = output_of("cat shop.toml").splitlines()
    names = [line.removeprefix("# ").partition(" = ")[0] for line in drafted]
    return "\n".join(said.get(name, line) for name, line in zip(names, drafted, strict=True))


def test_the_first_mapping_is_the_one_shown() -> None:
    run("pullfeed map customers.csv --out shop.toml")
    written = pathlib.Path("shop.toml").read_text(encoding="utf-8").rstrip("\n")
    assert written == output_of("cat shop.toml")


def test_the_finished_mapping_gives_the_audit_shown() -> None:
    pathlib.Path("shop.toml").write_text(finished_mapping(), encoding="utf-8")
    command = "pullfeed audit customers.csv --mapping shop.toml"
    assert run(command) == output_of(command)


def test_orders_of_lines_give_the_audit_shown() -> None:
    mapping = f"{finished_mapping()}\n{ORDERS}"
    pathlib.Path("shop.toml").write_text(mapping, encoding="utf-8")
    command = "pullfeed audit . --mapping shop.toml"
    shown = output_of(command).strip("…\n")
    assert shown in run(command)


def test_a_mistake_is_told_as_shown() -> None:
    mapping = finished_mapping().replace("phone = ", "phon = ")
    pathlib.Path("shop.toml").write_text(mapping, encoding="utf-8")
    arguments = ["audit", "customers.csv", "--mapping", "shop.toml"]
    result = click.testing.CliRunner().invoke(cli.main, arguments)
    assert result.stderr == block("", "Error: shop.toml")


def test_the_database_shown_is_read_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DATABASE", "sqlite:///shop.db")
    pathlib.Path("shop.toml").write_text(DATABASE, encoding="utf-8")
    with contextlib.closing(sqlite3.connect("shop.db")) as database:
        database.executescript(SHOP)
    found = [
        json.loads(line) for line in run("pullfeed audit --mapping shop.toml --json").split("\n")
    ]
    assert [(one["scope"], one["records"], one["delivered"]) for one in found] == [
        ("customer", 1, 1),
        ("order", 2, 1),
    ]


def test_every_word_of_a_mapping_is_on_the_page() -> None:
    words = (
        "column constant template lookup by multiply sum count empty split values date zone fold "
        "decimal phone shift round else take synthetic because each group adjacent file format "
        "encoding delimiter quote escape header columns key database table query order batch "
        "rows_per_second updated overlap sync source"
    )
    assert [
        word for word in words.split() if f"`{word}" not in TEXT and f"{word} =" not in TEXT
    ] == []
