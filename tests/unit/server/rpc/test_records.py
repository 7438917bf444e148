from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import timestamp_pb2
from tests import factories
from tests.unit.server.rpc.conftest import Core

from pullfeed.v1 import record_pb2
from pullfeed.v1 import record_service_pb2 as pb
from pullfeed_server import policy

_PUT, _DELETE = "RecordService/PutRecords", "RecordService/DeleteRecords"
_ERASE, _LIFT = "RecordService/EraseRecords", "RecordService/LiftErasures"
_CUSTOMERS = record_pb2.SCOPE_CUSTOMER


def _put(core: Core, *messages: factories.Message, **more: Any) -> pb.PutRecordsResponse:
    request = pb.PutRecordsRequest(
        shop=factories.SHOP, scope=_CUSTOMERS, records=map(factories.record, messages), **more
    )
    response: pb.PutRecordsResponse = core.call("writer", _PUT, request)
    return response


def _delete(core: Core, *ids: str, **more: Any) -> pb.DeleteRecordsResponse:
    request = pb.DeleteRecordsRequest(shop=factories.SHOP, scope=_CUSTOMERS, ids=ids, **more)
    response: pb.DeleteRecordsResponse = core.call("writer", _DELETE, request)
    return response


def test_the_counts_of_a_put_add_up_to_its_batch(core: Core) -> None:
    _put(core, factories.customer(customer_id="same"), factories.customer(customer_id="old"))
    response = _put(
        core,
        factories.customer(customer_id="new"),
        factories.customer(customer_id="same"),
        factories.customer(customer_id="old", last_modified_date="2024-11-01T00:00:00Z"),
        factories.customer(customer_id="bad", gender="M", email=""),
        unreadable=[pb.UnreadableRecord(id="row", field="email", reason="BAD_ROW")],
    )
    assert response == pb.PutRecordsResponse(
        stored_count=1,
        unchanged_count=1,
        stale=[pb.StaleRecord(index=2, id="old")],
        withheld=[
            pb.RefusedRecord(
                index=3,
                id="bad",
                violations=[
                    pb.Violation(field="email", reason="MISSING"),
                    pb.Violation(field="gender", reason="NOT_ALLOWED"),
                ],
            ),
            pb.RefusedRecord(
                index=4, id="row", violations=[pb.Violation(field="email", reason="BAD_ROW")]
            ),
        ],
    )


def test_a_bad_record_without_an_id_is_answered(core: Core) -> None:
    (refused,) = _put(core, factories.customer(customer_id="")).withheld
    assert (refused.index, refused.id, refused.violations[0].field) == (0, "", "customer_id")


def test_a_forced_put_stores_what_is_older(core: Core) -> None:
    older = factories.customer(last_modified_date="2024-11-01T00:00:00Z")
    _put(core, factories.customer())
    assert _put(core, older, force=True).stored_count == 1


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_of_another_size_is_refused(core: Core, count: int) -> None:
    request = pb.PutRecordsRequest(
        shop=factories.SHOP, scope=_CUSTOMERS, records=factories.customers(count)
    )
    assert core.refusal("writer", _PUT, request) == ("BATCH_SIZE", "records")


def test_a_batch_is_counted_before_its_records_are_read(core: Core) -> None:
    unreadable = b"\x1a\x00" * 2_000_000 + b"\xff"
    with pytest.raises(policy.Refused) as refused:
        core.guard.run(f"/pullfeed.v1.{_PUT}", unreadable, core.metadata("writer"))
    assert "BATCH_SIZE" in str(refused.value.status)


def test_the_counts_of_a_delete_add_up_to_its_ids(core: Core) -> None:
    _put(core, factories.customer(), factories.customer(customer_id="c2"))
    before = timestamp_pb2.Timestamp(seconds=1)
    assert _delete(core, "c1", "c1", "c9") == pb.DeleteRecordsResponse(
        removed_count=1, unchanged_count=2
    )
    assert _delete(core, "c2", removed_date=before) == pb.DeleteRecordsResponse(stale_count=1)
    assert _delete(core, "c2", removed_date=before, force=True).removed_count == 1


def test_a_removed_date_of_zero_is_a_date(core: Core) -> None:
    _put(core, factories.customer())
    assert _delete(core, "c1", removed_date=timestamp_pb2.Timestamp()).stale_count == 1


