"""`pullfeed serve`: core and facade, started and stopped as one."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
from collections.abc import Generator, Mapping

import click

from pullfeed_client import children, settings


@dataclasses.dataclass(frozen=True)
class Served:
    """What serves, and where. core: host:port to dial. url: base of the callback URLs."""

    core: str
    url: str
    processes: children.Children


@contextlib.contextmanager
def serving(env: Mapping[str, str], folder: pathlib.Path) -> Generator[Served]:
    """Core and facade, ready, for as long as the block lasts.

    env: their whole environment. folder: where they run, and look for their
    settings file. A child that ends by itself while the block waits for it ends
    the command with the child's exit code.
    """
    with children.Children(folder) as processes:
        try:
            core = _dialled(processes.start(children.CORE, env))
            # Whatever the facade's own settings say: it serves this core.
            url = _dialled(processes.start(children.FACADE, {**env, "PULLFEED_CORE": core}))
            yield Served(core, url, processes)
        except children.Ended as error:
            if error.was_ready:
                click.echo(f"{error}; the other one was stopped.", err=True)
            raise click.exceptions.Exit(error.exit_code) from error


def environment(config_file: str | None, changes: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child: this one's, with the settings file and the changes."""
    named = {settings.FILE_VARIABLE: config_file} if config_file else {}
    return {**os.environ, **named, **changes}


@click.command("serve")
@click.option("--database", help="SQLAlchemy URL of the database.  [PULLFEED_DATABASE]")
@click.option("--core-listen", help="Address of the core.  [PULLFEED_CORE_LISTEN]")
@click.option("--http-listen", help="Address for importers.  [PULLFEED_HTTP_LISTEN]")
@click.pass_obj
def command(
    config_file: str | None,
    database: str | None,
    core_listen: str | None,
    http_listen: str | None,
) -> None:
    """Serves until Ctrl-C: the core, and the HTTP facade in front of it.

    When one of the two ends, the other is stopped, and serve ends with the exit
    code of the first. Starting again is the work of systemd or a container. Every
    other setting comes from the environment or the settings file, for example
    PULLFEED_METRICS_LISTEN=127.0.0.1:9464 for numbers that Prometheus collects.

    \b
    Example:
      pullfeed serve --http-listen 0.0.0.0:8080
    """
    said = {
        "PULLFEED_DATABASE": database,
        "PULLFEED_CORE_LISTEN": core_listen,
        "PULLFEED_HTTP_LISTEN": http_listen,
    }
    changes = {name: value for name, value in said.items() if value is not None}
    env = environment(config_file, changes)
    with until_stopped(), serving(env, pathlib.Path()) as served:
        click.echo(f"pullfeed serves {served.url} (core {served.core}); Ctrl-C stops it")
        served.processes.wait()


@contextlib.contextmanager
def until_stopped() -> Generator[None]:
    """Takes a Ctrl-C or SIGTERM as the good end it is here."""
    with contextlib.suppress(KeyboardInterrupt):
        yield


def _dialled(address: str) -> str:
    """The address as a caller on this machine uses it: one that listens everywhere is here."""
    return address.replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:")
