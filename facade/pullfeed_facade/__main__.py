"""`pullfeed-facade`: serves the importer's contract over HTTP."""

from __future__ import annotations

import sys
from typing import Any

import click
import orjson
from click.core import ParameterSource

from pullfeed_facade import errors, serving, settings

ENVIRONMENT_FAULT = 3

ORIGINS = {
    ParameterSource.COMMANDLINE: "flag",
    ParameterSource.ENVIRONMENT: "environment",
    ParameterSource.DEFAULT_MAP: "file",
}

EXAMPLE = """Serves the importer's contract over HTTP, in front of a pullfeed core.

\b
Example:
  pullfeed-facade --listen 127.0.0.1:8080 --core 127.0.0.1:50051
"""


def read_file(context: click.Context, _: click.Parameter, path: str | None) -> None:
    """Makes the file's values the defaults of all options."""
    context.default_map = settings.from_file(path)


CONFIG = click.Option(
    ["--config"],
    envvar="PULLFEED_CONFIG",
    type=click.Path(),
    callback=read_file,
    is_eager=True,
    expose_value=False,
    help="TOML file with a table [facade]; else ./pullfeed.toml where it exists.",
    show_envvar=True,
)


@click.pass_context
def serve(context: click.Context, /, **values: Any) -> None:
    """Serves, unless a subcommand is given."""
    if context.invoked_subcommand is None:
        serving.serve(settings.Settings(**values))


@click.command("settings", help="Prints each setting with its value and origin, as JSON lines.")
@click.pass_context
def show_settings(context: click.Context) -> None:
    started = context.find_root()
    for setting in settings.SETTINGS:
        field = setting.name.replace("-", "_")
        source = started.get_parameter_source(field)
        line = {
            "process": settings.TABLE,
            "name": setting.name,
            "value": _shown(setting, started.params[field]),
            "origin": ORIGINS.get(source, "default") if source else "default",
            "env": setting.env,
            "help": setting.help,
        }
        click.echo(orjson.dumps(line))


def _shown(setting: settings.Setting, value: Any) -> Any:
    if isinstance(value, settings.Address):
        return str(value)
    return "…" if setting.secret and value else value


command = click.Group(
    "pullfeed-facade",
    callback=serve,
    params=[CONFIG, *settings.options()],
    commands=[show_settings],
    help=EXAMPLE,
    invoke_without_command=True,
)
command = click.version_option(package_name="pullfeed")(command)


def main() -> None:
    try:
        command()
    except errors.Unusable as error:
        click.echo(error, err=True)
        sys.exit(ENVIRONMENT_FAULT)


if __name__ == "__main__":
    main()
