"""`pullfeed rewind`: sets back what an importer has confirmed, so that it is served again."""

from __future__ import annotations

import re

import click
from google.protobuf import timestamp_pb2

from pullfeed.v1 import delivery_service_pb2, record_pb2
from pullfeed_client import connection, output, scopes

Request = delivery_service_pb2.RewindRequest

_BEGINNING = "beginning"
_LISTS = {"records": record_pb2.LIST_RECORDS, "removed": record_pb2.LIST_REMOVED}
_BOTH = "both"
_COLUMNS = ("list", "position", "previous_position")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


class _Time(click.ParamType[Request]):
    """A time in RFC 3339 with a zone, or the beginning, as the request to go there."""

    name = "time"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> Request:
        if value == _BEGINNING:
            return Request()
        try:
            return Request(to_date=_stamp(value.strip().upper()))
        except ValueError:
            sentence = f"{value!r} is neither a date with a zone nor the word beginning."
            self.fail(sentence, param, ctx)


def _stamp(written: str) -> timestamp_pb2.Timestamp:
    """Raises ValueError."""
    if not _DATE.fullmatch(written):
        raise ValueError
    stamp = timestamp_pb2.Timestamp()
    stamp.FromJsonString(written)
    return stamp


@click.command("rewind")
@click.option("--shop", required=True, help="The shop's domain.")
@scopes.option
@click.option("--importer", required=True, help="Whose position.")
@click.option(
    "--to", "request", type=_Time(), required=True, metavar="TIME|beginning",
    help="When it was stored here what is to be served again, for example 2026-01-01T00:00:00Z.",
)  # fmt: skip
@click.option(
    "--list", "kind", type=click.Choice((*_LISTS, _BOTH)), default=_BOTH, show_default=True,
    help="Which list goes back.",
)  # fmt: skip
@output.json_option
@connection.connected
def command(
    core: connection.Core,
    shop: str,
    scope: str,
    importer: str,
    request: Request,
    kind: str,
    as_json: bool,
) -> None:
    """Sets an importer's committed position back, in both lists.

    Its next walks with start "committed" begin there; what it was handed out before is
    answered REWOUND. TIME is when the shop's records were stored here: choose one before
    the import began that the importer is to be brought back to.

    \b
    Example:
      pullfeed rewind --shop shop.example --scope customer --importer acme --to beginning
    """
    request.shop, request.scope = shop, scopes.KINDS[scope].scope
    request.importer = importer
    names = tuple(_LISTS) if kind == _BOTH else (kind,)
    output.rows([_rewound(core, request, name) for name in names], _COLUMNS, as_json=as_json)


def _rewound(core: connection.Core, request: Request, name: str) -> output.Row:
    request.list = _LISTS[name]
    answer = core.delivery.Rewind(request, metadata=core.metadata, timeout=connection.CALL_S)
    return {
        "list": name,
        "position": answer.position,
        "previous_position": answer.previous_position,
    }
