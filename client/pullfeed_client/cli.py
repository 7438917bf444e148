"""The `pullfeed` command: its commands, and the settings file they share."""

from __future__ import annotations

import click

from pullfeed_client import (
    approve,
    check,
    config,
    deliveries,
    erasures,
    errors,
    explain,
    importers,
    keys,
    ledger,
    load,
    moves,
    notices,
    pull,
    rejected,
    rewind,
    sample,
    serve,
    settings,
    simulate,
    trial,
)
from pullfeed_client.audit import command as audit
from pullfeed_client.drafting import command as drafting
from pullfeed_client.sync import command as syncing


@click.group(
    epilog=errors.EXIT_CODES + "\n\n\b\nShell completion, for bash (zsh and fish alike):\n"
    '  eval "$(_PULLFEED_COMPLETE=bash_source pullfeed)"',
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="pullfeed")
@click.option(
    "--config",
    "config_file",
    envvar=settings.FILE_VARIABLE,
    show_envvar=True,
    help="Settings file, TOML. Else ./pullfeed.toml, where there is one.",
)
@click.pass_context
def main(ctx: click.Context, config_file: str | None) -> None:
    """Hands a shop's customers, orders and products to an importer that pulls them.

    \b
    Example:
      pullfeed try              see it work, from an empty folder
      pullfeed serve            serve this folder's shops
    """
    ctx.obj = config_file
    ctx.default_map = settings.default_map(main, settings.from_file(config_file))


for command in (
    serve.command,
    trial.command,
    sample.command,
    load.command,
    syncing.command,
    approve.command,
    audit.command,
    drafting.command,
    pull.command,
    check.command,
    simulate.command,
    keys.group,
    importers.group,
    rewind.command,
    ledger.shops,
    ledger.withheld,
    erasures.erase,
    erasures.lift,
    explain.command,
    deliveries.command,
    rejected.group,
    notices.group,
    moves.command,
    config.group,
):
    main.add_command(command)
