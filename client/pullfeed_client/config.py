"""`pullfeed config`: which value each setting has, and where it came from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import click
from click.core import ParameterSource

from pullfeed_client import errors, output, settings

_ORIGINS = {
    ParameterSource.COMMANDLINE: "flag",
    ParameterSource.ENVIRONMENT: "environment",
    ParameterSource.DEFAULT_MAP: "file",
}
_PROCESSES = ("pullfeed_server", "pullfeed_facade")
_MASK = "…"


@click.group("config")
def group() -> None:
    """Settings of core, facade and client.

    \b
    Example:
      pullfeed config show --json
    """


def _with_all_settings(command: settings.Function) -> settings.Function:
    for setting in settings.SETTINGS:
        command = settings.option(setting.name)(command)
    return command


@group.command()
@output.json_option
@_with_all_settings
@click.pass_context
def show(ctx: click.Context, /, as_json: bool, **values: str) -> None:
    """Value and origin of every setting; secrets are masked.

    \b
    Example:
      pullfeed config show
    """
    found = [*_of_processes(ctx.obj), *_own(ctx, values)]
    columns = ("process", "name", "value", "origin", "env", "help")
    output.rows(found, columns if as_json else columns[:5], as_json=as_json)


def _of_processes(config_file: str | None) -> Iterator[output.Row]:
    """What core and facade say of themselves: only they know their tables."""
    env = os.environ | ({settings.FILE_VARIABLE: config_file} if config_file else {})
    for module in _PROCESSES:
        told = subprocess.run(
            [sys.executable, "-m", module, "settings"],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode:
            raise errors.Environment(f"{module} cannot tell its settings: {told.stderr.strip()}")
        yield from map(json.loads, told.stdout.splitlines())


def _own(ctx: click.Context, values: dict[str, str]) -> Iterator[output.Row]:
    for setting in settings.SETTINGS:
        source = ctx.get_parameter_source(setting.parameter) or ParameterSource.DEFAULT
        value = values[setting.parameter]
        yield {
            "process": settings.TABLE,
            "name": setting.name,
            "value": _MASK if setting.secret and value else value,
            "origin": _ORIGINS.get(source, "default"),
            "env": setting.env,
            "help": setting.help,
        }
