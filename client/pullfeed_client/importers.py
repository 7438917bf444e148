"""`pullfeed importers`: who pulls, where each one's walks begin, and how it commits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TextIO

import click

from pullfeed.v1 import key_service_pb2
from pullfeed_client import connection, groups, output, scopes

_STARTS = {
    "full": key_service_pb2.START_FULL,
    "committed": key_service_pb2.START_COMMITTED,
}


_WAYS = {
    "importer": key_service_pb2.COMMIT_WAY_IMPORTER,
    "next_page": key_service_pb2.COMMIT_WAY_NEXT_PAGE,
    "notify": key_service_pb2.COMMIT_WAY_NOTIFY,
}


@click.group("importers", cls=groups.ListsByDefault)
def group() -> None:
    """Lists the importers, or sets where their walks begin and how they commit.

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
    _print(_all(core), as_json=as_json)


@group.command("set")
@click.argument("importer")
@click.option("--scope", type=click.Choice(tuple(scopes.KINDS)), help="The scope --start is for.")
@click.option(
    "--start",
    type=click.Choice(tuple(_STARTS)),
    help="full: at everything. committed: at what changed since the last commit.",
)
@click.option(
    "--commit-way",
    type=click.Choice(tuple(_WAYS)),
    help="importer: it commits. next_page: asking for the next page does, which proves no "
    "receipt. notify: its commit URL is called.",
)
@click.option(
    "--accept-loss/--no-accept-loss",
    default=None,
    help="With next_page, walks may begin at the commit though records can be lost.",
)
@click.option("--notify-url", help="Where to POST with notify.")
@click.option(
    "--notify-key-file",
    type=click.File(),
    help='File of the key sent there as X-Api-Key; "-" for standard input.',
)
@click.option("--integration-type-id", help="Sent there as X-Integration-Type-ID.")
@click.option(
    "--allow-private/--no-allow-private",
    default=None,
    help="The URL may be http, and lead to an address inside a network.",
)
@output.json_option
@connection.connected
def set_(core: connection.Core, /, importer: str, as_json: bool, **given: Any) -> None:
    """Sets where an importer's walks begin and how it commits; the rest stays as it is.

    Makes the importer where it is new.

    \b
    Example:
      pullfeed importers set acme --scope order --start committed
      pullfeed importers set acme --commit-way notify \\
        --notify-url https://importer.example/commit --notify-key-file key.txt
    """
    request = key_service_pb2.SetImporterRequest(
        importer=importer,
        starts=_starts(given["scope"], given["start"]),
        commit_way=_WAYS.get(given["commit_way"], key_service_pb2.COMMIT_WAY_UNSPECIFIED),
        accept_loss=given["accept_loss"],
        notify=_notify(core, importer, given),
    )
    answer = core.keys.SetImporter(request, metadata=core.metadata, timeout=connection.CALL_S)
    _print([answer.importer], as_json=as_json)


def _starts(scope: str | None, start: str | None) -> list[key_service_pb2.ImporterStart]:
    if (scope is None) != (start is None):
        raise click.UsageError("--scope and --start are said together.")
    if scope is None or start is None:
        return []
    return [key_service_pb2.ImporterStart(scope=scopes.KINDS[scope].scope, start=_STARTS[start])]


def _notify(
    core: connection.Core, importer: str, given: Mapping[str, Any]
) -> key_service_pb2.Notify | None:
    """What is set of the call, with the changes; None where there are none."""
    key_file: TextIO | None = given["notify_key_file"]
    said: dict[str, Any] = {
        "url": given["notify_url"],
        "api_key": key_file.read().strip() if key_file else None,
        "integration_type_id": given["integration_type_id"],
        "allow_private": given["allow_private"],
    }
    changes = {name: value for name, value in said.items() if value is not None}
    if not changes:
        return None
    known = next((one.notify for one in _all(core) if one.importer == importer), None)
    merged = key_service_pb2.Notify()
    merged.CopyFrom(known or merged)
    merged.MergeFrom(key_service_pb2.Notify(**changes))
    # Merging takes no false and no empty value.
    merged.allow_private = changes.get("allow_private", merged.allow_private)
    merged.integration_type_id = changes.get("integration_type_id", merged.integration_type_id)
    return merged


def _all(core: connection.Core) -> list[key_service_pb2.Importer]:
    request = key_service_pb2.ListImportersRequest()
    answer = core.keys.ListImporters(request, metadata=core.metadata, timeout=connection.CALL_S)
    return list(answer.importers)


def _print(importers: list[key_service_pb2.Importer], *, as_json: bool) -> None:
    columns = ("importer", *scopes.KINDS, "key_count", "commit_way")
    output.rows(map(_row, importers), columns, as_json=as_json)


def _row(importer: key_service_pb2.Importer) -> output.Row:
    said = {scopes.name_of(start.scope): start.start for start in importer.starts}
    starts = {name: _start(said.get(name, 0)) for name in scopes.KINDS}
    notify = importer.notify
    ways = (name for name, number in _WAYS.items() if number == importer.commit_way)
    return {
        "importer": importer.importer,
        **starts,
        "key_count": importer.key_count,
        "commit_way": next(ways, "importer"),
        "accept_loss": importer.accept_loss,
        "notify_url": notify.url,
        "integration_type_id": notify.integration_type_id,
        "allow_private": notify.allow_private,
    }


def _start(start: int) -> str:
    return "committed" if start == key_service_pb2.START_COMMITTED else "full"
