from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from pullfeed_server import __main__, errors, settings


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _file(text: str, name: str = "pullfeed.toml") -> str:
    pathlib.Path(name).write_text(text, encoding="utf-8")
    return name


def _told(*flags: str, **environment: str) -> dict[str, dict[str, Any]]:
    """What the command tells of each setting, by its name."""
    found = CliRunner().invoke(__main__.command, [*flags, "settings"], env=environment)
    assert found.exit_code == 0, found.output
    return {line["name"]: line for line in map(orjson.loads, found.output.splitlines())}


def test_the_table_is_what_is_documented() -> None:
    assert [(one.name, one.env, one.default) for one in settings.SETTINGS] == [
        ("listen", "PULLFEED_CORE_LISTEN", "127.0.0.1:50051"),
        ("database", "PULLFEED_DATABASE", "sqlite:///.pullfeed/pullfeed.db"),
        ("secrets", "PULLFEED_SECRETS", ""),
        ("operator-key-file", "PULLFEED_OPERATOR_KEY_FILE", ""),
        ("allow-anonymous", "PULLFEED_ALLOW_ANONYMOUS", False),
        ("threads", "PULLFEED_CORE_THREADS", 8),
        ("hold-days", "PULLFEED_HOLD_DAYS", 7),
        ("metrics-listen", "PULLFEED_METRICS_LISTEN", ""),
        ("silent-after-hours", "PULLFEED_SILENT_AFTER_HOURS", 24.0),
        ("ledger-retention-days", "PULLFEED_LEDGER_RETENTION_DAYS", 30.0),
        ("notice-timeout-s", "PULLFEED_NOTICE_TIMEOUT_S", 10.0),
        ("notice-give-up-hours", "PULLFEED_NOTICE_GIVE_UP_HOURS", 24.0),
        ("database-wait-s", "PULLFEED_DATABASE_WAIT_S", 60.0),
        ("grace-s", "PULLFEED_GRACE_S", 10.0),
        ("log-level", "PULLFEED_LOG_LEVEL", "info"),
        ("erasure-journal", "PULLFEED_ERASURE_JOURNAL", ""),
        ("tombstone-retention-days", "PULLFEED_TOMBSTONE_RETENTION_DAYS", 0),
        ("processor", "PULLFEED_CORE_PROCESSOR", "auto"),
    ]


def test_every_setting_has_a_field_and_a_help() -> None:
    fields = [field.name for field in dataclasses.fields(settings.Settings)]
    assert fields == [one.name.replace("-", "_") for one in settings.SETTINGS]
    assert all(one.help.endswith(".") for one in settings.SETTINGS)


def test_only_the_secrets_are_secret() -> None:
    assert [one.name for one in settings.SETTINGS if one.secret] == ["secrets"]


def test_every_setting_is_told_with_its_origin() -> None:
    told = _told()
    assert list(told) == [one.name for one in settings.SETTINGS]
    assert told["listen"] == {
        "process": "core",
        "name": "listen",
        "value": "127.0.0.1:50051",
        "origin": "default",
        "env": "PULLFEED_CORE_LISTEN",
        "help": settings.SETTINGS[0].help,
    }


def test_flags_win_over_the_environment_and_that_over_the_file() -> None:
    _file('[core]\nthreads = 2\nlisten = "127.0.0.1:2"\nlog-level = "error"\n')
    told = _told("--threads", "4", PULLFEED_CORE_THREADS="3", PULLFEED_CORE_LISTEN="127.0.0.1:3")
    found = {name: (one["value"], one["origin"]) for name, one in told.items()}
    assert found["threads"] == (4, "flag")
    assert found["listen"] == ("127.0.0.1:3", "environment")
    assert found["log-level"] == ("error", "file")
    assert found["grace-s"] == (10.0, "default")


def test_secrets_are_masked() -> None:
    told = _told(PULLFEED_SECRETS="x" * 32)
    assert told["secrets"]["value"] == "…"
    assert "x" * 32 not in str(told)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://ada:hush@db.example/pf", "postgresql://ada:***@db.example/pf"),
        (
            "postgresql://db.example/pf?user=ada&password=hush",
            "postgresql://db.example/pf?user=ada",
        ),
        ("postgresql://ada:h/u#s?h@db.example/pf", "postgresql://ada:***@db.example/pf"),
        ("postgresql://ada@db.example/pf", "postgresql://ada@db.example/pf"),
        ("ada:hush", "…"),
    ],
)
def test_the_password_of_a_database_is_masked(given: str, shown: str) -> None:
    told = _told(PULLFEED_DATABASE=given)["database"]
    assert told["value"] == shown
    assert "hush" not in str(told)


def test_secrets_that_are_not_set_are_told_as_empty() -> None:
    assert _told()["secrets"]["value"] == ""


def test_the_file_is_named_by_flag_or_environment() -> None:
    _file("[core]\nthreads = 2\n", "one.toml")
    assert _told("--config", "one.toml")["threads"]["value"] == 2
    assert _told(PULLFEED_CONFIG="one.toml")["threads"]["value"] == 2
    assert _told()["threads"]["value"] == 8


def test_the_tables_of_other_processes_are_left_alone() -> None:
    _file("[facade]\nanything = 1\n[core]\nthreads = 2\n")
    assert settings.from_file(None) == {"threads": 2}


def test_without_a_file_there_is_nothing() -> None:
    assert settings.from_file(None) == {}


def test_a_named_file_must_be_there() -> None:
    with pytest.raises(errors.Unusable, match=r"absent\.toml"):
        settings.from_file("absent.toml")


@pytest.mark.parametrize("text", ["[core", "core = 1", "core = [1]", "\x00"])
def test_a_file_that_is_no_table_of_settings_is_named(text: str) -> None:
    with pytest.raises(errors.Unusable, match=r"pullfeed\.toml"):
        settings.from_file(_file(text))


def test_a_file_that_is_no_text_is_named() -> None:
    pathlib.Path("pullfeed.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(errors.Unusable, match=r"pullfeed\.toml"):
        settings.from_file(None)


@pytest.mark.parametrize("name", ["thread", "log_level", "secret"])
def test_a_name_nobody_knows_is_told_with_its_file(name: str) -> None:
    with pytest.raises(errors.Unusable, match=rf"pullfeed\.toml.*{name!r}"):
        settings.from_file(_file(f"[core]\n{name} = 1\n"))


@pytest.mark.parametrize(
    "flags",
    [
        ("--threads", "0"),
        ("--threads", "many"),
        ("--grace-s", "-1"),
        ("--log-level", "loud"),
        ("--no-such-flag",),
    ],
)
def test_a_value_that_cannot_be_is_a_matter_of_usage(flags: tuple[str, ...]) -> None:
    assert CliRunner().invoke(__main__.command, [*flags, "settings"]).exit_code == 2
