"""Lines of a TOML file by what stands on them."""

from __future__ import annotations

from pullfeed_client.mapping import positions

TEXT = '''\
# a comment = 1
[customer.source]
file = "a.csv"

[ "customer" . fields ]  # the fields
email = "Mail"
"first name" = 1
name.inner = { column = "x", values = { a = "b" } }
columns = [
  "a = b",
  "c",
]
note = """
[order]
email = "no"
"""
last = 1
[[order.parts]]
name = 1
[[order.parts]]
name = 2
'''


def test_tables_and_keys_have_their_lines() -> None:
    found = positions.lines(TEXT)
    assert found[("customer", "source")] == 2
    assert found[("customer", "source", "file")] == 3
    assert found[("customer", "fields")] == 5
    assert found[("customer", "fields", "email")] == 6
    assert found[("customer", "fields", "first name")] == 7
    assert found[("customer", "fields", "name", "inner")] == 8
    assert found[("customer", "fields", "columns")] == 9
    assert found[("customer", "fields", "last")] == 17
    assert found[("order", "parts", 0, "name")] == 19
    assert found[("order", "parts", 1, "name")] == 21


def test_what_has_no_line_takes_the_one_around_it() -> None:
    found = positions.lines(TEXT)
    inner = ("customer", "fields", "name", "inner", "values", "a")
    assert positions.line_of(inner, found) == 8
    assert positions.line_of(("product",), found) is None


def test_text_over_several_lines_holds_no_keys() -> None:
    found = positions.lines(TEXT)
    assert found[("order",)] == 18
    assert ("customer", "fields", "email") in found
