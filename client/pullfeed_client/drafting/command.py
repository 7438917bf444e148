"""`pullfeed map`: the command."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import click

from pullfeed_client import errors, scopes, supply
from pullfeed_client.drafting import draft, specimen
from pullfeed_client.sources import addresses, form

# Below this a file may be anything.
_SURE = 0.4


@click.command("map")
@click.argument("source", type=supply.SOURCE)
@click.option(
    "--scope",
    type=click.Choice(tuple(scopes.KINDS)),
    help="Which kind of record. Else the one whose fields the columns fit best.",
)
@click.option(
    "--format", "file_format", type=click.Choice(form.NAMES), help="Else by the file's ending."
)
@click.option("--table", help="Of a database, this one. Else what fits each scope best.")
@click.option("--out", type=click.Path(dir_okay=False, writable=True), help="Else standard output.")
def command(
    source: str, scope: str | None, file_format: str | None, table: str | None, out: str | None
) -> None:
    """Writes a first mapping file from a source's columns and a sample of its rows.

    What it cannot place is marked. Gender and consent are always left to you, and
    so is whatever the sample leaves open: zones, regions, currencies. SOURCE is a
    file, a folder, - or a database (env:NAME, the environment variable with its URL).

    \b
    Example:
      pullfeed map customers.csv --scope customer --out shop.toml
      pullfeed map env:SHOP_DATABASE --out shop.toml
    """
    given = form.Form(format=file_format)
    if addresses.is_one(source):
        found = specimen.of_tables(source, table)
        if table:
            text = draft.text(found[0], scopes.KINDS[scope] if scope else _best(found[0]), source)
        else:
            text = "\n".join(_of_several(found, "the database", scope))
    elif form.is_folder(source):
        text = "\n".join(_of_several(_of_folder(pathlib.Path(source)), source, scope))
    else:
        read = specimen.of(source, given)
        text = draft.text(read, scopes.KINDS[scope] if scope else _best(read), source)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        # "x": a mapping that was worked on is never written over.
        with pathlib.Path(out).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise errors.Misused(f"{out} is there already: name another file.") from error
    except OSError as error:
        raise errors.Environment(f"{out} cannot be written: {error.strerror}.") from error


def _best(found: specimen.Specimen) -> scopes.Kind:
    kind = _likely(found)
    if kind is None:
        raise errors.Misused("What it holds cannot be told from its columns: say --scope.")
    return kind


def _likely(found: specimen.Specimen) -> scopes.Kind | None:
    """The kind of record whose fields the columns fit best; None where they fit none well."""
    best = max(scopes.KINDS.values(), key=lambda kind: draft.score(found, kind))
    return best if draft.score(found, best) >= _SURE else None


def _of_folder(folder: pathlib.Path) -> list[specimen.Specimen]:
    return [
        specimen.of(str(path), form.Form())
        for path in sorted(folder.iterdir())
        if path.is_file() and form.is_known(path.name)
    ]


def _of_several(found: list[specimen.Specimen], source: str, scope: str | None) -> Iterator[str]:
    """For each scope the file or table that fits it best; the others are named."""
    used: set[str] = set()
    for name in [scope] if scope else list(scopes.KINDS):
        kind = scopes.KINDS[name]
        fitting = [one for one in found if _likely(one) is kind]
        best = max(fitting, key=lambda one: draft.score(one, kind), default=None)
        if best is None:
            yield f"# Nothing in {source} looks like {kind.plural}.\n"
            continue
        alike = [one.name for one in found if one.columns == best.columns and one is not best]
        used.update((best.name, *alike))
        others = [one for one in found if one is not best]
        yield draft.text(best, kind, source, alike if not best.database else (), others)
    for one in found:
        if one.name not in used:
            name = pathlib.PurePath(one.name).name
            yield f"# {name} has no place: its columns are {', '.join(one.columns)}.\n"
