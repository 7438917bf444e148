"""`pullfeed notices`: calls to commit URLs that wait or were given up."""

from __future__ import annotations

from collections.abc import Iterator

import click

from pullfeed.v1 import delivery_service_pb2, record_pb2
from pullfeed_client import connection, groups, output, scopes

# The most the service gives at once.
_PAGE_SIZE = 1000
_COLUMNS = (
    "notice",
    "importer",
    "scope",
    "list",
    "records",
    "attempts",
    "last_outcome",
    "served_date",
    "due_date",
    "is_dead",
)

_shop = click.option("--shop", required=True, help="The shop's domain.")


@click.group("notices", cls=groups.ListsByDefault)
def group() -> None:
    """Calls to commit URLs: what waits, what was given up, and what becomes of it.

    \b
    Example:
      pullfeed notices --shop shop.example --dead
      pullfeed notices resend --shop shop.example n0f1e2d3c4b5a69788796a5b4c3d2e1f0
    """


@group.command("list")
@_shop
@click.option("--importer", default="", help="Only this importer.")
@click.option("--dead", is_flag=True, help="Only those that were given up.")
@output.json_option
@connection.connected
def list_(core: connection.Core, shop: str, importer: str, dead: bool, as_json: bool) -> None:
    """Notices that wait to be sent or were given up, oldest first.

    \b
    Example:
      pullfeed notices list --shop shop.example --json
    """
    output.rows(map(_row, _waiting(core, shop, importer, dead)), _COLUMNS, as_json=as_json)


@group.command()
@_shop
@click.argument("notice")
@connection.connected
def resend(core: connection.Core, shop: str, notice: str) -> None:
    """Sends a notice that was given up once more.

    \b
    Example:
      pullfeed notices resend --shop shop.example n0f1e2d3c4b5a69788796a5b4c3d2e1f0
    """
    request = delivery_service_pb2.ResendNoticeRequest(shop=shop, notice=notice)
    core.delivery.ResendNotice(request, metadata=core.metadata, timeout=connection.CALL_S)
    click.echo(f"{notice} is sent again.")


@group.command()
@_shop
@click.argument("notice")
@connection.connected
def skip(core: connection.Core, shop: str, notice: str) -> None:
    """Drops a notice that was given up; its page counts as confirmed.

    \b
    Example:
      pullfeed notices skip --shop shop.example n0f1e2d3c4b5a69788796a5b4c3d2e1f0
    """
    request = delivery_service_pb2.SkipNoticeRequest(shop=shop, notice=notice)
    core.delivery.SkipNotice(request, metadata=core.metadata, timeout=connection.CALL_S)
    click.echo(f"{notice} is skipped: its page counts as confirmed.")


def _waiting(
    core: connection.Core, shop: str, importer: str, dead: bool
) -> Iterator[delivery_service_pb2.Notice]:
    request = delivery_service_pb2.ListNoticesRequest(
        shop=shop, importer=importer, only_dead=dead, page_size=_PAGE_SIZE
    )
    while True:
        answer = core.delivery.ListNotices(
            request, metadata=core.metadata, timeout=connection.CALL_S
        )
        yield from answer.notices
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def _row(notice: delivery_service_pb2.Notice) -> output.Row:
    return {
        "notice": notice.notice,
        "importer": notice.importer,
        "scope": scopes.name_of(notice.scope),
        "list": "removed" if notice.list == record_pb2.LIST_REMOVED else "records",
        "records": notice.record_count,
        "attempts": notice.attempt_count,
        "last_outcome": notice.last_outcome,
        "served_date": output.date(notice, "served_date"),
        "due_date": output.date(notice, "due_date"),
        "is_dead": notice.is_dead,
    }
