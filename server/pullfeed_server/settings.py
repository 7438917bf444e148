"""The core's settings: one table, read once, passed on as a value."""

from __future__ import annotations

import dataclasses
import pathlib
import tomllib
from typing import Any, cast

import click

from pullfeed_server import errors

TABLE = "core"


@dataclasses.dataclass(frozen=True)
class Setting:
    """One setting: its flag is --name, its key in the TOML table is name."""

    name: str
    env: str
    kind: click.ParamType[Any] | type
    default: Any
    help: str
    secret: bool = False


SETTINGS = (
    Setting(
        "listen",
        "PULLFEED_CORE_LISTEN",
        str,
        "127.0.0.1:50051",
        "Address and port of the gRPC services; port 0 takes a free one.",
    ),
    Setting(
        "database",
        "PULLFEED_DATABASE",
        str,
        "sqlite:///.pullfeed/pullfeed.db",
        "SQLAlchemy URL of the database: sqlite:///PATH, or postgresql://USER@HOST/NAME.",
    ),
    Setting(
        "secrets",
        "PULLFEED_SECRETS",
        str,
        "",
        "Secrets that sign cursors, comma-separated, 32 characters or more each: the first "
        "signs, all verify. Empty: made at the first start and kept beside the SQLite file; "
        "PostgreSQL needs them given, the same for every core.",
        secret=True,
    ),
    Setting(
        "operator-key-file",
        "PULLFEED_OPERATOR_KEY_FILE",
        str,
        "",
        "Where the first start writes the operator key. Empty: operator.key beside the SQLite "
        "file, or in ./.pullfeed on PostgreSQL.",
    ),
    Setting(
        "allow-anonymous",
        "PULLFEED_ALLOW_ANONYMOUS",
        bool,
        False,
        "Serve feeds without a key, to one importer named anonymous.",
    ),
    Setting(
        "threads",
        "PULLFEED_CORE_THREADS",
        click.IntRange(1, 256),
        8,
        "Calls served at the same time; half as many exports come on top. On PostgreSQL each "
        "may have a connection.",
    ),
    Setting(
        "hold-days",
        "PULLFEED_HOLD_DAYS",
        click.IntRange(1, 3650),
        7,
        "Days after which removals that nobody approved are forgotten.",
    ),
    Setting(
        "metrics-listen",
        "PULLFEED_METRICS_LISTEN",
        str,
        "",
        "Address and port of the numbers for Prometheus over HTTP; port 0 takes a free one. "
        "Empty: none.",
    ),
    Setting(
        "silent-after-hours",
        "PULLFEED_SILENT_AFTER_HOURS",
        click.FloatRange(0, 24 * 365),
        24.0,
        "Hours that an importer gets to confirm what it was served, before it counts as silent.",
    ),
    Setting(
        "ledger-retention-days",
        "PULLFEED_LEDGER_RETENTION_DAYS",
        click.FloatRange(0, 36500, min_open=True),
        30.0,
        "Days that the ledger keeps what was served and when it was confirmed.",
    ),
    Setting(
        "notice-timeout-s",
        "PULLFEED_NOTICE_TIMEOUT_S",
        click.FloatRange(0.1, 30),
        10.0,
        "Seconds an importer's server has to answer a notice; then it is sent again.",
    ),
    Setting(
        "notice-give-up-hours",
        "PULLFEED_NOTICE_GIVE_UP_HOURS",
        click.FloatRange(0, 24 * 365),
        24.0,
        "Hours after its first call in which a notice to an importer is sent again; then it is "
        "given up and holds up those behind it.",
    ),
    Setting(
        "database-wait-s",
        "PULLFEED_DATABASE_WAIT_S",
        click.FloatRange(0, 3600),
        60.0,
        "Seconds the core tries again at start while PostgreSQL does not answer.",
    ),
    Setting(
        "grace-s",
        "PULLFEED_GRACE_S",
        click.FloatRange(0, 600),
        10.0,
        "Seconds that calls in flight get to end when the core is stopped.",
    ),
    Setting(
        "log-level",
        "PULLFEED_LOG_LEVEL",
        click.Choice(("debug", "info", "warning", "error")),
        "info",
        "Least level that is logged; info logs one line a call.",
    ),
    Setting(
        "erasure-journal",
        "PULLFEED_ERASURE_JOURNAL",
        str,
        "",
        "File that notes what was erased; each start does again what a restored database does "
        "not know. Empty: erasures.jsonl beside the SQLite file, or in ./.pullfeed on PostgreSQL.",
    ),
    Setting(
        "tombstone-retention-days",
        "PULLFEED_TOMBSTONE_RETENTION_DAYS",
        click.IntRange(0, 36_500),
        0,
        "Days that the tombstones of removed records are kept; 0 keeps them for ever. "
        "Those of erasures and refused consents always are.",
    ),
    Setting(
        "processor",
        "PULLFEED_CORE_PROCESSOR",
        str,
        "auto",
        "Number of the one processor the core runs on, which serves more pages than many do; "
        "any: no one in particular. auto: one drawn for the SQLite file; any on PostgreSQL, "
        "where several cores may share a machine. Linux only.",
    ),
)


@dataclasses.dataclass(frozen=True)
class Settings:
    """The values of one start."""

    listen: str
    database: str
    secrets: str
    operator_key_file: str
    allow_anonymous: bool
    threads: int
    hold_days: int
    metrics_listen: str
    silent_after_hours: float
    ledger_retention_days: float
    notice_timeout_s: float
    notice_give_up_hours: float
    database_wait_s: float
    grace_s: float
    log_level: str
    erasure_journal: str = ""
    tombstone_retention_days: int = 0
    processor: str = "auto"


def options() -> list[click.Option]:
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
    """The core's table of a TOML file, keyed as click's default_map wants it.

    path: None looks for ./pullfeed.toml, and that may be absent.
    Raises Unusable where the file cannot be read or names an unknown setting.
    """
    file = pathlib.Path(path or "pullfeed.toml")
    if path is None and not file.exists():
        return {}
    try:
        found: object = tomllib.loads(file.read_text(encoding="utf-8")).get(TABLE, {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise errors.Unusable(f"The settings file {file} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise errors.Unusable(f"{file}: {TABLE} must be a table, [{TABLE}].")
    table = cast("dict[str, Any]", found)
    known = {setting.name for setting in SETTINGS}
    for name in table:
        if name not in known:
            raise errors.Unusable(f"{file}: there is no setting {name!r} in [{TABLE}].")
    return {name.replace("-", "_"): value for name, value in table.items()}
