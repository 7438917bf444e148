"""What a mapping may say of a database, and what it may not."""

from __future__ import annotations

import pathlib

import pytest
from tests.sources import shop

from pullfeed_client import errors


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('table = "customers"', 'table = "a"\nquery = "b"', "customer.source.query: table and"),
        ('table = "customers"', 'table = "a"\nfile = "b"', "customer.source.file: belongs to a fi"),
        ('table = "customers"', 'file = "b"', "customer.source.updated: belongs to a database"),
        ('table = "customers"', 'tabel = "b"', "customer.source.tabel: is not known here; did you"),
        ('zone = "UTC"', 'zone = "Moon"', "customer.source.zone: is no zone"),
        ('zone = "UTC"', 'overlap = "soon"', 'customer.source.overlap: must be a time like "5m"'),
        ('zone = "UTC"', 'sync = "often"', "customer.source.sync: must be updated or fingerprint"),
        ('zone = "UTC"', "batch = 0", "customer.source.batch: must be a whole number from 1 to"),
        ('zone = "UTC"', "rows_per_second = true", "rows_per_second: must be a whole number"),
        ('zone = "UTC"', 'group = "id"', "customer.source.updated: would read a part of a group"),
        ('key = "number"\n', "", 'order.source: needs key = "…"'),
        ('key = "order_number"\n', "", "order.line_items.source: needs table or query, and key"),
        ('table = "products"\nkey', "key", 'lookups.products: needs file = "…", or table or quer'),
        ("[order.line_items]", '[order.line_items]\neach = "x"', "each: and source: say one"),
        ('database = "env:SHOP_DATABASE"', "database = 5", "database: must be text"),
    ],
)
def test_what_a_mapping_must_not_say_is_told_with_its_place(
    tmp_path: pathlib.Path, old: str, new: str, told: str
) -> None:
    assert old in shop.OF_TABLES
    with pytest.raises(errors.Misused) as raised:
        shop.mapping(shop.OF_TABLES.replace(old, new, 1), tmp_path)
    assert str(raised.value).startswith(f"{tmp_path}/map.toml:")
    assert told in str(raised.value)


def test_a_table_of_no_database_is_told(tmp_path: pathlib.Path) -> None:
    text = shop.OF_TABLES.replace('database = "env:SHOP_DATABASE"', "")
    with pytest.raises(errors.Misused, match=r'customer\.source: needs database = "…"'):
        shop.records(shop.mapping(text, tmp_path), "customer")


def test_parts_of_a_file_have_no_table(tmp_path: pathlib.Path) -> None:
    text = shop.OF_FILES.replace(
        "[order.line_items]",
        '[order.line_items.source]\ntable = "x"\nkey = "y"\n[order.line_items]',
    )
    with pytest.raises(errors.Misused, match=r"line_items\.source: needs a record from a database"):
        shop.mapping(text, tmp_path)
