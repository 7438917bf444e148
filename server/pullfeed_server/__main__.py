"""The command pullfeed-server: serves the core, prepares its database, tells its settings."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from typing import Any

import click
import orjson
from click.core import ParameterSource

from pullfeed_server import app, errors, log, maintenance, processor, settings
from pullfeed_server.moving import command as moving
from pullfeed_server.store import dialects

_ORIGINS = {
    ParameterSource.COMMANDLINE: "flag",
    ParameterSource.ENVIRONMENT: "environment",
    ParameterSource.DEFAULT_MAP: "file",
}
_MASK = "…"
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# Between tries to open a database that is away; doubled each time.
_FIRST_PAUSE_S, _LAST_PAUSE_S = 0.5, 10.0

_log = logging.getLogger(__name__)


def _load_file(context: click.Context, _: click.Parameter, path: str | None) -> None:
    context.default_map = settings.from_file(path)


@click.group(invoke_without_command=True)
@click.option(
    "--config",
    envvar="PULLFEED_CONFIG",
    is_eager=True,
    expose_value=False,
    callback=_load_file,
    help="A TOML file with a table [core]; ./pullfeed.toml where it exists.",
)
@click.version_option(package_name="pullfeed")
@click.pass_context
def command(context: click.Context, /, **values: Any) -> None:
    """Serve the core of pullfeed over gRPC until SIGTERM or Ctrl-C.

    Example: pullfeed-server --listen 127.0.0.1:50051
    """
    if context.invoked_subcommand is None:
        serve(settings.Settings(**values))


command.params.extend(settings.options())
command.add_command(moving.command)


@command.command("settings")
@click.pass_context
def tell_settings(context: click.Context) -> None:
    """Print every setting with its value and where it came from, as JSON lines.

    Example: pullfeed-server settings
    """
    for setting in settings.SETTINGS:
        click.echo(orjson.dumps(_told(context.find_root(), setting)))


@command.command()
@click.option("--check", is_flag=True, help="Change nothing: exit code 3 where it is needed.")
@click.option("--sql", is_flag=True, help="Print the SQL for an empty database, and run nothing.")
@click.option("--citus", is_flag=True, help="Also spread the tables over the nodes of a Citus.")
@click.pass_context
def migrate(context: click.Context, *, check: bool, sql: bool, citus: bool) -> None:
    """Bring the tables of the database to this version; forward only.

    Example: pullfeed-server --database postgresql://pullfeed@db.example/pullfeed migrate
    """
    url = context.find_root().params["database"]
    if sql:
        click.echo(maintenance.script(url, to_citus=citus), nl=False)
    elif check:
        click.echo(f"The database has schema version {maintenance.check(url, to_citus=citus)}.")
    else:
        before, after = maintenance.migrate(url, to_citus=citus)
        click.echo(f"The database has schema version {after}{', as before' * (before == after)}.")


@command.command()
@click.pass_context
def reapply(context: click.Context) -> None:
    """Have what is stored judged by this version's rules; to be run once every core is of it.

    Cores do so in the background: a record that breaks a rule now is withheld and leaves
    a tombstone. Older cores answer UNAVAILABLE for each feed that is done.

    Example: pullfeed-server reapply
    """
    before, after = maintenance.reapply(context.find_root().params["database"])
    click.echo(f"Feeds are brought to rules {after}{', as before' * (before == after)}.")


@command.command()
@click.pass_context
def restored(context: click.Context) -> None:
    """Say that the database was restored from a copy; to be run before a core serves it.

    Begins a new epoch: what importers were given since the copy was made counts no
    longer, and no position is given twice. Their next walk begins at page 1.

    Example: pullfeed-server restored
    """
    maintenance.restored(context.find_root().params["database"])
    click.echo("A new epoch has begun: cursors, tokens and page walks from before it end.")


def serve(chosen: settings.Settings) -> None:
    """Serves until a signal ends it. Raises Unusable."""
    log.configure(chosen.log_level)
    is_shared = dialects.is_shared(chosen.database)
    processor.settle(chosen.processor, "" if is_shared else chosen.database)
    # Blocked before the first thread is made, which inherits this: a signal that another
    # thread took would not wake the one that waits for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    core = _built(chosen)
    if core is None:
        return
    core.start()
    if chosen.allow_anonymous:
        _log.warning("Feeds are served without a key (setting allow-anonymous).")
    click.echo(f"pullfeed-server ready on {core.address}")
    signal.sigwait(_STOP_SIGNALS)
    core.stop()


def _built(chosen: settings.Settings) -> app.App | None:
    """The core, once its database answers; None where a signal came first. Raises Unusable."""
    until_s = time.monotonic() + chosen.database_wait_s
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return app.build(chosen)
        except errors.DatabaseAway as error:
            if time.monotonic() + pause_s > until_s:
                raise
            _log.warning("%s Trying again in %s s.", error.message, pause_s)
        if signal.sigtimedwait(_STOP_SIGNALS, pause_s) is not None:
            return None
        pause_s = min(2 * pause_s, _LAST_PAUSE_S)


def main() -> None:
    """Runs the command. Exit codes: 0 done, 2 usage, 3 environment."""
    # The database holds personal data: what is made here is its owner's alone.
    os.umask(0o077)
    try:
        command()
    except errors.Unusable as error:
        click.echo(f"pullfeed-server: {error.message}", err=True)
        sys.exit(3)


def _told(context: click.Context, setting: settings.Setting) -> dict[str, Any]:
    parameter = setting.name.replace("-", "_")
    source = context.get_parameter_source(parameter)
    value = context.params[parameter]
    return {
        "process": settings.TABLE,
        "name": setting.name,
        "value": _shown(setting, value),
        "origin": _ORIGINS.get(source, "default") if source else "default",
        "env": setting.env,
        "help": setting.help,
    }


def _shown(setting: settings.Setting, value: Any) -> Any:
    if setting.secret and value:
        return _MASK
    return dialects.masked(value) if setting.name == "database" else value


if __name__ == "__main__":
    main()
