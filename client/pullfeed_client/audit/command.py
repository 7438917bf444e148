"""`pullfeed audit`: the command."""

from __future__ import annotations

import datetime
import pathlib
from collections.abc import Iterator

import click

from pullfeed_client import errors, output, supply
from pullfeed_client.audit import page, sentences, tally

_COLUMNS = ("scope", "field", "reason", "records", "only_this", "examples")


@click.command("audit")
@supply.options
@click.option(
    "--html",
    "html_file",
    type=click.Path(dir_okay=False, writable=True),
    help="Write the audit as one HTML page into this file, too.",
)
@output.json_option
def command(
    source: str | None,
    mapping: str | None,
    scope: str | None,
    file_format: str | None,
    html_file: str | None,
    as_json: bool,
) -> None:
    """Tells what an importer would not get, and why; needs no server and writes nothing.

    Judges each record by the core's own rules. Examples are ids; no other value of
    the source is shown. SOURCE is a file, a folder, - or a database (env:NAME), and may
    be left out where the mapping says where everything is. Ends with 1 where something
    would be withheld.

    \b
    Example:
      pullfeed audit customers.csv --mapping shop.toml
      pullfeed audit export/ --mapping shop.toml --html audit.html
      pullfeed audit --mapping database.toml
    """
    tallies = [tally.of(given) for given in supply.of(source, scope, mapping, file_format)]
    if html_file:
        _write(html_file, page.document(tallies, supply.title(source, mapping), _now()))
    if as_json:
        for found in tallies:
            output.json_line(_object(found))
    else:
        _tell(tallies)
        output.rows(_rows(tallies), _COLUMNS, as_json=False)
    if any(found.withheld for found in tallies):
        raise click.exceptions.Exit(errors.Unmet.exit_code)


def _tell(tallies: list[tally.Tally]) -> None:
    for found in tallies:
        for sentence in sentences.of(found):
            click.secho(sentence.text, fg="red" if sentence.is_alarm else None)
        click.echo()


def _rows(tallies: list[tally.Tally]) -> Iterator[output.Row]:
    for found in tallies:
        scope = found.kind.name
        yield _row(scope, "", "delivered", found.delivered)
        yield _row(scope, "", "withheld", found.withheld)
        for one in found.by_weight:
            row = _row(scope, one.field or "record", one.reason, one.records)
            yield row | {"only_this": one.alone, "examples": one.examples}
        for field, count in found.invented.items():
            yield _row(scope, field, "synthetic", count)


def _row(scope: str, field: str, reason: str, records: int) -> output.Row:
    told = {"scope": scope, "field": field, "reason": reason, "records": records}
    return told | {"only_this": None, "examples": None}


def _object(found: tally.Tally) -> output.Row:
    return {
        "scope": found.kind.name,
        "records": found.records,
        "delivered": found.delivered,
        "withheld": found.withheld,
        "without_usable_id": found.lost,
        "repeated_ids": found.repeated,
        "findings": [
            {
                "field": one.field,
                "reason": one.reason,
                "records": one.records,
                "only_this": one.alone,
                "examples": one.examples,
            }
            for one in found.by_weight
        ],
        "synthetic": found.invented,
        "said_by_mapping": [invention._asdict() for invention in found.said],
        "sentences": [sentence.text for sentence in sentences.of(found)],
    }


def _write(name: str, text: str) -> None:
    try:
        pathlib.Path(name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise errors.Environment(f"{name} cannot be written: {error.strerror}.") from error


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
