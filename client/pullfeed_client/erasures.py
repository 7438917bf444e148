"""`pullfeed erase` and `pullfeed lift`: nothing is kept of a record, and its id is kept away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import click

from pullfeed.v1 import record_service_pb2
from pullfeed_client import connection, output, scopes

# The most the service takes at once.
_BATCH = 1000


def _arguments(function: Callable[..., None]) -> Callable[..., None]:
    """The options and arguments that name records."""
    decorated: Callable[..., Any] = click.argument("ids", nargs=-1, required=True)(function)
    decorated = click.argument("scope", type=click.Choice(tuple(scopes.KINDS)))(decorated)
    return click.option("--shop", required=True, help="The shop's domain.")(decorated)


@click.command("erase")
@_arguments
@output.json_option
@connection.connected
def erase(
    core: connection.Core, shop: str, scope: str, ids: tuple[str, ...], as_json: bool
) -> None:
    """Erases records: every byte that is kept of them, but for the id.

    Later puts of the ids change nothing until they are lifted. What may still
    hold bytes, and until when, is printed.

    \b
    Example:
      pullfeed erase --shop shop.example customer 123
    """
    erased = unchanged = 0
    pending: dict[str, None] = {}
    for batch in _batches(ids):
        request = record_service_pb2.EraseRecordsRequest(
            shop=shop, scope=scopes.KINDS[scope].scope, ids=batch
        )
        answer = core.records.EraseRecords(
            request, metadata=core.metadata, timeout=connection.CALL_S
        )
        erased += answer.erased_count
        unchanged += answer.unchanged_count
        pending |= dict.fromkeys(answer.pending)
    if as_json:
        output.json_line({"erased": erased, "unchanged": unchanged, "pending": list(pending)})
        return
    click.echo(f"{erased} erased, {unchanged} erased before.")
    for sentence in pending:
        click.echo(f"Pending: {sentence}")


@click.command("lift")
@_arguments
@output.json_option
@connection.connected
def lift(core: connection.Core, shop: str, scope: str, ids: tuple[str, ...], as_json: bool) -> None:
    """Lets erased ids be put again; what was erased stays erased. For operators.

    \b
    Example:
      pullfeed lift --shop shop.example customer 123
    """
    lifted = 0
    for batch in _batches(ids):
        request = record_service_pb2.LiftErasuresRequest(
            shop=shop, scope=scopes.KINDS[scope].scope, ids=batch
        )
        answer = core.records.LiftErasures(
            request, metadata=core.metadata, timeout=connection.CALL_S
        )
        lifted += answer.lifted_count
    if as_json:
        output.json_line({"lifted": lifted})
    else:
        click.echo(f"{lifted} lifted.")


def _batches(ids: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for begin in range(0, len(ids), _BATCH):
        yield ids[begin : begin + _BATCH]
