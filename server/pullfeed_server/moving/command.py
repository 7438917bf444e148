"""`pullfeed-server copy`: what an operator says of a move, and hears of it."""

from __future__ import annotations

import collections
import pathlib
import sys
import time

import click

from pullfeed_server.moving import plan

# Between lines about records where there is no terminal, and where there is one.
_LINE_S, _REFRESH_S = 5.0, 0.1


class _Progress:
    """Tells how far a copy is: in one line of a terminal, else in a line now and then."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._counts: collections.Counter[str] = collections.Counter()
        self._pause_s = _REFRESH_S if self._is_terminal else _LINE_S
        self._told_s = time.monotonic()

    def copied(self, shop: str, count: int) -> None:
        """See moving.plan.Told."""
        self._counts[shop] += count
        if time.monotonic() - self._told_s < self._pause_s:
            return
        self._told_s = time.monotonic()
        line = f"{shop}: {self._counts[shop]:,} records and tombstones copied"
        click.echo(
            f"\r{line}\033[K" if self._is_terminal else line, nl=not self._is_terminal, err=True
        )

    def say(self, sentence: str) -> None:
        """See moving.plan.Told."""
        if self._is_terminal:
            click.echo("\r\033[K", nl=False, err=True)
        click.echo(sentence)


@click.command("copy")
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
@click.pass_context
def command(
    context: click.Context,
    source: str,
    target: str,
    shops: tuple[str, ...],
    secrets_file: pathlib.Path | None,
    *,
    new_epoch: bool,
    undo: bool,
) -> None:
    """Move shops from one database to another while they are served.

    Ends with a freeze: from then on the source answers 503 for the shop, and the target
    serves it. A copy that was broken off goes on where it stopped when it is run again.

    Example: pullfeed-server copy --from sqlite:///.pullfeed/pullfeed.db
    --to postgresql://pullfeed@db.example/pullfeed --secrets-file target.env
    """
    if undo and not shops:
        raise click.UsageError("--undo takes the shops by name: --shop.")
    # Each once: the second move of a shop would write into what the first has opened.
    names = list(dict.fromkeys(shop.strip().lower() for shop in shops))
    secrets = context.find_root().params["secrets"]
    asked = plan.Plan(source, target, names, secrets, secrets_file, new_epoch)
    (plan.undo if undo else plan.run)(asked, _Progress())
