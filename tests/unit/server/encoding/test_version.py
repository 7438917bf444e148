from __future__ import annotations

import pytest
from tests import factories

from pullfeed.v1 import record_pb2, record_service_pb2
from pullfeed_server.encoding import contract, rules, scopes, version

_CUSTOMER = scopes.KINDS[record_pb2.SCOPE_CUSTOMER]
_ORDER = scopes.KINDS[record_pb2.SCOPE_ORDER]
_PRODUCT = scopes.KINDS[record_pb2.SCOPE_PRODUCT]
# 2024-12-01T10:30:00Z
_MODIFIED_US = 1_733_049_000_000_000
_MAX_BYTES = 65_536


def _judged(message: factories.Message) -> version.Good | version.Bad:
    kind = next(kind for kind in scopes.KINDS.values() if isinstance(message, kind.message))
    return version.judge(factories.record(message), kind)


def _good(message: factories.Message) -> version.Good:
    judged = _judged(message)
    assert isinstance(judged, version.Good)
    return judged


def _bad(message: factories.Message) -> version.Bad:
    judged = _judged(message)
    assert isinstance(judged, version.Bad)
    return judged


@pytest.mark.parametrize(
    ("message", "record_id"),
    [(factories.customer(), "c1"), (factories.order(), "o1"), (factories.product(), "p1")],
)
def test_a_good_record_comes_with_both_encodings(
    message: factories.Message, record_id: str
) -> None:
    good = _good(message)
    assert (good.id, good.modified_us) == (record_id, _MODIFIED_US)
    assert type(message).FromString(good.proto) == message
    assert good.json == contract.to_json(message)


def test_what_is_stored_is_the_normal_form() -> None:
    good = _good(factories.customer(customer_id=" c1 ", consent="YES"))
    assert good.id == "c1"
    assert b'"consent":"Yes"' in good.json


def test_two_spellings_of_the_same_record_have_the_same_fingerprint() -> None:
    spelled = factories.customer(
        gender="female", last_modified_date="2024-12-01T13:30:00+03:00", first_name=" Amber"
    )
    assert _good(spelled) == _good(factories.customer())


@pytest.mark.parametrize("field", [name for name in factories.CUSTOMER if name != "customer_id"])
def test_any_field_that_changes_changes_the_fingerprint(field: str) -> None:
    changed = {
        "email": "amber@example.com",
        "mobile": "+15550100002",
        "language": "ar",
        "consent": "No",
        "gender": "Male",
        "last_modified_date": "2024-12-01T10:30:01Z",
    }
    other = factories.customer(**{field: changed.get(field, "Brook")})
    assert _good(other).fingerprint != _good(factories.customer()).fingerprint


def test_a_bad_record_keeps_its_id_and_date() -> None:
    assert _bad(factories.customer(email="no")) == version.Bad(
        "c1", _MODIFIED_US, (rules.Violation("email", "BAD_EMAIL"),), "Yes", factories.MODIFIED
    )


@pytest.mark.parametrize("date", ["", "yesterday", "2023-02-29T00:00:00Z"])
def test_a_bad_record_whose_date_cannot_be_read_has_none(date: str) -> None:
    assert _bad(factories.customer(last_modified_date=date)).modified_us is None


@pytest.mark.parametrize("customer_id", ["", "  ", "x" * 256, "c\x001", "x" * 10_000_000])
def test_an_id_that_breaks_its_rule_is_not_kept(customer_id: str) -> None:
    assert _bad(factories.customer(customer_id=customer_id)).id == ""


def test_a_record_of_another_scope_is_withheld_under_its_own_id() -> None:
    judged = version.judge(factories.record(factories.product()), _CUSTOMER)
    assert judged == version.Bad("p1", None, (rules.Violation("", "WRONG_SCOPE"),))


@pytest.mark.parametrize(
    "record",
    [
        record_pb2.Record(),
        record_pb2.Record(product=record_pb2.Product()),
        record_pb2.Record(product=record_pb2.Product(product_id="x" * 256)),
        record_pb2.Record(product=record_pb2.Product(product_id="p\x001")),
    ],
)
def test_a_record_of_another_scope_without_a_usable_id_is_withheld_without_one(
    record: record_pb2.Record,
) -> None:
    judged = version.judge(record, _ORDER)
    assert judged == version.Bad("", None, (rules.Violation("", "WRONG_SCOPE"),))


def _product_of(json_bytes: int) -> record_pb2.Product:
    """A product whose JSON is this long, the longer of its encodings."""
    empty = len(contract.to_json(factories.product(description="x"))) - 1
    return factories.product(description="x" * (json_bytes - empty))


def test_a_record_of_64_kib_is_the_largest() -> None:
    assert len(_good(_product_of(_MAX_BYTES)).json) == _MAX_BYTES
    too_large = version.Bad(
        "p1", _MODIFIED_US, (rules.Violation("", "TOO_LARGE"),), modified=factories.MODIFIED
    )
    assert _bad(_product_of(_MAX_BYTES + 1)) == too_large


def test_the_longer_encoding_is_measured() -> None:
    # Each line break is one byte in Protobuf and two in JSON.
    record = factories.product(description="a" + "\n" * 40_000 + "b")
    assert record.ByteSize() < _MAX_BYTES
    assert _bad(record).violations == (rules.Violation("", "TOO_LARGE"),)


def test_what_is_too_large_is_not_judged_further_and_keeps_its_id_and_date() -> None:
    order = factories.order(
        order_id=" o1 ",
        last_modified_date=" 2024-12-01T10:30:00Z ",
        line_items=[record_pb2.LineItem()] * 40_000,
    )
    assert _bad(order) == version.Bad(
        "o1", _MODIFIED_US, (rules.TOO_LARGE,), modified=factories.MODIFIED
    )


