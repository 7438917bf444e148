"""`pullfeed approve`: removals that were held, shown and then done or dropped."""

from __future__ import annotations

import click

from pullfeed.v1 import record_service_pb2
from pullfeed_client import connection, output, scopes

_SHOWN_IDS = 20


@click.command("approve")
@click.option("--shop", required=True, help="The shop's domain.")
@scopes.option
@click.option("--yes", is_flag=True, help="Remove without asking.")
@click.option("--discard", is_flag=True, help="Drop the hold; the records stay.")
@connection.connected
def command(core: connection.Core, shop: str, scope: str, yes: bool, discard: bool) -> None:
    """Shows what a sync held instead of removing it, asks, and removes it.

    What was put since then is no longer held. An answer but yes leaves the hold as it is.

    \b
    Example:
      pullfeed approve --shop shop.example --scope customer
    """
    if discard:
        click.echo(f"Dropped the hold of {_discarded(core, shop, scope):,} records; they stay.")
        return
    if not _shown(core, shop, scope):
        return
    # Off a terminal, with nobody to answer, it stays as it is.
    if not yes:
        click.confirm("Remove them?", default=False, abort=True)
    removed = _removed(core, shop, scope)
    click.echo(f"Removed {removed:,} records.")


def _shown(core: connection.Core, shop: str, scope: str) -> bool:
    """Tells what is held; False where nothing is."""
    request = record_service_pb2.ListHeldRequest(
        shop=shop, scope=scopes.KINDS[scope].scope, page_size=_SHOWN_IDS
    )
    held = core.records.ListHeld(request, metadata=core.metadata, timeout=connection.CALL_S)
    if not held.held_count:
        click.echo("Nothing is held.")
        return False
    more = ", …" if held.next_page_token else ""
    click.echo(
        f"{held.held_count:,} {scopes.KINDS[scope].plural} are to be removed, until "
        f"{output.date(held, 'expires_date')}: {', '.join(held.ids)}{more}"
    )
    return True


def _removed(core: connection.Core, shop: str, scope: str) -> int:
    """Removes all that is held, a thousand at a time."""
    request = record_service_pb2.ApproveHeldRequest(shop=shop, scope=scopes.KINDS[scope].scope)
    removed = 0
    while True:
        answer = core.records.ApproveHeld(
            request, metadata=core.metadata, timeout=connection.CALL_S
        )
        removed += answer.removed_count
        if not answer.held_count:
            return removed


def _discarded(core: connection.Core, shop: str, scope: str) -> int:
    request = record_service_pb2.DiscardHeldRequest(shop=shop, scope=scopes.KINDS[scope].scope)
    answer = core.records.DiscardHeld(request, metadata=core.metadata, timeout=connection.CALL_S)
    found: int = answer.discarded_count
    return found
