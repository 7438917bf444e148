"""RecordService: puts and deletes."""

from __future__ import annotations

from pullfeed.v1 import record_service_pb2 as pb
from pullfeed_server import erasures, errors, intake, keys, policy, records
from pullfeed_server.encoding import tombstone, version
from pullfeed_server.rpc import fields, wire

SERVICE = pb.DESCRIPTOR.services_by_name["RecordService"]
WRITERS = frozenset((keys.WRITER, keys.OPERATOR))
_OPERATORS = frozenset((keys.OPERATOR,))
DEFAULT_IDS = 1000
# A full batch, and room for the fields around its records.
_MAX_FIELDS = records.MAX_BATCH + 100


def methods(kept: records.Records, erasing: erasures.Erasures) -> dict[str, policy.Method]:
    """The service's methods by full name."""
    return {**_of_records(kept), **_of_erasures(erasing)}


def _of_records(kept: records.Records) -> dict[str, policy.Method]:
    def put(request: pb.PutRecordsRequest, _: keys.Caller) -> pb.PutRecordsResponse:
        return _put_response(kept.put(_batch(request)))

    def delete(request: pb.DeleteRecordsRequest, _: keys.Caller) -> pb.DeleteRecordsResponse:
        return _delete_response(kept.delete(_removals(request)))

    def ids(request: pb.ListIdsRequest, _: keys.Caller) -> pb.ListIdsResponse:
        page = kept.ids(
            request.shop, request.scope, request.page_size or DEFAULT_IDS, request.page_token
        )
        return pb.ListIdsResponse(ids=page.items, next_page_token=page.next_token)

    return {
        wire.method_name(SERVICE, "PutRecords"): policy.Method(
            pb.PutRecordsRequest, WRITERS, put, _weigh_batch
        ),
        wire.method_name(SERVICE, "DeleteRecords"): policy.Method(
            pb.DeleteRecordsRequest, WRITERS, delete
        ),
        wire.method_name(SERVICE, "ListIds"): policy.Method(pb.ListIdsRequest, WRITERS, ids),
    }


def _of_erasures(erasing: erasures.Erasures) -> dict[str, policy.Method]:
    def erase(request: pb.EraseRecordsRequest, _: keys.Caller) -> pb.EraseRecordsResponse:
        erased = erasing.erase(request.shop, request.scope, request.ids)
        return pb.EraseRecordsResponse(
            erased_count=erased.erased, unchanged_count=erased.unchanged, pending=erased.pending
        )

    def lift(request: pb.LiftErasuresRequest, _: keys.Caller) -> pb.LiftErasuresResponse:
        count = erasing.lift(request.shop, request.scope, request.ids)
        return pb.LiftErasuresResponse(lifted_count=count)

    return {
        wire.method_name(SERVICE, "EraseRecords"): policy.Method(
            pb.EraseRecordsRequest, WRITERS, erase
        ),
        wire.method_name(SERVICE, "LiftErasures"): policy.Method(
            pb.LiftErasuresRequest, _OPERATORS, lift
        ),
    }


def _weigh_batch(request: bytes) -> None:
    """Raises BatchSize: 60 MiB of empty records would take 1.4 GB."""
    if fields.are_more_than(request, _MAX_FIELDS):
        raise errors.BatchSize


def violation(broken: tuple[str, str]) -> pb.Violation:
    """A (field, reason) pair as its message."""
    return pb.Violation(field=broken[0], reason=broken[1])


def _batch(request: pb.PutRecordsRequest) -> records.Batch:
    return records.Batch(
        request.shop, request.scope, request.records, request.unreadable, request.force
    )


def _removals(request: pb.DeleteRecordsRequest) -> records.Removals:
    return records.Removals(
        request.shop,
        request.scope,
        request.ids,
        _removed_us(request),
        request.force,
        tombstone.word_of(request.reason),
    )


def _removed_us(request: pb.DeleteRecordsRequest) -> int | None:
    if not request.HasField("removed_date"):
        return None
    try:
        return request.removed_date.ToMicroseconds()
    except ValueError as error:
        raise errors.FieldInvalid(
            "removed_date lies outside the years 1 to 9999, or its nanos outside a second.",
            field="removed_date",
        ) from error


def _put_response(put: records.PutOutcome) -> pb.PutRecordsResponse:
    response = pb.PutRecordsResponse(
        stored_count=put.outcomes.count(intake.STORED),
        unchanged_count=put.outcomes.count(intake.UNCHANGED),
    )
    for index, (judged, outcome) in enumerate(zip(put.versions, put.outcomes, strict=True)):
        if outcome == intake.STALE:
            response.stale.add(index=index, id=judged.id)
        elif outcome == intake.ERASED:
            response.erased.add(index=index, id=judged.id)
        elif outcome == intake.WITHHELD and isinstance(judged, version.Bad):
            response.withheld.add(
                index=index, id=judged.id, violations=map(violation, judged.violations)
            )
    return response


def _delete_response(outcomes: list[str]) -> pb.DeleteRecordsResponse:
    return pb.DeleteRecordsResponse(
        removed_count=outcomes.count(intake.STORED),
        unchanged_count=outcomes.count(intake.UNCHANGED),
        stale_count=outcomes.count(intake.STALE),
    )
