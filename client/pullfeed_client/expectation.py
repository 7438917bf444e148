"""What must be delivered of a sample, worked out a second time and in another way.

Knows nothing of the core's code: it says in few lines what the contract says
about a good record, and compares whole records with what came over HTTP.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import json
import pathlib
from collections.abc import Iterable
from typing import Any, cast

Fields = dict[str, Any]

# Amounts get at least the minor digits of their currency; the sample has these three.
_MINOR_DIGITS = {"SAR": 2, "KWD": 3, "JPY": 0}
_AMOUNTS = {"total", "subtotal", "shipping_total", "unit_price", "price", "sale_price"}
_LISTS = {
    "customer": (),
    "order": ("coupon_codes", "tags", "line_items"),
    "line_items": ("categories",),
    "product": ("additional_image_urls", "categories", "tags", "variants"),
    "variants": ("options",),
    "options": (),
}


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What a walk brought against what it should have; ids of what is not right."""

    delivered: int
    missing: list[str]
    doubled: list[str]
    wrong: list[str]
    foreign: list[str]

    @property
    def is_right(self) -> bool:
        """Did every record come exactly once, and as it should be."""
        return not (self.missing or self.doubled or self.wrong or self.foreign)


def of_file(path: pathlib.Path, scope: str, id_field: str, flawed: set[int]) -> dict[str, Fields]:
    """The records of a JSON Lines file as they must be delivered, by id.

    flawed: the lines, from 1, that must not.
    """
    expected: dict[str, Fields] = {}
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if number not in flawed:
                fields: Fields = json.loads(line, parse_float=str)
                expected[fields[id_field]] = _right(fields, scope, fields.get("currency", ""))
    return expected


def compare(expected: dict[str, Fields], came: Iterable[Fields], id_field: str) -> Comparison:
    """The records that came, judged one by one."""
    seen: collections.Counter[str] = collections.Counter()
    wrong: list[str] = []
    for record in came:
        record_id = record[id_field]
        seen[record_id] += 1
        if record_id in expected and record != expected[record_id]:
            wrong.append(record_id)
    return Comparison(
        delivered=seen.total(),
        missing=[record_id for record_id in expected if record_id not in seen],
        doubled=[record_id for record_id, count in seen.items() if count > 1],
        wrong=wrong,
        foreign=[record_id for record_id in seen if record_id not in expected],
    )


def _right(fields: Fields, part: str, currency: str) -> Fields:
    right: Fields = {name: [] for name in _LISTS[part]}
    for name, value in fields.items():
        right[name] = _value(name, value, currency)
    return right


def _value(name: str, value: Any, currency: str) -> Any:
    if isinstance(value, list):
        return [_item(name, item, currency) for item in cast("list[object]", value)]
    if name == "item_count":
        return value
    text = str(value).strip()
    if name.endswith("_date"):
        return _utc(text)
    if name in _AMOUNTS:
        return _padded(text, _MINOR_DIGITS[currency])
    if name in ("consent", "gender"):
        return text.capitalize()
    return text.replace("_", "-") if name == "language" else text


def _item(name: str, item: Any, currency: str) -> Any:
    return item.strip() if isinstance(item, str) else _right(item, name, currency)


def _utc(text: str) -> str:
    clock, rest = text[:19], text[19:].replace("Z", "+00:00")
    fraction, zone = rest[:-6], rest[-6:]
    moment = datetime.datetime.fromisoformat(clock + zone).astimezone(datetime.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _padded(amount: str, digits: int) -> str:
    whole, _, fraction = amount.partition(".")
    fraction = fraction.ljust(digits, "0")
    return f"{whole}.{fraction}" if fraction else whole
