"""`pullfeed sync`: the command."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import pathlib
from collections.abc import Callable
from typing import Any, NamedTuple

import click

from pullfeed_client import connection, errors, output, puts, scopes, settings, supply
from pullfeed_client.mapping import plan, reading
from pullfeed_client.sync import removal, report, schedule, state, sweep

_DEFAULT = removal.Threshold()


@click.command("sync")
@click.argument("mapping", type=click.Path(exists=True, dir_okay=False))
@click.option("--shop", required=True, help="The shop's domain; made where it is new.")
@click.option("--scope", type=click.Choice(tuple(scopes.KINDS)), help="Only this kind of record.")
@click.option("--source", type=supply.SOURCE, help="In the place of the mapping's own source.")
@click.option("--every", type=schedule.Duration(), help="Again and again, like 60s, 5m or 1h.")
@click.option("--full", is_flag=True, help="Read and compare everything; remove what vanished.")
@click.option(
    "--hold-above",
    type=click.IntRange(0),
    default=_DEFAULT.records,
    show_default=True,
    help="Hold removals for `pullfeed approve` where more records than this vanished …",
)
@click.option(
    "--hold-above-percent",
    type=click.FloatRange(0, 100),
    default=_DEFAULT.percent,
    show_default=True,
    help="… and more than this share of those the shop has.",
)
@puts.batch_option
@settings.option("sync-state", "--state")
@output.json_option
@settings.option("core")
@settings.option("key")
@settings.option("operator-key-file")
def command(
    every: float | None,
    core: str,
    key: str,
    operator_key_file: str,
    **said: Any,
) -> None:
    """Brings a shop to what its source has: what changed since the last pass, or all.

    A mapping's `updated` column tells what changed; without one, or with sync =
    "fingerprint", all is read and what differs is sent. Rows that vanished from the
    source are found by --full, or without such a column by every pass. Ends with 1
    where something was withheld or is held.

    \b
    Example:
      pullfeed sync shop.toml --shop shop.example --every 60s
      pullfeed sync shop.toml --shop shop.example --full
    """
    choice = Choice(**said)
    secret = connection.key_or_file(key, operator_key_file)
    if every is not None:
        log = functools.partial(report.log, as_json=choice.as_json)
        schedule.every(every, lambda: _passes(core, secret, choice, log))
        return
    rows: list[output.Row] = []
    is_unmet = _passes(core, secret, choice, rows.append)
    output.rows(rows, report.COLUMNS, as_json=choice.as_json)
    if is_unmet:
        raise click.exceptions.Exit(errors.Unmet.exit_code)


@dataclasses.dataclass(frozen=True)
class Choice:
    """What is said of a pass."""

    mapping: str
    scope: str | None
    source: str | None
    shop: str
    full: bool
    hold_above: int
    hold_above_percent: float
    batch_rows: int
    sync_state: str
    as_json: bool


class Given(NamedTuple):
    """The section of a mapping, over its own source or another one."""

    mapping: plan.Mapping
    scope: str
    source: str | None


def _passes(core: str, secret: str, choice: Choice, tell: Callable[[output.Row], None]) -> bool:
    """A pass over each scope; whether a person should see to any. tell: of each, what it did."""
    # Anew each time: a lost core, a changed mapping and a changed address are seen.
    read = plan.read(choice.mapping)
    is_unmet = False
    with connection.opened(core, secret) as client:
        for name in supply.scopes_of(read, choice.scope):
            row, unmet = _pass(client, core, Given(read, name, choice.source), choice)
            is_unmet |= unmet
            tell(row)
    return is_unmet


def _pass(
    client: connection.Core, core: str, given: Given, choice: Choice
) -> tuple[output.Row, bool]:
    """A pass over one scope; what it did, and whether a person should see to it."""
    section = given.mapping.section(given.scope)
    target = puts.Target(choice.shop, section.kind, batch_rows=choice.batch_rows)
    threshold = removal.Threshold(choice.hold_above, choice.hold_above_percent)
    feed = state.Feed(
        core, choice.shop, str(pathlib.Path(given.mapping.document.name).resolve()),
        given.scope, _said(given),
    )  # fmt: skip
    with state.opened(choice.sync_state, feed) as memory:
        mapped = reading.Mapped(given.mapping, section, given.source)
        order = sweep.Order(target, threshold, choice.full)
        lost: list[puts.Refusal] = []
        found = sweep.run(client, mapped, memory, order, lambda refusal: _keep(lost, refusal))
    report.warn(given.scope, choice.shop, found, lost)
    row = report.row(given.scope, found, mapped.invented, as_json=choice.as_json)
    return row, report.is_unmet(found)


def _keep(lost: list[puts.Refusal], refusal: puts.Refusal) -> None:
    """What has no id is in no list of the core's: this is the only place to name it."""
    if not refusal.id and len(lost) < report.SHOWN_REFUSALS:
        lost.append(refusal)


def _said(given: Given) -> str:
    """A digest of what decides the records: where it changes, all is read anew."""
    tables = given.mapping.document.tables
    said = [tables.get(name) for name in ("database", "lookups", given.scope)]
    text = json.dumps([said, given.source], sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
