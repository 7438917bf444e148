"""The shop that every server holds: the same customers, from one seed."""

from __future__ import annotations

import functools
import pathlib
import random
from collections.abc import Iterator
from typing import Any

import orjson

from pullfeed_client import shop

SHOP = "bench.example"
BODY = orjson.dumps({"shop": SHOP})
COLUMNS = (
    "customer_id",
    "email",
    "first_name",
    "last_name",
    "mobile",
    "language",
    "consent",
    "gender",
    "last_modified_date",
)


def customers(count: int) -> Iterator[dict[str, Any]]:
    """The nine fields of each customer, in the order of their numbers."""
    rng = random.Random(1)  # noqa: S311 - nothing in a made-up shop is a secret
    return (shop.customer(rng, number) for number in range(1, count + 1))


def write(path: pathlib.Path, count: int) -> None:
    """Writes the customers as JSON Lines."""
    with path.open("wb") as file:
        file.writelines(orjson.dumps(fields) + b"\n" for fields in customers(count))


@functools.cache
def ids(count: int) -> frozenset[str]:
    """The ids of the first customers."""
    return frozenset(fields["customer_id"] for fields in customers(count))
