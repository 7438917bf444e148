"""The client's settings: one table, used for the flags of every command."""

from __future__ import annotations

import dataclasses
import pathlib
import tomllib
from collections.abc import Callable
from typing import Any, TypeVar

import click

from pullfeed_client import errors

TABLE = "client"
FILE_VARIABLE = "PULLFEED_CONFIG"

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclasses.dataclass(frozen=True)
class Setting:
    """One setting: its flag is --name, its key in the TOML table is name."""

    name: str
    env: str
    kind: click.ParamType[Any] | type
    default: Any
    help: str
    secret: bool = False

    @property
    def parameter(self) -> str:
        """The name a command's function knows it by."""
        return self.name.replace("-", "_")


SETTINGS = (
    Setting("core", "PULLFEED_CORE", str, "127.0.0.1:50051", "Address of the core."),
    Setting(
        "key",
        "PULLFEED_KEY",
        str,
        "",
        "Key for the core. Empty: the one in the operator key file.",
        secret=True,
    ),
    Setting(
        "operator-key-file",
        "PULLFEED_OPERATOR_KEY_FILE",
        str,
        ".pullfeed/operator.key",
        "The operator key that the core's first start wrote.",
    ),
    Setting(
        "sync-state",
        "PULLFEED_SYNC_STATE",
        str,
        ".pullfeed/sync.db",
        "File in which `sync` remembers how far it came.",
    ),
    Setting(
        "importer-key",
        "PULLFEED_IMPORTER_KEY",
        str,
        "",
        "Key that `pull` sends as X-Api-Key. Empty: none.",
        secret=True,
    ),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}


def option(name: str, flag: str | None = None) -> Callable[[Function], Function]:
    """A setting as a click option; flag: its flag where it is not --name."""
    setting = _BY_NAME[name]
    return click.option(
        flag or f"--{setting.name}",
        setting.parameter,
        envvar=setting.env,
        type=setting.kind,
        default=setting.default,
        help=setting.help,
        show_default=bool(setting.default),
        show_envvar=True,
    )


def from_file(path: str | None) -> dict[str, Any]:
    """The client's table of a TOML file, by parameter name.

    path: None looks for ./pullfeed.toml, and that may be absent.
    Raises Misused where the file cannot be read or names an unknown setting.
    """
    file = pathlib.Path(path or "pullfeed.toml")
    if path is None and not file.exists():
        return {}
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get(TABLE, {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise errors.Misused(f"The settings file {file} cannot be read: {error}") from error
    for name in table:
        if name not in _BY_NAME:
            raise errors.Misused(f"{file}: there is no setting {name!r} in [{TABLE}].")
    return {_BY_NAME[name].parameter: value for name, value in table.items()}


def default_map(group: click.Group, values: dict[str, Any]) -> dict[str, Any]:
    """The values as click wants them: once for every command, groups nested."""
    return values | {
        name: default_map(command, values) if isinstance(command, click.Group) else values
        for name, command in group.commands.items()
    }
