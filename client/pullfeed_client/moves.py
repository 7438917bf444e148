"""`pullfeed copy`: shops from one database to another, moved by the core's own program."""

from __future__ import annotations

import os
import pathlib
import sys
from collections.abc import Iterator

import click

from pullfeed_client import errors, serve

_MODULE = "pullfeed_server"


@click.command("copy", epilog=errors.EXIT_CODES)
@click.option("--from", "source", required=True, help="URL of the database that has the shops.")
@click.option("--to", "target", required=True, help="URL of the one that is to have them.")
@click.option("--shop", "shops", multiple=True, help="A shop; may be repeated. Without: all.")
@click.option(
    "--secrets-file",
    type=click.Path(path_type=pathlib.Path, dir_okay=False),
    help="Write PULLFEED_SECRETS for the target's cores to this new file.",
)
@click.option(
    "--new-epoch",
    is_flag=True,
    help="Also into a database with an epoch of its own: cursors and tokens of the shops end.",
)
@click.option(
    "--undo",
    is_flag=True,
    help="Empty what was not opened in the target; if frozen for it, the source serves again.",
)
@click.pass_obj
def command(
    config_file: str | None,
    source: str,
    target: str,
    shops: tuple[str, ...],
    secrets_file: pathlib.Path | None,
    *,
    new_epoch: bool,
    undo: bool,
) -> None:
    """Moves shops to another database while they are served.

    Opens both databases itself; the source's core goes on, and where the target is a
    file, nobody serves that yet. At the end the source answers 503 (SHOP_MOVED) for a
    shop, and the target serves it; cursors, page walks and commit tokens go on there.
    A copy that was broken off goes on when it is run again.

    \b
    Example:
      pullfeed copy --from sqlite:///.pullfeed/pullfeed.db \\
        --to postgresql://pullfeed@db.example/pullfeed --secrets-file target.env
    """
    said = ["--from", source, "--to", target, *_each("--shop", shops)]
    said += _each("--secrets-file", [str(secrets_file)] if secrets_file else [])
    said += [flag for flag, is_set in (("--new-epoch", new_epoch), ("--undo", undo)) if is_set]
    # Only the core's own program knows databases. It takes this one's place, so that what it
    # says, its end and every signal are its own.
    program = [sys.executable, "-m", _MODULE, "copy", *said]
    os.execve(sys.executable, program, serve.environment(config_file, {}))  # noqa: S606


def _each(flag: str, values: tuple[str, ...] | list[str]) -> Iterator[str]:
    for value in values:
        yield from (flag, value)
