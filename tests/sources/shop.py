"""A made-up shop, as files and as tables, with mappings that must make the same records of both."""

from __future__ import annotations

import contextlib
import csv
import datetime
import decimal
import pathlib
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from tests import judges

from pullfeed_client import messages
from pullfeed_client.mapping import document, plan, reading
from pullfeed_client.sources import addresses

_metadata = sa.MetaData()
_WHEN = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")

customers = sa.Table(
    "customers",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("e-mail", sa.String(100)),
    sa.Column("First", sa.String(50)),
    sa.Column("last", sa.String(50)),
    sa.Column("phone", sa.String(50)),
    sa.Column("sex", sa.String(1)),
    sa.Column("newsletter", sa.Boolean),
    sa.Column("changed", _WHEN),
)
products = sa.Table(
    "products",
    _metadata,
    sa.Column("sku", sa.String(20), primary_key=True),
    sa.Column("title", sa.String(100)),
    sa.Column("price", sa.Numeric(12, 2)),
    sa.Column("changed", _WHEN),
)
orders = sa.Table(
    "orders",
    _metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("customer", sa.Integer),
    sa.Column("state", sa.String(20)),
    sa.Column("placed", _WHEN),
    sa.Column("changed", _WHEN),
)
order_lines = sa.Table(
    "order_lines",
    _metadata,
    sa.Column("order_number", sa.Integer, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("sku", sa.String(20)),
    sa.Column("amount", sa.Integer),
)

_FIELDS = """
[customer.fields]
customer_id = "id"
email = "e-mail"
first_name = "First"
last_name = "last"
mobile = { column = "phone", phone = "US" }
language = { constant = "en", because = "the shop speaks English" }
consent = { column = "newsletter", values = { true = "Yes", false = "No", 1 = "Yes", 0 = "No" } }
gender = { column = "sex", values = { F = "Female", M = "Male" } }
last_modified_date = { column = "changed", date = "iso", zone = "UTC" }

[product.fields]
product_id = "sku"
name = "title"
price = "price"
currency = { constant = "USD" }
last_modified_date = { column = "changed", date = "iso", zone = "UTC" }

[order.fields]
order_id = "number"
customer_id = "customer"
status = { column = "state", values = { new = "Open", sent = "Completed" } }
currency = { constant = "USD" }
created_date = { column = "placed", date = "iso", zone = "UTC" }
last_modified_date = { column = "changed", date = "iso", zone = "UTC" }
total = { sum = "line_items.total" }
item_count = { count = "line_items" }

[order.line_items]
line_item_id = "place"
product_id = "sku"
name = { lookup = "products", by = "sku", column = "title" }
quantity = "amount"
unit_price = { lookup = "products", by = "sku", column = "price" }
total = { multiply = ["quantity", "unit_price"] }
"""
OF_FILES = f"""
[customer.source]
file = "customers.csv"
[product.source]
file = "products.csv"
[order.source]
file = "order_lines.csv"
group = "number"
[lookups.products]
file = "products.csv"
key = "sku"
{_FIELDS}
"""
_TABLES = """
database = "env:SHOP_DATABASE"

[customer.source]
table = "customers"
updated = "changed"
zone = "UTC"
[product.source]
query = "SELECT * FROM products WHERE title <> ':none'"
updated = "changed"
zone = "UTC"
[order.source]
table = "orders"
key = "number"
updated = "changed"
zone = "UTC"
[order.line_items.source]
table = "order_lines"
key = "order_number"
order = "place"
[lookups.products]
table = "products"
key = "sku"
"""
OF_TABLES = _TABLES + _FIELDS
_BEGIN = datetime.datetime(2026, 1, 1, 10, tzinfo=datetime.UTC)
_FIRST = ("Alda", "Boran", "Celin", "Dovan", "Elwin")
_LAST = ("Amberfield", "Brookmoor", "Cloudwell", "Dunmarsh", "Eastgrove")
Rows = dict[sa.Table, list[dict[str, Any]]]


def moment(second: int) -> datetime.datetime:
    """A time of the made-up shop."""
    return _BEGIN + datetime.timedelta(seconds=second)


def customer(number: int, second: int = 0, **changes: Any) -> dict[str, Any]:
    """A customer's row, changed in this second."""
    return {
        "id": number,
        "e-mail": f"person{number}@example.com",
        "First": _FIRST[number % 5],
        "last": _LAST[number % 5],
        "phone": f"(555) 010-{number % 10_000:04}",
        "sex": "FM"[number % 2],
        "newsletter": number % 3 == 0,
        "changed": moment(second),
        **changes,
    }


def order(number: int, second: int = 0) -> dict[str, Any]:
    """An order's row."""
    return {
        "number": number,
        "customer": number % 50,
        "state": ("new", "sent", "lost")[number % 3],
        "placed": moment(-number),
        "changed": moment(second),
    }


def line(number: int, place: int) -> dict[str, Any]:
    """A line of an order; some name a product that there is not."""
    sku = f"S{(number * place) % 40}"
    return {"order_number": number, "place": place, "sku": sku, "amount": place}


def everything(count: int = 60) -> Rows:
    """The rows of all tables: bad ones among them, orders of no and of many lines."""
    people = [customer(number, number) for number in range(1, count + 1)]
    people[2] |= {"e-mail": "no address", "sex": None}
    people[7] |= {"phone": None, "last": "  "}
    people[9] |= {"First": 'Quote"d, Ärmel', "changed": None}
    return {
        customers: people,
        products: [
            {
                "sku": f"S{number}",
                "title": f"Lamp {number}",
                "price": decimal.Decimal(number) + decimal.Decimal("0.50"),
                "changed": moment(number),
            }
            for number in range(30)
        ],
        orders: [order(number, number) for number in range(1, count + 1)],
        order_lines: [
            line(number, place)
            for number in range(1, count + 1)
            for place in range(1, number % 12 + 1)
        ],
    }


def engine(url: str) -> sa.Engine:
    """A way to write into a source."""
    return sa.create_engine(addresses.resolved(url), poolclass=sa.NullPool)


@contextlib.contextmanager
def writing(url: str) -> Generator[sa.Connection]:
    """A transaction that commits with the block."""
    made = engine(url)
    with made.begin() as connection:
        yield connection
    made.dispose()


def fill(url: str, rows: Rows) -> None:
    """Makes the tables, with these rows and no others."""
    with writing(url) as connection:
        _metadata.drop_all(connection)
        _metadata.create_all(connection)
        for table, found in rows.items():
            if found:
                connection.execute(sa.insert(table), found)


def write(folder: pathlib.Path, rows: Rows) -> None:
    """The same as files; orders as one row for each line, those without a line as one too."""
    _csv(folder / "customers.csv", rows[customers])
    _csv(folder / "products.csv", rows[products])
    by_order: dict[int, list[Mapping[str, Any]]] = {}
    for one in rows[order_lines]:
        by_order.setdefault(one["order_number"], []).append(one)
    joined = [{**head, **one} for head in rows[orders] for one in by_order.get(head["number"], ())]
    _csv(folder / "order_lines.csv", joined)


def mapping(text: str, folder: pathlib.Path) -> plan.Mapping:
    """The mapping of this text, as if it stood in a file of the folder."""
    return plan.checked(document.Document(str(folder / "map.toml"), text))


def records(mapped: plan.Mapping, scope: str, source: str | None = None) -> dict[str, Any]:
    """What a mapping makes of its source, by id: the record's JSON, or what is wrong with it."""
    section = mapped.section(scope)
    with reading.Mapped(mapped, section, source).rows() as rows:
        return {
            messages.id_of(row, section.kind): judges.core_makes(row, section.kind) for row in rows
        }


def _csv(path: pathlib.Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, datetime.datetime) else value
