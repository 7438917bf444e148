"""What each line of a mapping makes of a cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

REFUSED = "\x00"
BERLIN = 'zone = "Europe/Berlin"'


@pytest.mark.parametrize(
    ("line", "cell", "expected"),
    [
        ('"v"', " 12.50 ", "12.50"),
        ('"v"', "", None),
        ('{ column = "v", empty = ["n/a", "-"] }', "n/a", None),
        ('{ constant = "7" }', "x", "7"),
        ('{ column = "v", values = { low = "1.00" } }', "low", "1.00"),
        ('{ column = "v", values = { low = "1.00" } }', "", None),
        ('{ column = "v", else = { constant = "0" } }', "", "0"),
        ('{ column = "v", else = { constant = "0" } }', "5", "5"),
        ('{ column = "v", decimal = { strip = ["$"] } }', "$5.00 ", "5.00"),
        ('{ column = "v", decimal = { group = "," , strip = ["$"] } }', "$1,299.00", "1299.00"),
        ("{ column = 'v', decimal = { point = ',', group = '.' } }", "-1.299,5", "-1299.5"),
        ("{ column = 'v', decimal = { point = ',', group = ' ' } }", "1 234 567,00", "1234567.00"),
        ('{ column = "v", decimal = true }', "+5", "5"),
        ('{ column = "v", shift = -2 }', "1250", "12.50"),
        ('{ column = "v", shift = 3 }', "0.5", "500"),
        ('{ column = "v", round = 2 }', "1.005", "1.01"),
        ('{ column = "v", round = 2 }', "-1.005", "-1.01"),
        ('{ column = "v", round = 0 }', "-0.4", "0"),
        ('{ column = "v", round = 2 }', "7", "7.00"),
        ('{ column = "v", decimal = { group = "," }, shift = -2, round = 1 }', "1,255", "12.6"),
    ],
)
def test_an_amount(field: Callable[..., Any], line: str, cell: str, expected: str | None) -> None:
    assert field(line, cell) == expected


@pytest.mark.parametrize(
    ("line", "cell"),
    [
        ('{ column = "v", values = { low = "1.00" } }', "high"),
        ('{ column = "v", decimal = true }', "1,299.00"),
        ('{ column = "v", decimal = { group = "," } }', "1,29"),
        ('{ column = "v", decimal = { group = "," } }', "1,2345"),
        ("{ column = 'v', decimal = { point = ',', group = '.' } }", "1299.50"),
        ('{ column = "v", decimal = true }', "12 pieces"),
        ('{ column = "v", shift = -2 }', "12,50"),
        ('{ column = "v", round = 2 }', "1e3"),
    ],
)
def test_an_amount_that_cannot_be_read_is_put_so_that_the_core_refuses_it(
    field: Callable[..., Any], line: str, cell: str
) -> None:
    assert field(line, cell) == REFUSED


@pytest.mark.parametrize(
    ("line", "cell", "expected"),
    [
        ('date = "iso"', "2025-06-01T10:30:00Z", "2025-06-01T10:30:00Z"),
        ('date = "iso"', "2025-06-01T10:30:00.123456789Z", "2025-06-01T10:30:00.123456789Z"),
        ('date = "iso"', "2025-06-01T10:30:00+02:00", "2025-06-01T08:30:00Z"),
        (f'date = "iso", {BERLIN}', "2025-06-01 10:30:00.250", "2025-06-01T08:30:00.250000Z"),
        (f'date = "iso", {BERLIN}', "2025-06-01", "2025-05-31T22:00:00Z"),
        (f'date = "%d.%m.%Y %H:%M", {BERLIN}', "1.2.2025 10:30", "2025-02-01T09:30:00Z"),
        ('date = "%m/%d/%Y", zone = "UTC"', "08/02/1966", "1966-08-02T00:00:00Z"),
        ('date = "%d %b %Y", zone = "UTC"', "02 Aug 1966", "1966-08-02T00:00:00Z"),
        ('date = "%d.%m.%Y %z"', "02.08.1966 +0200", "1966-08-01T22:00:00Z"),
        ('date = ["%Y-%m-%d", "%d.%m.%Y"], zone = "UTC"', "02.08.1966", "1966-08-02T00:00:00Z"),
        ('date = "unix"', "1767225600", "2026-01-01T00:00:00Z"),
        ('date = "unix_ms"', "1767225600250", "2026-01-01T00:00:00.250000Z"),
        (f'date = "iso", {BERLIN}, fold = "later"', "2025-10-26T02:30", "2025-10-26T01:30:00Z"),
        (f'date = "iso", {BERLIN}, fold = "earlier"', "2025-10-26T02:30", "2025-10-26T00:30:00Z"),
        # No such date, no such format, no zone, an hour that comes twice, and one that never is.
        ('date = "%d.%m.%Y", zone = "UTC"', "30.02.2025", REFUSED),
        ('date = "%d.%m.%Y", zone = "UTC"', "2025-02-01", REFUSED),
        ('date = "iso"', "2025-06-01T10:30:00", REFUSED),
        (f'date = "iso", {BERLIN}', "2025-10-26T02:30", REFUSED),
        (f'date = "iso", {BERLIN}', "2025-03-30T02:30", REFUSED),
        ('date = "unix"', "soon", REFUSED),
        ('date = "unix"', "99999999999999", REFUSED),
    ],
)
def test_a_date(field: Callable[..., Any], line: str, cell: str, expected: str) -> None:
    assert field(f'{{ column = "v", {line} }}', cell, "created_date") == expected


@pytest.mark.parametrize(
    ("line", "cell", "expected"),
    [
        ('{ template = "https://shop.example/p/{v}" }', "7", "https://shop.example/p/7"),
        ('{ template = "https://shop.example/{id}/{v:url}" }', "a b/c",
         "https://shop.example/1/a%20b%2Fc"),
        ('{ template = "https://shop.example/{{x}}/{v}" }', "7", "https://shop.example/{x}/7"),
        ('{ template = "https://shop.example/p/{v}" }', "", None),
    ],
)  # fmt: skip
def test_a_template_is_filled_or_left_empty(
    field: Callable[..., Any], line: str, cell: str, expected: str | None
) -> None:
    assert field(line, cell, "url") == expected


@pytest.mark.parametrize(
    ("line", "cell", "expected"),
    [
        ('{ column = "v", split = "," }', " a, b ,,c", ["a", "b", "c"]),
        ('"v"', "a, b", ["a, b"]),
        ('"v"', "", None),
        ('{ column = "v", split = ";", values = { a = "A", b = "B" } }', "a;b", ["A", "B"]),
        ('{ column = "v", split = ";", values = { a = "A" } }', "a;b", ("tags", "UNMAPPED")),
        ('{ constant = "new" }', "x", ["new"]),
    ],
)
def test_a_list(field: Callable[..., Any], line: str, cell: str, expected: Any) -> None:
    assert field(line, cell, "tags") == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("availability", REFUSED),
        ("currency", REFUSED),
        ("language", REFUSED),
        ("url", REFUSED),
        ("gtin", REFUSED),
        ("brand", ("brand", "UNMAPPED")),
        ("name", ("name", "UNMAPPED")),
    ],
)
def test_an_unmapped_value_is_refused_by_the_core_where_it_has_a_word_for_it(
    field: Callable[..., Any], name: str, expected: Any
) -> None:
    assert field('{ column = "v", values = { a = "b" } }', "c", name) == expected
