"""The client's verdict is the core's: both judge the same records, thousands of them."""

from __future__ import annotations

import json
import pathlib
import random
from typing import Any

import pytest
from tests import judges

from pullfeed.v1 import record_pb2
from pullfeed_client import flaws, messages, sample, scopes
from pullfeed_client.audit import tally
from pullfeed_client.rules import verdict
from pullfeed_client.sources import files

SIZES = sample.Sizes(customer=3000, order=1500, product=1500)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("sample")
    sample.write(folder, 7, SIZES)
    return folder


@pytest.mark.parametrize("name", ["customer", "order", "product"])
def test_both_say_the_same_of_the_sample_shop(shop: pathlib.Path, name: str) -> None:
    kind = scopes.KINDS[name]
    [file] = shop.glob(f"{kind.plural}.jsonl")
    with file.open("rb") as stream:
        assert judges.assert_agree(files.json_lines(stream), kind) > 20


@pytest.mark.parametrize("name", ["customer", "order", "product"])
def test_both_say_the_same_of_values_drawn_at_random(name: str) -> None:
    kind = scopes.KINDS[name]
    draw = random.Random(11)
    rows = (
        files.Row(number, _drawn(messages.descriptor_of(kind), draw), b"", 0)
        for number in range(2000)
    )
    assert judges.assert_agree(rows, kind) > 1000


VALUES = (
    "", " ", "x", "yes", "NO", "male", "Female ", "en_US", "english language", "+15550100123",
    "0555", "a@example.com", "a@", "2025-06-01T10:30:00Z", "2025-06-01 10:30:00+02:00",
    "2025-06-01T24:00:00Z", "2025-02-30T00:00:00Z", "0001-01-01T00:00:00+05:00",
    "2025-06-01T10:30:00.123456789-03:30", "2025-06-01T10:30:00+24:00", "10", "10.5", "-0.0000001",
    "1e3", "SAR", "JPY", "XXQ", "sar", "SA", "https://shop.example/p", "ftp://x", "12345678",
    "InStock", "Active", "New", "Open", "Paid", "\x00", "a\x07", "a\nb", "\x1f",
    "x" * 256, "9" * 16,
    "﷽" * 100,
)  # fmt: skip


def _drawn(kind: Any, draw: random.Random) -> dict[str, Any]:
    """Fields of a message, each left out one time in ten."""
    made: dict[str, Any] = {}
    for field in kind.fields:
        if draw.random() < 0.1:
            continue
        if field.message_type is not None:
            made[field.name] = [_drawn(field.message_type, draw) for _ in range(draw.randint(0, 3))]
        elif field.is_repeated:
            made[field.name] = draw.choices(VALUES, k=draw.randint(0, 3))
        elif field.type == field.TYPE_INT32:
            made[field.name] = draw.randint(-2, 5)
        else:
            made[field.name] = draw.choice(VALUES)
    return made


@pytest.mark.parametrize("over", [-3, -2, -1, 0, 1, 2])
@pytest.mark.parametrize("text", ["x", '"', "\n"])
def test_both_draw_the_line_of_64_kib_at_the_same_byte(text: str, over: int) -> None:
    fields = {
        "product_id": "1", "name": "Lamp", "price": "7", "currency": "KWD",
        "last_modified_date": "2025-06-01T10:30:00.25+02:00",
    }  # fmt: skip
    in_json = json.dumps(text)[1:-1]
    head = len(
        '{"product_id":"1","name":"Lamp","price":"7.000","currency":"KWD",'
        '"additional_image_urls":[],"description":"","categories":[],"tags":[],"variants":[],'
        '"last_modified_date":"2025-06-01T08:30:00.25Z"}'
    )
    count = (64 * 1024 - head) // len(in_json) + over
    row = files.Row(1, fields | {"description": text * count}, b"", 0)
    kind = scopes.KINDS["product"]
    assert tally.judged(row, kind).broken == judges.core_says(row, kind)[1]
    if text == "x":
        assert bool(judges.core_says(row, kind)[1]) == (over > 0)


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("mobile", "BAD_PHONE"),
        ("email", "BAD_EMAIL"),
        ("gender", "NOT_ALLOWED"),
        ("consent", "NOT_ALLOWED"),
        ("language", "BAD_LANGUAGE"),
        ("last_modified_date", "BAD_DATE"),
        ("first_name", "BAD_CHARACTER"),
    ],
)
def test_what_is_refused_has_the_reason_of_its_field(field: str, reason: str) -> None:
    assert verdict.reason_of_refused(record_pb2.Customer.DESCRIPTOR, field) == reason


def test_a_value_is_accepted_by_itself() -> None:
    kind = record_pb2.Customer.DESCRIPTOR
    assert verdict.accepts(kind, "gender", " female")
    assert not verdict.accepts(kind, "gender", "F")


def test_what_is_missing_is_what_every_record_needs() -> None:
    assert verdict.missing(record_pb2.Product.DESCRIPTOR) == {
        "product_id", "name", "price", "currency", "last_modified_date",
    }  # fmt: skip
    assert set(flaws.FLAWS) == set(scopes.KINDS)


def test_both_look_at_no_more_than_the_first_parts_of_a_record_that_is_wrong_all_over() -> None:
    kind = scopes.KINDS["order"]
    parts = [{"name": "Lamp", "quantity": "1", "unit_price": "7"}] * 40
    rows = [
        files.Row(1, {"order_id": "1", "line_items": [{"name": ""}] * 200}, b"", 0),
        files.Row(2, {"order_id": "1", "tags": ["\x07"] * 500, "line_items": parts}, b"", 0),
        files.Row(3, {"order_id": "1", "line_items": [*parts, {}]}, b"", 0),
        files.Row(4, {"order_id": "1", "total": "x" * 70_000}, b"", 0),
    ]
    assert judges.assert_agree(rows, kind) == 4
