"""Servers that return one record which breaks one rule."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.conformance.right_records import Fields
from tests.conformance.right_server import Callback


class Flaw(NamedTuple):
    """The check that a changed record fails. path: of the field; value: ... leaves it out."""

    fails: str
    scope: str
    path: tuple[str | int, ...]
    value: Any

    @property
    def title(self) -> str:
        field = ".".join(map(str, self.path))
        said = "left out" if self.value is ... else repr(self.value)[:24]
        return f"{self.scope} {field} {said}"


FLAWS = (
    Flaw("required-fields", "customer", ("gender",), ...),
    Flaw("required-fields", "customer", ("mobile",), None),
    Flaw("required-fields", "customer", ("email",), ""),
    Flaw("required-fields", "order", ("line_items",), []),
    Flaw("required-fields", "order", ("line_items", 0, "name"), ...),
    Flaw("required-fields", "product", ("price",), ...),
    Flaw("field-types", "customer", ("consent",), True),
    Flaw("field-types", "order", ("total",), 21.0),
    Flaw("field-types", "order", ("item_count",), "2"),
    Flaw("field-types", "order", ("line_items", 0, "quantity"), 2),
    Flaw("field-types", "product", ("categories",), "Kitchen"),
    Flaw("ids", "customer", ("customer_id",), "c" * 256),
    Flaw("ids", "product", ("group_id",), "a\tb"),
    Flaw("emails", "customer", ("email",), "person at example.com"),
    Flaw("emails", "order", ("email",), "person@"),
    Flaw("phones", "customer", ("mobile",), "0555 0100"),
    Flaw("languages", "customer", ("language",), "en_US"),
    Flaw("consent-words", "customer", ("consent",), "YES"),
    Flaw("gender-words", "customer", ("gender",), "M"),
    Flaw("dates", "customer", ("last_modified_date",), "2024-12-01 10:30:00"),
    Flaw("dates", "customer", ("last_modified_date",), "2024-12-01T10:30:00+03:00"),
    Flaw("dates", "order", ("created_date",), "2024-02-30T10:30:00Z"),
    Flaw("control-characters", "customer", ("first_name",), "A\x00B"),
    Flaw("control-characters", "product", ("description",), "A\x0bB"),
    Flaw("record-size", "product", ("description",), "x" * 70_000),
    Flaw("currencies", "order", ("currency",), "SR"),
    Flaw("amounts", "order", ("total",), "21"),
    Flaw("amounts", "order", ("line_items", 0, "unit_price"), "1,50"),
    Flaw("amounts", "product", ("price",), "10.50"),
    Flaw("quantities", "order", ("line_items", 0, "quantity"), "-1"),
    Flaw("status-words", "order", ("status",), "processing"),
    Flaw("status-words", "product", ("variants", 0, "availability"), "in stock"),
    Flaw("urls", "product", ("url",), "/kettle"),
    Flaw("countries", "order", ("shipping_country",), "KSA"),
    Flaw("order-buyer", "order", ("customer_id",), ...),
    Flaw("gtins", "product", ("gtin",), "12"),
)


def server(flaw: Flaw) -> Callable[[], Callback]:
    """Makes a callback whose 33rd record has the flaw."""

    def make() -> Callback:
        callback = Callback()
        feed = callback.feeds[f"{flaw.scope}s"]
        feed[33] = _changed(feed[33], flaw)
        return callback

    return make


def _changed(record: Fields, flaw: Flaw) -> Fields:
    changed = copy.deepcopy(record)
    place: Any = changed
    for step in flaw.path[:-1]:
        place = place[step]
    if flaw.value is ...:
        del place[flaw.path[-1]]
    else:
        place[flaw.path[-1]] = flaw.value
    return changed
