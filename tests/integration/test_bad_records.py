"""A bad record is withheld alone, by name, and never handed out; a strange good one is."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from tests import factories
from tests.integration import world as worlds

from pullfeed.v1 import record_pb2, record_service_pb2

LATER, LATEST = "2024-12-02T00:00:00Z", "2024-12-03T00:00:00Z"


class Broken(NamedTuple):
    """A customer and what must be said of it. known: is it kept among the withheld."""

    customer: record_pb2.Customer
    violations: list[tuple[str, str]]
    known: bool = True


def broken(violations: dict[str, str], **changes: Any) -> Broken:
    customer = factories.customer(**changes)
    return Broken(customer, list(violations.items()), "customer_id" not in violations)


BROKEN = {
    "no field at all": Broken(
        record_pb2.Customer(),
        [
            (field, "MISSING")
            for field in (
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
        ],
        known=False,
    ),
    "no id": broken({"customer_id": "MISSING"}, customer_id=None),
    "a blank id": broken({"customer_id": "MISSING"}, customer_id=" \t\n"),
    "an id of 256 bytes": broken({"customer_id": "TOO_LONG"}, customer_id="ü" * 128),
    "an id with a NUL": broken({"customer_id": "BAD_CHARACTER"}, customer_id="c\0001"),
    "an id of 10 MB": Broken(
        factories.customer(customer_id="c" * 10_000_000), [("", "TOO_LARGE")], known=False
    ),
    "no name": broken({"first_name": "MISSING"}, first_name=None),
    "a name with a NUL": broken({"first_name": "BAD_CHARACTER"}, first_name="Am\0ber"),
    "a name with a bell": broken({"last_name": "BAD_CHARACTER"}, last_name="Hi\x07ll"),
    "a name with a line break": broken({"last_name": "BAD_CHARACTER"}, last_name="Hi\nll"),
    "a name with DEL": broken({"last_name": "BAD_CHARACTER"}, last_name="Hi\x7fll"),
    "a name of 64 KiB": broken({"": "TOO_LARGE"}, first_name="A" * 65_536),
    "a name of 10 MB": broken({"": "TOO_LARGE"}, first_name="A" * 10_000_000),
    "a name that only its JSON makes too large": broken({"": "TOO_LARGE"}, first_name='"' * 40_000),
    "an e-mail without a domain": broken({"email": "BAD_EMAIL"}, email="amber@"),
    "an e-mail with a space": broken({"email": "BAD_EMAIL"}, email="am ber@example.com"),
    "an e-mail of 10 MB": broken({"": "TOO_LARGE"}, email="a" * 10_000_000 + "@example.com"),
    "a local phone number": broken({"mobile": "BAD_PHONE"}, mobile="0555010001"),
    "a guessed consent": broken({"consent": "NOT_ALLOWED"}, consent="true"),
    "a guessed gender": broken({"gender": "NOT_ALLOWED"}, gender="M"),
    "a language in words": broken({"language": "BAD_LANGUAGE"}, language="English"),
    "a date without a zone": broken(
        {"last_modified_date": "BAD_DATE"}, last_modified_date="2024-12-01T10:30:00"
    ),
    "a day that never was": broken(
        {"last_modified_date": "BAD_DATE"}, last_modified_date="2024-02-30T10:30:00Z"
    ),
    "two faults": broken({"email": "BAD_EMAIL", "gender": "MISSING"}, email="x", gender=None),
}

STRANGE = {
    "emoji": {"first_name": "🦄👩‍👩‍👧", "last_name": "Ǘberfluß"},
    "right to left": {"first_name": "نورة", "last_name": "الحربي"},
    "quotes and a backslash": {"first_name": '"Am\\ber"', "last_name": "</script>"},
    "line separators": {"first_name": "Am\u2028ber", "last_name": "Hi\u2029ll"},
    "an id of 255 bytes": {"customer_id": "c" * 255},
    "an id of emoji": {"customer_id": "🦄" * 60},
    "an id in SQL": {"customer_id": "'; DROP TABLE records; --"},
    "a name just below 64 KiB": {"first_name": "A" * 65_000},
    "a date at the edge of the calendar": {"last_modified_date": "9999-12-31T23:59:59.999999999Z"},
    "a date before 1970": {"last_modified_date": "0001-01-01T00:00:00Z"},
}


def put_one(
    world: worlds.World, shop: str, customer: record_pb2.Customer
) -> record_service_pb2.PutRecordsResponse:
    return world.writer.put(shop, factories.record(customer))


def told(
    withheld: record_service_pb2.RefusedRecord | Any,
) -> list[tuple[str, str]]:
    return [(violation.field, violation.reason) for violation in withheld.violations]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_record_is_withheld_alone_and_named(
    world: worlds.World, shop: str, importer: worlds.Importer, name: str
) -> None:
    case = BROKEN[name]
    good = factories.customers(2)

    answer = world.writer.put(shop, good[0], factories.record(case.customer), good[1])

    assert answer.stored_count == 2
    assert [row.index for row in answer.withheld] == [1]
    assert told(answer.withheld[0]) == case.violations
    assert answer.withheld[0].id == (case.customer.customer_id if case.known else "")
    assert worlds.ids(importer.page()["data"]) == ["c0001", "c0002"]
    kept = world.writer.withheld(shop).withheld
    assert [told(row) for row in kept] == ([case.violations] if case.known else [])


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_but_valid_record_is_delivered_as_it_was_put(
    world: worlds.World, shop: str, importer: worlds.Importer, name: str
) -> None:
    customer = factories.customer(**STRANGE[name])

    assert put_one(world, shop, customer).stored_count == 1

    assert importer.page()["data"] == [factories.plain(customer)]


def test_no_value_of_a_broken_record_is_told(world: worlds.World, shop: str) -> None:
    customer = factories.customer(email="private@", first_name="private\0", mobile="private")

    answer = put_one(world, shop, customer)

    assert "private" not in str(answer)
    assert "private" not in str(world.writer.withheld(shop))


def test_a_record_of_another_scope_is_withheld(world: worlds.World, shop: str) -> None:
    product = factories.record(factories.product())

    answer = world.writer.put(shop, product, record_pb2.Record(), scope=worlds.ORDER)

    assert [told(row) for row in answer.withheld] == [[("", "WRONG_SCOPE")]] * 2
    assert [row.id for row in world.writer.withheld(shop, worlds.ORDER).withheld] == ["p1"]


def test_what_could_not_be_read_is_withheld_under_its_id(world: worlds.World, shop: str) -> None:
    unreadable = [
        record_service_pb2.UnreadableRecord(id="c7", field="gender", reason="BAD_ROW"),
        record_service_pb2.UnreadableRecord(reason="a value, not a code"),
    ]

    answer = world.writer.put(shop, *factories.customers(1), unreadable=unreadable)

    assert answer.stored_count == 1
    assert [(row.index, row.id, told(row)) for row in answer.withheld] == [
        (1, "c7", [("gender", "BAD_ROW")]),
        (2, "", [("", "UNREADABLE")]),
    ]
    assert [row.id for row in world.writer.withheld(shop).withheld] == ["c7"]


class Twice(NamedTuple):
    """Two versions of one id in one batch, and what must come of them."""

    first: record_pb2.Customer
    second: record_pb2.Customer
    stored: int
    stale: int
    withheld: int
    delivered: list[str]
    kept: int


def version(first_name: str, modified: str) -> record_pb2.Customer:
    return factories.customer(first_name=first_name, last_modified_date=modified)


TWICE = {
    "valid then newer valid": Twice(
        version("One", LATER), version("Two", LATEST), 2, 0, 0, ["Two"], 0
    ),
    "valid then valid of the same date": Twice(
        version("One", LATER), version("Two", LATER), 2, 0, 0, ["Two"], 0
    ),
    "valid then older valid": Twice(
        version("One", LATEST), version("Two", LATER), 1, 1, 0, ["One"], 0
    ),
    "valid then newer invalid": Twice(version("One", LATER), version("\0", LATEST), 1, 0, 1, [], 1),
    "valid then older invalid": Twice(
        version("One", LATEST), version("\0", LATER), 1, 1, 0, ["One"], 0
    ),
    "invalid then newer valid": Twice(
        version("\0", LATER), version("Two", LATEST), 1, 0, 1, ["Two"], 0
    ),
    "invalid then older valid": Twice(version("\0", LATEST), version("Two", LATER), 0, 1, 1, [], 1),
    "invalid then newer invalid": Twice(
        version("\0", LATER), version("\0", LATEST), 0, 0, 2, [], 1
    ),
    "invalid of no date then valid": Twice(
        version("One", "yesterday"), version("Two", LATER), 1, 0, 1, ["Two"], 0
    ),
    "valid then invalid of no date": Twice(
        version("One", LATER), version("Two", "yesterday"), 1, 0, 1, [], 1
    ),
}


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "two batches"])
@pytest.mark.parametrize("name", TWICE)
def test_the_newest_version_of_an_id_wins_whatever_came_before(
    world: worlds.World, shop: str, importer: worlds.Importer, name: str, together: bool
) -> None:
    case = TWICE[name]
    records = [factories.record(case.first), factories.record(case.second)]

    answers = (
        [world.writer.put(shop, *records)]
        if together
        else [world.writer.put(shop, record) for record in records]
    )

    assert sum(answer.stored_count for answer in answers) == case.stored
    assert sum(len(answer.stale) for answer in answers) == case.stale
    assert sum(len(answer.withheld) for answer in answers) == case.withheld
    names = [record["first_name"] for record in importer.page()["data"]]
    assert names == case.delivered
    assert len(world.writer.withheld(shop).withheld) == case.kept


def test_the_same_version_twice_in_a_batch_is_stored_once(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    answer = world.writer.put(shop, *factories.customers(1), *factories.customers(1))

    assert (answer.stored_count, answer.unchanged_count) == (1, 1)
    assert worlds.ids(importer.page()["data"]) == ["c0001"]


def test_a_page_of_the_largest_records_fits_one_answer(
    world: worlds.World, shop: str, importer: worlds.Importer, reader: worlds.Internal
) -> None:
    records = factories.customers(1000, first_name="A" * 65_000)

    for begin in range(0, 1000, 500):
        assert world.writer.put(shop, *records[begin : begin + 500]).stored_count == 500

    assert len(importer.page(page_size=1000)["data"]) == 1000
    assert len(reader.fetch(shop, page_size=1000).records) == 1000
    assert sum(len(chunk.records) for chunk in world.operator.export(shop)) == 1000
