"""The facade's settings: one table, read once, passed on as a value."""

from __future__ import annotations

import dataclasses
import pathlib
import tomllib
from collections.abc import Callable
from typing import Any, NamedTuple

import click

from pullfeed_facade import errors

TABLE = "facade"
MAX_PORT = 65535


class Address(NamedTuple):
    """Where HTTP is served."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def address(text: str) -> Address:
    """host:port as an Address; an IPv6 host stands in brackets."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > MAX_PORT:
        raise click.BadParameter(f"{text!r} is not host:port, for example 127.0.0.1:8080.")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def path(text: str) -> str:
    """A path that begins with a slash, or nothing; without a slash at its end."""
    kept = text.rstrip("/")
    if (kept and not kept.startswith("/")) or any(sign in kept for sign in "<>?# "):
        raise click.BadParameter(f"{text!r} is not a path, for example /pull.")
    return kept


@dataclasses.dataclass(frozen=True)
class Setting:
    """One setting: its flag is --name, its key in the TOML table is name."""

    name: str
    env: str
    kind: click.ParamType[Any, Any] | Callable[[str], Any]
    default: Any
    help: str
    secret: bool = False


SETTINGS = (
    Setting(
        "listen",
        "PULLFEED_HTTP_LISTEN",
        address,
        "127.0.0.1:8080",
        "Address and port of the HTTP service; port 0 takes a free one.",
    ),
    Setting(
        "core",
        "PULLFEED_CORE",
        click.STRING,
        "127.0.0.1:50051",
        "Address and port of the core's gRPC services.",
    ),
    Setting(
        "workers",
        "PULLFEED_HTTP_WORKERS",
        click.IntRange(1, 256),
        1,
        "Processes that serve HTTP; one a processor is a good number.",
    ),
    Setting(
        "threads",
        "PULLFEED_HTTP_THREADS",
        click.IntRange(1, 256),
        8,
        "Requests a process serves at the same time; a client that stalls holds one of them.",
    ),
    Setting(
        "url-prefix",
        "PULLFEED_URL_PREFIX",
        path,
        "",
        "Path before /customers, /orders and /products, for example /pull.",
    ),
    Setting(
        "deadline-s",
        "PULLFEED_DEADLINE_S",
        click.FloatRange(0.01, 600),
        8.0,
        "Seconds the core has to answer one request.",
    ),
    Setting(
        "max-body-bytes",
        "PULLFEED_MAX_BODY_BYTES",
        click.IntRange(1, 2**30),
        65536,
        "Longest request body that is read, in bytes.",
    ),
    Setting(
        "log-level",
        "PULLFEED_LOG_LEVEL",
        click.Choice(("debug", "info", "warning", "error")),
        "info",
        "Least level that is logged; info logs one line a request.",
    ),
)


@dataclasses.dataclass(frozen=True)
class Settings:
    """The values of one start."""

    listen: Address
    core: str
    workers: int
    threads: int
    url_prefix: str
    deadline_s: float
    max_body_bytes: int
    log_level: str


def options() -> list[click.Parameter]:
    """The table as click options; flags win over the environment, that over the file."""
    return [
        click.Option(
            [f"--{setting.name}"],
            envvar=setting.env,
            type=setting.kind,
            default=setting.default,
            help=setting.help,
            show_default=True,
            show_envvar=True,
        )
        for setting in SETTINGS
    ]


def from_file(path: str | None) -> dict[str, Any]:
    """The facade's table of a TOML file, keyed as click's default_map wants it.

    path: None looks for ./pullfeed.toml, and that may be absent.
    Raises Unusable where the file cannot be read or names an unknown setting.
    """
    file = pathlib.Path(path or "pullfeed.toml")
    if path is None and not file.exists():
        return {}
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get(TABLE, {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise errors.Unusable(f"The settings file {file} cannot be read: {error}") from error
    known = {setting.name for setting in SETTINGS}
    for name in table:
        if name not in known:
            raise errors.Unusable(f"{file}: there is no setting {name!r} in [{TABLE}].")
    return {name.replace("-", "_"): value for name, value in table.items()}