def test_text_of_ten_megabytes_is_too_large() -> None:
    assert _bad(factories.customer(first_name="x" * 10_000_000)).violations == (
        rules.Violation("", "TOO_LARGE"),
    )


def test_a_row_that_could_not_be_read_is_withheld_with_the_senders_code() -> None:
    row = record_service_pb2.UnreadableRecord(
        id=" c1 ", field="line_items[0].name", reason="BAD_ROW"
    )
    assert version.unreadable(row, _CUSTOMER) == version.Bad(
        "c1", None, (rules.Violation("line_items[0].name", "BAD_ROW"),)
    )


@pytest.mark.parametrize(
    "reason", ["", "bad row", "BAD ROW", "amber.hill@example.com", "1BAD", "B" * 65, "BAD_ROW\n"]
)
def test_a_reason_that_is_no_code_is_not_kept(reason: str) -> None:
    row = record_service_pb2.UnreadableRecord(id="c1", reason=reason)
    assert version.unreadable(row, _CUSTOMER).violations == (rules.Violation("", "UNREADABLE"),)


@pytest.mark.parametrize("field", ["amber.hill@example.com", "two words", "x" * 129, "e\n"])
def test_a_field_that_is_no_path_is_not_kept(field: str) -> None:
    row = record_service_pb2.UnreadableRecord(id="c1", field=field, reason="BAD_ROW")
    assert version.unreadable(row, _CUSTOMER).violations == (rules.Violation("", "BAD_ROW"),)


@pytest.mark.parametrize("row_id", ["", "x" * 256, "c\x001"])
def test_a_row_without_a_usable_id_is_withheld_without_one(row_id: str) -> None:
    row = record_service_pb2.UnreadableRecord(id=row_id, reason="BAD_ROW")
    assert version.unreadable(row, _CUSTOMER).id == ""


def test_all_that_is_wrong_with_an_unreadable_row_is_kept_once() -> None:
    more = [
        record_service_pb2.Violation(field="email", reason="BAD_EMAIL"),
        record_service_pb2.Violation(field="two words", reason="no code"),
        record_service_pb2.Violation(reason="BAD_ROW"),
    ]
    row = record_service_pb2.UnreadableRecord(id="c1", reason="BAD_ROW", more=more)
    assert version.unreadable(row, _CUSTOMER).violations == (
        rules.Violation("", "BAD_ROW"),
        rules.Violation("email", "BAD_EMAIL"),
        rules.Violation("", "UNREADABLE"),
    )


@pytest.mark.parametrize(
    ("consent", "read"),
    [
        ("No", "No"),
        (" nO ", "No"),
        ("NO", "No"),
        ("yes", "Yes"),
        ("", ""),
        ("false", ""),
        ("Noo", ""),
        ("Male", ""),
        ("N", ""),
    ],
)
def test_a_consent_is_read_as_a_good_record_would_have_it(consent: str, read: str) -> None:
    assert _bad(factories.customer(email="no", consent=consent)).consent == read
    assert _bad(factories.customer(first_name="x" * 70_000, consent=consent)).consent == read
    row = record_service_pb2.UnreadableRecord(id="c1", consent=consent)
    assert version.unreadable(row, _CUSTOMER).consent == read


def test_only_customers_consent() -> None:
    row = record_service_pb2.UnreadableRecord(id="o1", consent="No")
    assert version.unreadable(row, _ORDER).consent == ""


@pytest.mark.parametrize(("consent", "refused"), [("No", True), ("no", True), ("Yes", False)])
def test_a_good_record_says_whether_its_consent_is_refused(consent: str, refused: bool) -> None:
    assert _good(factories.customer(consent=consent)).refused is refused
    assert _good(factories.product()).refused is False


def test_a_stored_version_is_made_to_refuse() -> None:
    stored = _good(factories.customer(first_name="Brook"))
    refused = version.refusing(_CUSTOMER, stored.proto, "2024-12-02T00:00:00.5Z")
    expected = factories.customer(
        first_name="Brook", consent="No", last_modified_date="2024-12-02T00:00:00.5Z"
    )
    assert refused == _good(expected)


def test_a_stored_version_keeps_its_date_where_the_refusal_has_none() -> None:
    refused = version.refusing(_CUSTOMER, _good(factories.customer()).proto, "")
    assert refused == _good(factories.customer(consent="No"))


def test_a_version_that_would_become_too_large_cannot_be_made_to_refuse() -> None:
    room = _MAX_BYTES - len(contract.to_json(factories.customer(first_name="x"))) + 1
    largest = _good(factories.customer(first_name="x" * room))
    assert version.refusing(_CUSTOMER, largest.proto, "2024-12-02T00:00:00.123456789Z") is None


def test_the_scopes_are_the_numbers_of_the_importer() -> None:
    assert [(scope, kind.name) for scope, kind in scopes.KINDS.items()] == [
        (1, "customer"),
        (2, "order"),
        (3, "product"),
    ]
    assert {_CUSTOMER.id_field, _ORDER.id_field, _PRODUCT.id_field} == {
        "customer_id",
        "order_id",
        "product_id",
    }


@pytest.mark.parametrize(
    "message",
    [
        factories.customer(),
        factories.customer(consent="No"),
        factories.order(line_items=[{**factories.LINE_ITEM, "quantity": "0"}]),
        factories.product(),
    ],
)
def test_what_is_stored_is_rendered_and_judged_as_it_was_put(message: factories.Message) -> None:
    good = _good(message)
    kind = next(kind for kind in scopes.KINDS.values() if isinstance(message, kind.message))
    assert version.rendered(kind, good.proto) == good.json
    assert version.judged_again(good.proto, kind) == good
