"""`pullfeed explain`: how one record stands, and which importers have it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from pullfeed.v1 import ledger_service_pb2, record_pb2
from pullfeed_client import connection, output, scopes

_IN_FEED, _REMOVED, _WITHHELD, _UNKNOWN = "in_feed", "removed", "withheld", "unknown"


@click.command("explain")
@click.option("--shop", required=True, help="The shop's domain.")
@click.argument("scope", type=click.Choice(tuple(scopes.KINDS)))
@click.argument("id")
@output.json_option
@connection.connected
def command(core: connection.Core, shop: str, scope: str, id: str, as_json: bool) -> None:
    """Whether a record is in the feed, withheld or removed, and who has confirmed it.

    \b
    Example:
      pullfeed explain --shop shop.example customer 123
    """
    request = ledger_service_pb2.ExplainRecordRequest(
        shop=shop, scope=scopes.KINDS[scope].scope, id=id
    )
    found = core.ledger.ExplainRecord(request, metadata=core.metadata, timeout=connection.CALL_S)
    if as_json:
        output.json_line({"shop": shop, "scope": scope, "id": id} | _row(found))
    else:
        for sentence in _sentences(f"{scope.capitalize()} {id} of {shop}", found):
            click.echo(sentence)


def _state(found: ledger_service_pb2.ExplainRecordResponse) -> str:
    """Of its current version: one that is kept out stands before what it took out."""
    if found.list == record_pb2.LIST_RECORDS:
        return _IN_FEED
    if found.HasField("withheld"):
        return _WITHHELD
    return _REMOVED if found.list == record_pb2.LIST_REMOVED else _UNKNOWN


def _row(found: ledger_service_pb2.ExplainRecordResponse) -> output.Row:
    return {
        "state": _state(found),
        "position": found.position or None,
        "modified_date": output.date(found, "modified_date"),
        "withheld": _withheld(found.withheld) if found.HasField("withheld") else None,
        "removed": _removed(found.removed) if found.HasField("removed") else None,
        "is_held": found.is_held,
        "importers": [_importer(importer) for importer in found.importers],
    }


def _withheld(record: ledger_service_pb2.WithheldRecord) -> output.Row:
    return {
        "violations": [
            {"field": broken.field, "reason": broken.reason} for broken in record.violations
        ],
        "first_seen_date": output.date(record, "first_seen_date"),
        "last_seen_date": output.date(record, "last_seen_date"),
    }


def _removed(record: record_pb2.RemovedRecord) -> output.Row:
    return {"reason": _reason(record), "removed_date": output.date(record, "removed_date")}


def _importer(standing: ledger_service_pb2.ImporterStanding) -> output.Row:
    return {
        "importer": standing.importer,
        "has_confirmed": standing.has_confirmed,
        "confirmed_date": output.date(standing, "confirmed_date"),
        "committed_position": standing.committed_position,
        "rejected": standing.rejected.reason if standing.HasField("rejected") else None,
    }


def _sentences(name: str, found: ledger_service_pb2.ExplainRecordResponse) -> Iterator[str]:
    yield from _standing(name, found)
    if found.HasField("withheld"):
        yield _kept_out(found.withheld)
    if found.is_held:
        yield "It is to be removed once that is approved: pullfeed approve."
    if found.list and not found.importers:
        yield "No importer has a key for this shop."
    yield from map(_told, found.importers)


def _standing(name: str, found: ledger_service_pb2.ExplainRecordResponse) -> Iterator[str]:
    if found.list == record_pb2.LIST_RECORDS:
        modified = output.date(found, "modified_date")
        yield f"{name} is in the feed, at position {found.position}; last modified {modified}."
    elif found.list == record_pb2.LIST_REMOVED:
        removed = output.date(found.removed, "removed_date")
        yield f"{name} was removed on {removed}: {_reason(found.removed)}."
        yield f"Its removal is in the list of the removed, at position {found.position}."
    elif found.HasField("withheld"):
        yield f"{name} is not in the feed."
    else:
        yield f"{name} is not known: it was never put, or what was left of it is gone."


def _kept_out(record: ledger_service_pb2.WithheldRecord) -> str:
    broken = ", ".join(f"{rule.field or 'record'} {rule.reason}" for rule in record.violations)
    since = output.date(record, "first_seen_date")
    return f"Its current version is withheld since {since}: {broken}."


def _told(standing: ledger_service_pb2.ImporterStanding) -> str:
    place = f"has committed up to {standing.committed_position}"
    if not standing.has_confirmed:
        return f"  {standing.importer} is still owed it: {place}."
    date = output.date(standing, "confirmed_date")
    when = f"on {date}" if date else "at a time that is no longer kept"
    but = f", but could not take it: {_why(standing)}" if standing.HasField("rejected") else ""
    return f"  {standing.importer} confirmed it {when}{but}; {place}."


def _why(standing: ledger_service_pb2.ImporterStanding) -> str:
    return standing.rejected.reason or "no reason given"


def _reason(record: record_pb2.RemovedRecord) -> str:
    """As the importer's list has it; "unknown" for one of a newer server."""
    reasons = record_pb2.RemovedReason.items()
    names = {number: name for name, number in reasons if number}
    return names.get(record.reason, "unknown").removeprefix("REMOVED_REASON_").lower()
