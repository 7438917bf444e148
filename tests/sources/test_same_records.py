"""One shop, as files and as tables of each engine, gives the same records."""

from __future__ import annotations

import csv
import pathlib

import pytest
import sqlalchemy as sa
from tests.sources import shop

from pullfeed_client.mapping import plan
from pullfeed_client.sources import addresses

ROOT = pathlib.Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
EXPORTS = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the AdventureWorks exports are not in {DATA}"
)


DELIVERED = {"customer": 57, "product": 30, "order": 11}


@pytest.mark.parametrize("scope", DELIVERED)
def test_the_tables_give_what_the_files_give(url: str, tmp_path: pathlib.Path, scope: str) -> None:
    rows = shop.everything()
    shop.fill(url, rows)
    shop.write(tmp_path, rows)
    of_files = shop.records(shop.mapping(shop.OF_FILES, tmp_path), scope)
    of_tables = shop.records(shop.mapping(shop.OF_TABLES, tmp_path), scope)
    if scope == "order":
        # An order without a line is in the table only.
        empty = {name: of_tables.pop(name) for name in ("12", "24", "36", "48", "60")}
        assert all(("line_items", "MISSING") in broken for broken in empty.values())
    assert of_tables == of_files
    assert sum(isinstance(one, bytes) for one in of_tables.values()) == DELIVERED[scope]


def test_a_source_on_the_command_line_stands_in_for_that_of_the_mapping(
    url: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.fill(url, shop.everything())
    monkeypatch.setenv("SHOP_DATABASE", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("OTHER", url)
    mapped = shop.mapping(shop.OF_TABLES, tmp_path)
    assert len(shop.records(mapped, "order", "env:OTHER")) == 60


# Export: its mapping, its files, and the table each of them becomes.
EXPORTED = {
    "adventureworks_dw": {
        "AdventureWorks_Customers.csv": "customers",
        "AdventureWorks_Products.csv": "products",
        "AdventureWorks_Sales_*.csv": "sales",
    },
    "adventureworks_lt": {
        "customer.csv": "customer",
        "product.csv": "product",
        "sales.csv": "sales",
        "products.csv": "products",
    },
}


@EXPORTS
@pytest.mark.parametrize("export", EXPORTED)
def test_an_export_loaded_into_tables_gives_what_its_files_give(
    url: str, export: str, tmp_path: pathlib.Path
) -> None:
    text = (ROOT / "examples" / export / "demo.toml").read_text(encoding="utf-8")
    of_files = shop.mapping(text, tmp_path)
    with shop.writing(url) as connection:
        for pattern, table in EXPORTED[export].items():
            _load(connection, table, *sorted((DATA / export).glob(pattern)), mapping=of_files)
    of_tables = shop.mapping(_of_tables(text, EXPORTED[export]), tmp_path)
    for scope in of_files.sections:
        expected = shop.records(of_files, scope, str(DATA / export))
        assert shop.records(of_tables, scope) == expected, scope


def _of_tables(text: str, tables: dict[str, str]) -> str:
    """The mapping, with tables in the place of files."""
    lines = ['database = "env:SHOP_DATABASE"']
    for line in text.splitlines():
        if line.startswith(("header = ", "columns = [")):
            continue
        name, _, value = line.partition(" = ")
        lines.append(f'table = "{tables[value[1:-1]]}"' if name == "file" else line)
        if name == "group":
            lines.append('order = "place"')
    return "\n".join(lines)


def _load(
    connection: sa.Connection, name: str, *paths: pathlib.Path, mapping: plan.Mapping
) -> None:
    headers = {
        file: section.source.form.columns
        for section in mapping.sections.values()
        for file in section.source.files
    }
    rows: list[dict[str, str | None]] = []
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, headers.get(path.name) or None)
            rows += [{key: cell or None for key, cell in row.items()} for row in reader]
    columns = [sa.Column(key, sa.Text) for key in rows[0]]
    table = sa.Table(name, sa.MetaData(), sa.Column("place", sa.Integer), *columns)
    table.create(connection)
    connection.execute(sa.insert(table), [{"place": n, **row} for n, row in enumerate(rows)])


def test_only_the_password_of_an_address_is_not_told() -> None:
    url = addresses.resolved("postgresql://amber:s3cret@db.example:5432/shop?sslmode=require")
    assert addresses.told(url) == "postgresql://amber:***@db.example:5432/shop?sslmode=require"
