"""`pullfeed load`: a source's records into the core, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator

import click

from pullfeed_client import connection, errors, output, puts, supply

_SHOWN_REFUSALS = 20
_OUTCOMES = ("stored", "unchanged", "stale", "withheld", "erased")


@click.command("load")
@supply.options
@click.option("--shop", required=True, help="The shop's domain; made where it is new.")
@click.option("--force", is_flag=True, help="Store also what is older than what the shop has.")
@click.option("--strict", is_flag=True, help="Stop at the first row that cannot be read.")
@puts.batch_option
@output.json_option
@connection.connected
def command(
    core: connection.Core,
    source: str | None,
    mapping: str | None,
    scope: str | None,
    file_format: str | None,
    shop: str,
    force: bool,
    strict: bool,
    batch_rows: int,
    as_json: bool,
) -> None:
    """Puts the records of a file, a folder or a database; - reads standard input.

    SOURCE may be left out where the mapping says where everything is; a database is
    given as env:NAME, the environment variable with its URL. Files are JSON Lines,
    CSV, a JSON array or Parquet, also gzipped. Without a mapping, fields
    and columns bear the contract's names; CSV then holds customers and products
    without their lists. Numbers keep the digits they are written with.

    \b
    Example:
      pullfeed load customers.jsonl --shop shop.example --scope customer
      pullfeed load export/ --shop shop.example --mapping shop.toml
    """
    supplies = supply.of(source, scope, mapping, file_format)
    outcomes: dict[str, puts.Outcome] = {}
    for given in supplies:
        target = puts.Target(shop, given.kind, force, strict, batch_rows)
        outcomes[given.kind.name] = _loaded(core, given, target)
        if outcomes[given.kind.name].stopped:
            break
    _show(supplies, outcomes, as_json)
    if any(outcome.withheld or outcome.stopped for outcome in outcomes.values()):
        raise click.exceptions.Exit(errors.Unmet.exit_code)


def _loaded(core: connection.Core, given: supply.Supply, target: puts.Target) -> puts.Outcome:
    lost: list[puts.Refusal] = []
    with (
        given.rows() as rows,
        output.bar(f"load {given.kind.name}", given.size, "bytes") as advance,
    ):
        outcome = puts.run(core, rows, target, lambda refusal: _keep_lost(lost, refusal), advance)
    for refusal in lost[:_SHOWN_REFUSALS]:
        click.echo(f"{refusal.told()}; without a usable id it is named here only", err=True)
    if len(lost) > _SHOWN_REFUSALS:
        click.echo("… and more such lines.", err=True)
    if outcome.stopped:
        click.echo(f"{outcome.stopped.told()}; nothing from there on was loaded", err=True)
    return outcome


def _keep_lost(lost: list[puts.Refusal], refusal: puts.Refusal) -> None:
    """What has no id is in no list of the core's: this is the only place to name it."""
    if not refusal.id and len(lost) <= _SHOWN_REFUSALS:
        lost.append(refusal)


def _show(supplies: list[supply.Supply], outcomes: dict[str, puts.Outcome], as_json: bool) -> None:
    columns = (
        ("outcome", "reason", "rows")
        if len(supplies) == 1
        else ("scope", "outcome", "reason", "rows")
    )
    rows = (row for given in supplies for row in _table(given, outcomes, as_json))
    output.rows(rows, columns, as_json=as_json)
    _warn(supplies)


def _table(
    given: supply.Supply, outcomes: dict[str, puts.Outcome], as_json: bool
) -> Iterator[output.Row]:
    outcome = outcomes.get(given.kind.name)
    if outcome is None:
        return
    scope = {"scope": given.kind.name}
    counts = {name: getattr(outcome, name) for name in _OUTCOMES}
    by_reason = dict(sorted(outcome.by_reason.items()))
    if as_json:
        yield scope | counts | {"by_reason": by_reason, "synthetic": given.invented}
        return
    for name, count in counts.items():
        # Few shops ever put what was erased.
        if count or name != "erased":
            yield scope | {"outcome": name, "reason": None, "rows": count}
    for reason, count in by_reason.items():
        yield scope | {"outcome": "withheld", "reason": reason, "rows": count}


def _warn(supplies: list[supply.Supply]) -> None:
    """Invented values are told in red, whatever else is printed."""
    for given in supplies:
        for field, count in given.invented.items():
            if count:
                told = f"{given.kind.name}.{field} is synthetic: {count:,} invented values"
                click.secho(told, fg="red", err=True)
