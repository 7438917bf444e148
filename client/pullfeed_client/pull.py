"""`pullfeed pull`: walks a scope of any callback URL as an importer would, and commits."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
from collections.abc import Callable, Generator
from typing import IO, Literal

import click

from pullfeed_client import errors, output, scopes, settings
from pullfeed_client.importer import transport, walk

Commit = Literal["each", "end", "never"]


@dataclasses.dataclass
class Outcome:
    """What a walk brought. position: where the last commit stands; None without one."""

    pages: int = 0
    records: int = 0
    commits: int = 0
    position: int | None = None


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


def follow(
    way: transport.Transport,
    feed: walk.Feed,
    *,
    mode: walk.Mode,
    page_size: int,
    commit: Commit,
    apply: Callable[[walk.Page], None],
) -> Outcome:
    """One whole walk. apply: makes a page's records durable; only then are they committed."""
    outcome = Outcome()
    for page in walk.pages(way, feed, mode, page_size):
        apply(page)
        outcome.pages += 1
        outcome.records += len(page.records)
        if commit == "each" or (commit == "end" and not page.has_next_page):
            outcome.position = walk.commit(way, feed, page).position
            outcome.commits += 1
    return outcome


@click.command("pull")
@click.argument("url")
@click.option("--shop", required=True, help="The shop's domain.")
@settings.option("importer-key", "--key")
@scopes.option
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
    "--out", type=click.Path(dir_okay=False, path_type=pathlib.Path),
    help="Write the records here, as JSON Lines; replaced where it exists.",
)  # fmt: skip
@output.json_option
def command(
    url: str,
    shop: str,
    importer_key: str,
    scope: str,
    mode: walk.Mode,
    page_size: int,
    commit: Commit,
    out: pathlib.Path | None,
    as_json: bool,
) -> None:
    """Walks a scope of the callback at URL, and commits what it got.

    URL is the base: the scope's path is put behind it.

    \b
    Example:
      pullfeed pull http://127.0.0.1:8080 --shop shop.example --scope customer \\
        --out customers.jsonl
    """
    feed = walk.Feed(f"/{scopes.KINDS[scope].plural}", shop)
    with (
        reached(url, importer_key) as way,
        _written(out) as write,
        output.bar(f"pull {scope}", None, "records") as advance,
    ):

        def apply(page: walk.Page) -> None:
            write(page)
            advance(len(page.records))

        outcome = follow(way, feed, mode=mode, page_size=page_size, commit=commit, apply=apply)
    told = dataclasses.asdict(outcome)
    output.rows([told], tuple(told), as_json=as_json)


@contextlib.contextmanager
def _written(out: pathlib.Path | None) -> Generator[Callable[[walk.Page], None]]:
    """What writes a page durably; does nothing where no file is asked for."""
    if out is None:
        yield lambda _page: None
        return
    try:
        with out.open("wb") as file:
            yield lambda page: _write(file, page)
    except OSError as error:
        raise errors.Environment(f"{out} cannot be written: {error.strerror}.") from error


def _write(file: IO[bytes], page: walk.Page) -> None:
    for record in page.records:
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        # A lone surrogate goes out as the JSON escape it came as.
        file.write(f"{line}\n".encode(errors="backslashreplace"))
    file.flush()
    # A commit says "stored": the file must survive a power cut by then.
    os.fsync(file.fileno())
