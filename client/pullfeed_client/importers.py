"""`pullfeed importers`: who pulls, and where each one's walks begin."""

from __future__ import annotations

import click

from pullfeed.v1 import key_service_pb2
from pullfeed_client import connection, groups, output, scopes

_STARTS = {
    "full": key_service_pb2.START_FULL,
    "committed": key_service_pb2.START_COMMITTED,
}


@click.group("importers", cls=groups.ListsByDefault)
def group() -> None:
    """Lists the importers, or sets where their walks begin.

    \b
    Example:
      pullfeed importers
      pullfeed importers set acme --scope customer --start committed
    """


@group.command("list")
@output.json_option
@connection.connected
def list_(core: connection.Core, as_json: bool) -> None:
    """All importers, by name.

    \b
    Example:
      pullfeed importers list --json
    """
    request = key_service_pb2.ListImportersRequest()
    answer = core.keys.ListImporters(request, metadata=core.metadata, timeout=connection.CALL_S)
    _print(list(answer.importers), as_json=as_json)


@group.command("set")
@click.argument("importer")
@scopes.option
@click.option(
    "--start",
    type=click.Choice(tuple(_STARTS)),
    required=True,
    help="full: at everything. committed: at what changed since the last commit.",
)
@output.json_option
@connection.connected
def set_(core: connection.Core, importer: str, scope: str, start: str, as_json: bool) -> None:
    """Sets where an importer's walks begin; makes the importer where it is new.

    \b
    Example:
      pullfeed importers set acme --scope order --start committed
    """
    begin = key_service_pb2.ImporterStart(scope=scopes.KINDS[scope].scope, start=_STARTS[start])
    request = key_service_pb2.SetImporterRequest(importer=importer, starts=[begin])
    answer = core.keys.SetImporter(request, metadata=core.metadata, timeout=connection.CALL_S)
    _print([answer.importer], as_json=as_json)


def _print(importers: list[key_service_pb2.Importer], *, as_json: bool) -> None:
    columns = ("importer", *scopes.KINDS, "key_count")
    output.rows(map(_row, importers), columns, as_json=as_json)


def _row(importer: key_service_pb2.Importer) -> output.Row:
    said = {scopes.name_of(start.scope): start.start for start in importer.starts}
    starts = {name: _start(said.get(name, 0)) for name in scopes.KINDS}
    return {"importer": importer.importer, **starts, "key_count": importer.key_count}


def _start(start: int) -> str:
    return "committed" if start == key_service_pb2.START_COMMITTED else "full"
