"""`pullfeed pull`: imports a scope of any callback as a careful importer would."""

from __future__ import annotations

import contextlib
import pathlib
import time
from collections.abc import Generator

import click

from pullfeed_client import errors, output, parquet, scopes, settings
from pullfeed_client.importer import (
    contract,
    copy,
    importing,
    patience,
    state,
    transport,
    walk,
)

_FILE = click.Path(dir_okay=False, path_type=pathlib.Path)


@contextlib.contextmanager
def reached(url: str, key: str) -> Generator[transport.Http]:
    """The way to a callback URL; what goes wrong on it leaves the block as a Failure."""
    try:
        way = transport.Http(url, key)
    except ValueError as error:
        raise errors.Misused(f"{error}.") from error
    try:
        yield way
    except transport.Unreachable as error:
        raise errors.Environment(f"{url} gives no answer: {error}.") from error
    except walk.Refused as error:
        raise errors.Refused(str(error)) from error
    except walk.Broken as error:
        raise errors.Unmet(f"{url} breaks the contract: {error}.") from error
    finally:
        way.close()


@click.command("pull")
@click.argument("url")
@click.option("--shop", required=True, help="The shop's domain.")
@settings.option("importer-key", "--key")
@scopes.option
@click.option(
    "--removed", is_flag=True,
    help="Import what was removed instead: ids, dates and reasons, with commits of their own.",
)  # fmt: skip
@click.option(
    "--mode", type=click.Choice(("cursor", "page")), default="cursor", show_default=True,
    help="Ask for the next page by cursor or by number.",
)  # fmt: skip
@click.option(
    "--page-size", type=click.IntRange(1), default=250, show_default=True, help="Records a page."
)
@click.option(
    "--commit", type=click.Choice(("each", "end", "never")), default="each", show_default=True,
    help="Confirm each page, the whole walk at its end, or nothing.",
)  # fmt: skip
@click.option(
    "--out", type=_FILE,
    help="Write the records here, as JSON Lines, or as Parquet where it ends in .parquet; "
    "replaced where it exists.",
)  # fmt: skip
@click.option(
    "--state", "state_file", type=_FILE,
    help="Keep here where the import stands, so that a killed one goes on. Gone when all is "
    "done.  [default: OUT.state, where there is an --out]",
)  # fmt: skip
@click.option(
    "--wait", "wait_s", type=click.FloatRange(0), default=300.0, show_default=True,
    help="Seconds to spend in all on waiting, after 429, 503 and a broken connection.",
)  # fmt: skip
@output.json_option
def command(
    url: str,
    shop: str,
    importer_key: str,
    scope: str,
    removed: bool,
    mode: walk.Mode,
    page_size: int,
    commit: importing.Commit,
    out: pathlib.Path | None,
    state_file: pathlib.Path | None,
    wait_s: float,
    as_json: bool,
) -> None:
    """Imports a scope of the callback at URL: stores each page, then commits it.

    URL is the base: the scope's path is put behind it. What is killed goes on
    where it was when the same is asked again. A record that breaks the contract
    is kept and counted, and the end is exit code 1. Apply what one list gives
    before asking the other again: an id stands in one of them.

    \b
    Example:
      pullfeed pull http://127.0.0.1:8080 --shop shop.example --scope customer \\
        --out customers.jsonl
    """
    lines = parquet.lines_of(out)
    if out and state_file is None:
        state_file = out.with_name(f"{out.name}.state")
    kind = contract.SCOPES[scope].removed if removed else contract.SCOPES[scope]
    order = importing.Order(kind, shop, mode, page_size, commit, lines, state_file)
    with reached(url, importer_key) as way:
        stands = _imported(patience.Patient(way, wait_s), order)
    if out and lines and lines != out:
        parquet.convert(lines, out, kind.shape)
    _conclude(stands, as_json=as_json)


def _imported(way: transport.Transport, order: importing.Order) -> state.State:
    """The import with its progress; what its files do not allow becomes a Failure."""
    began = time.monotonic()
    count = 0
    with output.bar(f"pull {order.scope.name}", None, "records") as advance:

        def seen(page: walk.Page) -> None:
            nonlocal count
            count += len(page.records)
            rate = count / max(time.monotonic() - began, 1e-9)
            advance(len(page.records), f"page {page.number}, {rate:.0f} a second,")

        try:
            return importing.run(way, order, seen)
        except (state.Unreadable, copy.Shrunk) as error:
            raise errors.Misused(f"{error}.") from error
        except OSError as error:
            name = error.filename or order.out
            raise errors.Environment(f"{name} cannot be written: {error.strerror}.") from error


def _conclude(stands: state.State, *, as_json: bool) -> None:
    told = {
        "pages": stands.pages,
        "records": stands.records,
        "invalid": stands.invalid_records,
        "commits": stands.commits,
        "position": stands.position,
    }
    output.rows([told], tuple(told), as_json=as_json)
    if stands.invalid_records:
        rules = ", ".join(f"{count} {rule}" for rule, count in sorted(stands.invalid.items()))
        raise errors.Unmet(f"{stands.invalid_records} records break the contract: {rules}.")