@pytest.mark.parametrize(
    "date",
    [
        timestamp_pb2.Timestamp(seconds=2**62),
        timestamp_pb2.Timestamp(seconds=-(2**62)),
        timestamp_pb2.Timestamp(seconds=1, nanos=-1),
        timestamp_pb2.Timestamp(seconds=1, nanos=10**9),
    ],
)
def test_a_removed_date_that_is_none_is_refused(core: Core, date: timestamp_pb2.Timestamp) -> None:
    _put(core, factories.customer())
    request = pb.DeleteRecordsRequest(
        shop=factories.SHOP, scope=_CUSTOMERS, ids=["c1"], removed_date=date
    )
    assert core.refusal("writer", _DELETE, request) == ("FIELD_INVALID", "removed_date")


@pytest.mark.parametrize(
    ("ids", "field"),
    [([], "ids"), (["c1"] * 1001, "ids"), ([""], "ids[0]"), (["c1", "\x00"], "ids[1]")],
)
def test_a_delete_names_one_to_a_thousand_usable_ids(
    core: Core, ids: list[str], field: str
) -> None:
    request = pb.DeleteRecordsRequest(shop=factories.SHOP, scope=_CUSTOMERS, ids=ids)
    assert core.refusal("writer", _DELETE, request) == ("FIELD_INVALID", field)


def test_a_delete_in_an_unknown_shop_is_refused(core: Core) -> None:
    request = pb.DeleteRecordsRequest(shop="nobody.example", scope=_CUSTOMERS, ids=["c1"])
    assert core.refusal("writer", _DELETE, request) == ("SHOP_NOT_FOUND", "shop")


def _erase(core: Core, *ids: str) -> pb.EraseRecordsResponse:
    request = pb.EraseRecordsRequest(shop=factories.SHOP, scope=_CUSTOMERS, ids=ids)
    response: pb.EraseRecordsResponse = core.call("writer", _ERASE, request)
    return response


def test_the_counts_of_an_erasure_add_up_to_its_ids(core: Core) -> None:
    _put(core, factories.customer())
    assert _erase(core, "c1", "c9").erased_count == 2
    response = _erase(core, "c1", "c2", "c2")
    assert (response.erased_count, response.unchanged_count) == (1, 2)
    assert response.pending


def test_a_put_of_what_was_erased_is_named_with_its_place(core: Core) -> None:
    _put(core, factories.customer())
    _erase(core, "c1", "row")
    response = _put(
        core,
        factories.customer(customer_id="new"),
        factories.customer(),
        factories.customer(email="no", consent="No"),
        unreadable=[pb.UnreadableRecord(id="row", reason="BAD_ROW", consent="No")],
    )
    assert response == pb.PutRecordsResponse(
        stored_count=1,
        erased=[
            pb.ErasedRecord(index=1, id="c1"),
            pb.ErasedRecord(index=2, id="c1"),
            pb.ErasedRecord(index=3, id="row"),
        ],
    )


def test_an_operator_lifts_what_was_erased(core: Core) -> None:
    _put(core, factories.customer())
    _erase(core, "c1")
    request = pb.LiftErasuresRequest(shop=factories.SHOP, scope=_CUSTOMERS, ids=["c1", "c9"])
    assert core.refusal("writer", _LIFT, request) == ("ROLE_DENIED", "")
    assert core.call("operator", _LIFT, request).lifted_count == 1
    assert _put(core, factories.customer()).stored_count == 1


@pytest.mark.parametrize("method", [_ERASE, _LIFT])
@pytest.mark.parametrize(
    ("ids", "field"),
    [([], "ids"), (["c1"] * 1001, "ids"), ([""], "ids[0]"), (["c1", "\x00"], "ids[1]")],
)
def test_an_erasure_names_one_to_a_thousand_usable_ids(
    core: Core, method: str, ids: list[str], field: str
) -> None:
    kind = pb.EraseRecordsRequest if method == _ERASE else pb.LiftErasuresRequest
    request = kind(shop=factories.SHOP, scope=_CUSTOMERS, ids=ids)
    assert core.refusal("operator", method, request) == ("FIELD_INVALID", field)


def test_an_erasure_in_an_unknown_shop_is_refused(core: Core) -> None:
    request = pb.EraseRecordsRequest(shop="nobody.example", scope=_CUSTOMERS, ids=["c1"])
    assert core.refusal("writer", _ERASE, request) == ("SHOP_NOT_FOUND", "shop")
