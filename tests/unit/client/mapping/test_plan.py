"""What a mapping file may say, and the sentence for what it may not."""

from __future__ import annotations

import pathlib
import re

import pytest

from pullfeed_client import errors
from pullfeed_client.mapping import document, fields, plan


def read(text: str) -> plan.Mapping:
    return plan.checked(document.Document("map.toml", text))


def section(*lines: str, scope: str = "customer", id_field: str = "customer_id") -> str:
    return "\n".join([f"[{scope}.fields]", f'{id_field} = "id"', *lines]) + "\n"


def compiled(text: str) -> None:
    """Makes readers of all fields, as laying the mapping over a source does."""
    mapping = read(text)
    maker = fields.Maker(mapping.document, {}, {})
    for part in mapping.sections.values():
        for name, spec in part.record.fields.items():
            maker.reader(spec, part.record.kind.fields_by_name[name], name)


@pytest.mark.parametrize(
    ("text", "place", "sentence"),
    [
        ("[customer.fields", "", "is no TOML"),
        ("", "", "maps nothing"),
        ("[customers.fields]\n", "1: customers", "did you mean 'customer'?"),
        ("[customer]\nfields = 3\n", "2: customer.fields", "must be a table"),
        ("[customer.source]\n", "1: customer", "there is no [customer.fields]"),
        (section('e_mail = "x"'), "3: customer.fields.e_mail", "did you mean 'email'?"),
        (section("email = 3"), "3: customer.fields.email", "must be a column's name or a table"),
        (section('email = ""'), "3: customer.fields.email", "must be a column's name or a table"),
        (section('email = { colum = "x" }'), "3: customer.fields.email.colum", "'column'?"),
        (section("email = {}"), "3: customer.fields.email", "exactly one of column, constant"),
        (
            section('email = { column = "x", template = "y{z}" }'),
            "3: customer.fields.email",
            "exactly one of",
        ),
        (section('email = { lookup = "x" }'), "3: customer.fields.email", "needs column"),
        (
            section('email = { lookup = "x", column = "y" }'),
            "3: customer.fields.email",
            "a lookup needs by",
        ),
        (
            section('email = { column = "x", by = "y" }'),
            "3: customer.fields.email.by",
            "belongs to a lookup",
        ),
        (
            section('email = { lookup = "shops", column = "y", by = "z" }', "[lookups.shop]",
                    'file = "s.csv"', 'key = "k"'),
            "3: customer.fields.email.lookup",
            "no [lookups.shops]; did you mean 'shop'?",
        ),
        (
            section('email = { lookup = "s", column = "y", by = ["a", "b"] }', "[lookups.s]",
                    'file = "s.csv"', 'key = "k"'),
            "3: customer.fields.email.by",
            "must name 1 column",
        ),
        (section("[lookups.s]", 'file = "s.csv"'), "3: lookups.s", 'needs key = "…"'),
        (
            section('email = { column = "x", values = { a = 1 } }'),
            "3: customer.fields.email.values.a",
            "must be text",
        ),
        (
            section('email = { column = "x", synthetic = "yes" }'),
            "3: customer.fields.email.synthetic",
            "true or false",
        ),
        (
            section('email = { column = "x", round = 7 }'),
            "3: customer.fields.email.round",
            "from 0 to 6",
        ),
        (
            section('email = { column = "x", take = "newest" }'),
            "3: customer.fields.email.take",
            "first, last, earliest, latest",
        ),
        (
            section('email = { column = "x", decimal = { point = "." , group = "." } }'),
            "3: customer.fields.email.decimal",
            "must differ",
        ),
        (
            section('email = { column = "x", decimal = { point = ".." } }'),
            "3: customer.fields.email.decimal.point",
            "one character",
        ),
        (
            section("email = 'x'", "[customer.source]", "header = false"),
            "5: customer.source.header",
            "columns = [",
        ),
        (
            section("email = 'x'", "[customer.source]", 'encoding = "utf-9"'),
            "5: customer.source.encoding",
            "no encoding that Python knows",
        ),
        (
            section("email = 'x'", "[customer.source]", 'delimiter = ", "'),
            "5: customer.source.delimiter",
            "one character",
        ),
        (
            section("email = 'x'", "[customer.source]", 'format = "xls"'),
            "5: customer.source.format",
            "jsonl, csv, json, parquet",
        ),
        (
            section("line_items = 'x'", scope="order", id_field="order_id"),
            "3: order.fields.line_items",
            "is not known here",
        ),
        (
            section("[order.line_items]", "each = 3", scope="order", id_field="order_id"),
            "4: order.line_items.each",
            "must be text",
        ),
    ],
)  # fmt: skip
def test_what_a_mapping_may_not_say_is_named_with_its_line_and_field(
    text: str, place: str, sentence: str
) -> None:
    expected = re.escape(f"map.toml:{place}: ") if place else "map.toml"
    with pytest.raises(errors.Misused, match=f"{expected}.*{re.escape(sentence)}"):
        read(text)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('email = { column = "x", date = "%d.%m.%Y" }', "'%d.%m.%Y' has no zone"),
        ('email = { column = "x", date = "%Q", zone = "UTC" }', "no format of strptime"),
        ('email = { column = "x", date = "iso", zone = "Mars" }', "no zone of the IANA database"),
        ('email = { column = "x", zone = "UTC" }', "belong to a date"),
        ('email = { column = "x", phone = "Europe" }', "region that dials"),
        ('email = { template = "no column" }', "names no column"),
        ('email = { template = "{x" }', "expected '}'"),
        ('email = { template = "{x:upper}" }', "{Column:url}"),
    ],
)
def test_what_cannot_be_done_is_named_when_the_mapping_is_laid_over_a_source(
    line: str, sentence: str
) -> None:
    with pytest.raises(errors.Misused, match=f"map.toml:3: customer.fields.email.*{sentence}"):
        compiled(section(line))


@pytest.mark.parametrize(
    "field", ["email", "first_name", "last_name", "mobile", "language", "consent", "gender"]
)
def test_a_value_that_is_the_same_for_everybody_must_say_where_it_comes_from(field: str) -> None:
    with pytest.raises(
        errors.Misused, match=rf"map\.toml:3: customer\.fields\.{field}: is the same"
    ):
        read(section(f'{field} = {{ constant = "x" }}'))
    with pytest.raises(errors.Misused, match=rf"fields\.{field}\.else: is the same"):
        read(section(f'{field} = {{ column = "y", else = {{ constant = "x" }} }}'))
    read(section(f'{field} = {{ constant = "x", synthetic = true }}'))
    read(section(f'{field} = {{ constant = "x", because = "the shop sells in one language" }}'))


def test_of_several_sections_one_must_be_said() -> None:
    both = section() + section(scope="product", id_field="product_id")
    assert read(section()).section(None).kind.name == "customer"
    assert read(both).section("product").kind.name == "product"
    with pytest.raises(errors.Misused, match="maps customer, product: say which with --scope"):
        read(both).section(None)
    with pytest.raises(errors.Misused, match=r"has no \[order.fields\]"):
        read(both).section("order")


def test_a_mapping_file_that_cannot_be_read_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.Misused, match=r"absent\.toml cannot be read"):
        plan.read(str(tmp_path / "absent.toml"))
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    with pytest.raises(errors.Misused, match=r"bad\.toml cannot be read"):
        plan.read(str(tmp_path / "bad.toml"))
