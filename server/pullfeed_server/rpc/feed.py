"""FeedService: pages, commits, exports."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf import message, timestamp_pb2

from pullfeed.v1 import feed_service_pb2 as pb
from pullfeed_server import changes, commits, errors, feed, keys, policy, receipts, tokens, ways
from pullfeed_server.encoding import scopes
from pullfeed_server.rpc import streams, wire
from pullfeed_server.store import rows

SERVICE = pb.DESCRIPTOR.services_by_name["FeedService"]
_IMPORTERS = frozenset((keys.IMPORTER,))
_EXPORTERS = frozenset((keys.IMPORTER, keys.OPERATOR))


def methods(
    feeds: feed.Feeds,
    confirmed: commits.Commits,
    handovers: ways.Handovers,
    kept: changes.Changes,
    exports: streams.Slots,
) -> dict[str, policy.Method]:
    """The service's methods by full name."""
    return {
        **_of_pages(feeds),
        **_of_commits(confirmed, handovers),
        **_of_changes(feeds, kept, exports),
    }


def _of_pages(feeds: feed.Feeds) -> dict[str, policy.Method]:
    def fetch(request: pb.FetchPageRequest, caller: keys.Caller) -> pb.FetchPageResponse:
        return _page_response(request, feeds.fetch(_order(request, caller)))

    return {
        wire.method_name(SERVICE, "FetchPage"): policy.Method(
            pb.FetchPageRequest, _IMPORTERS, fetch
        ),
    }


def _of_commits(confirmed: commits.Commits, handovers: ways.Handovers) -> dict[str, policy.Method]:
    def commit(request: pb.CommitRequest, caller: keys.Caller) -> pb.CommitResponse:
        standing = confirmed.commit(_claim(request, caller))
        return _commit_response(standing)

    def report(request: pb.ReportHandoverRequest, caller: keys.Caller) -> pb.ReportHandoverResponse:
        kind = request.list or rows.RECORDS
        owner = tokens.Feed(caller.importer, request.shop, request.scope, kind)
        handovers.report(owner, request.commit_token)
        return pb.ReportHandoverResponse()

    return {
        wire.method_name(SERVICE, "Commit"): policy.Method(pb.CommitRequest, _IMPORTERS, commit),
        wire.method_name(SERVICE, "ReportHandover"): policy.Method(
            pb.ReportHandoverRequest, _IMPORTERS, report
        ),
    }


def _of_changes(
    feeds: feed.Feeds, kept: changes.Changes, exports: streams.Slots
) -> dict[str, policy.Method]:
    def fetch_changes(request: pb.FetchChangesRequest, _: keys.Caller) -> pb.FetchChangesResponse:
        return _changes_response(request.scope, kept.fetch(_query(request)))

    def export(
        request: pb.ExportRecordsRequest, _: keys.Caller
    ) -> Iterator[pb.ExportRecordsResponse]:
        with exports.taken():
            for chunk in feeds.export(request.shop, request.scope, request.after_position):
                response = pb.ExportRecordsResponse(position=chunk.position)
                _add_records(response, request.scope, chunk.bodies)
                yield response

    return {
        wire.method_name(SERVICE, "FetchChanges"): policy.Method(
            pb.FetchChangesRequest, _EXPORTERS, fetch_changes
        ),
        wire.method_name(SERVICE, "ExportRecords"): policy.Method(
            pb.ExportRecordsRequest, _EXPORTERS, export
        ),
    }


def _order(request: pb.FetchPageRequest, caller: keys.Caller) -> feed.Order:
    return feed.Order(
        importer=caller.importer,
        shop=request.shop,
        scope=request.scope,
        list=request.list or rows.RECORDS,
        cursor=request.cursor,
        page=request.page or 1,
        page_size=request.page_size or feed.DEFAULT_PAGE_SIZE,
        as_json=request.form == pb.FORM_JSON,
        request_id=caller.request_id,
        since_us=since_us(request, "updated_since"),
    )


def _page_response(request: pb.FetchPageRequest, page: feed.Page) -> pb.FetchPageResponse:
    response = pb.FetchPageResponse(
        has_next_page=page.has_next,
        cursor=page.cursor,
        page=page.page,
        page_size=page.page_size,
        commit_token=page.commit_token,
        record_count=page.size,
        report_handover=page.report_handover,
    )
    if request.form == pb.FORM_JSON:
        # Joined as they are stored: nothing is parsed or rendered on this path.
        response.data_json = b"[%b]" % b",".join(page.bodies)
    elif request.list == rows.REMOVED:
        for body in page.bodies:
            response.removed.add().ParseFromString(body)
    else:
        _add_records(response, request.scope, page.bodies)
    return response


def _add_records(
    response: pb.FetchPageResponse | pb.ExportRecordsResponse, scope: int, bodies: list[bytes]
) -> None:
    name = scopes.KINDS[scope].name
    for body in bodies:
        getattr(response.records.add(), name).ParseFromString(body)


def _query(request: pb.FetchChangesRequest) -> changes.Query:
    return changes.Query(
        request.shop,
        request.scope,
        request.after_position,
        request.epoch,
        request.page_size or feed.DEFAULT_PAGE_SIZE,
    )


def _changes_response(scope: int, page: changes.Page) -> pb.FetchChangesResponse:
    response = pb.FetchChangesResponse(
        position=page.position, epoch=page.epoch, has_next_page=page.has_next
    )
    name = scopes.KINDS[scope].name
    for row in page.rows:
        change = response.changes.add(position=row.position)
        if row.list == rows.REMOVED:
            change.removed.ParseFromString(row.proto)
        else:
            getattr(change.record, name).ParseFromString(row.proto)
    return response


def _claim(request: pb.CommitRequest, caller: keys.Caller) -> commits.Claim:
    return commits.Claim(
        importer=caller.importer,
        shop=request.shop,
        scope=request.scope,
        list=request.list or rows.RECORDS,
        commit_token=request.commit_token,
        cursor=request.cursor,
        page=request.page.page,
        page_size=request.page.page_size or feed.DEFAULT_PAGE_SIZE,
        receipt=_receipt(request),
        since_us=since_us(request.page, "updated_since"),
    )


def _receipt(request: pb.CommitRequest) -> receipts.Receipt:
    received = request.received if request.HasField("received") else None
    rejected = ((record.id, record.reason) for record in request.rejected)
    return receipts.Receipt(received, tuple(rejected))


def _commit_response(standing: commits.Standing) -> pb.CommitResponse:
    response = pb.CommitResponse(
        position=standing.position,
        advanced=standing.advanced,
        served_count=standing.served_count,
    )
    if standing.committed_us:
        response.committed_date.CopyFrom(date(standing.committed_us))
    return response


def date(microseconds: int) -> timestamp_pb2.Timestamp:
    """A stored time as its message."""
    stamp = timestamp_pb2.Timestamp()
    stamp.FromMicroseconds(microseconds)
    return stamp


def since_us(request: message.Message, field: str) -> int:
    """A time to begin at; 0 where none is said. Raises FieldInvalid."""
    if not request.HasField(field):
        return 0
    try:
        microseconds: int = getattr(request, field).ToMicroseconds()
    except ValueError as error:
        raise errors.FieldInvalid(
            f"{field} lies outside the years 1 to 9999, or its nanos outside a second.",
            field=field,
        ) from error
    # Nothing was stored before 1970, and 0 stands for none.
    return max(1, microseconds)
