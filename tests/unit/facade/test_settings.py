"""Where each setting comes from, and what it may be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pullfeed_facade import __main__ as main
from pullfeed_facade import errors, settings

DEFAULTS = {
    "listen": "127.0.0.1:8080",
    "core": "127.0.0.1:50051",
    "workers": 1,
    "threads": 8,
    "url-prefix": "",
    "deadline-s": 8.0,
    "max-body-bytes": 65536,
    "log-level": "info",
}
ENVIRONMENT = {
    "listen": "PULLFEED_HTTP_LISTEN",
    "core": "PULLFEED_CORE",
    "workers": "PULLFEED_HTTP_WORKERS",
    "threads": "PULLFEED_HTTP_THREADS",
    "url-prefix": "PULLFEED_URL_PREFIX",
    "deadline-s": "PULLFEED_DEADLINE_S",
    "max-body-bytes": "PULLFEED_MAX_BODY_BYTES",
    "log-level": "PULLFEED_LOG_LEVEL",
}


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and none of our variables in the environment."""
    for name in (*ENVIRONMENT.values(), "PULLFEED_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main.command, [*arguments, "settings"])


def shown(*arguments: str) -> dict[str, dict[str, Any]]:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return {line["name"]: line for line in lines}


def test_every_setting_is_shown_with_its_default_its_variable_and_its_help() -> None:
    lines = shown()

    assert {name: line["value"] for name, line in lines.items()} == DEFAULTS
    assert {name: line["env"] for name, line in lines.items()} == ENVIRONMENT
    assert {line["process"] for line in lines.values()} == {"facade"}
    assert {line["origin"] for line in lines.values()} == {"default"}
    assert all(line["help"].endswith(".") for line in lines.values())


def test_a_flag_wins_over_the_environment_and_that_over_the_file(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty_folder / "pullfeed.toml").write_text(
        '[facade]\nworkers = 2\ncore = "file:1"\nurl-prefix = "/file"\n[core]\nother = 1\n'
    )
    monkeypatch.setenv("PULLFEED_CORE", "environment:1")
    monkeypatch.setenv("PULLFEED_URL_PREFIX", "/environment")

    lines = shown("--url-prefix", "/flag/")

    assert (lines["workers"]["value"], lines["workers"]["origin"]) == (2, "file")
    assert (lines["core"]["value"], lines["core"]["origin"]) == ("environment:1", "environment")
    assert (lines["url-prefix"]["value"], lines["url-prefix"]["origin"]) == ("/flag", "flag")
    assert lines["deadline-s"]["origin"] == "default"


@pytest.mark.parametrize("by_variable", [True, False])
def test_a_file_can_be_named(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch, by_variable: bool
) -> None:
    (empty_folder / "pullfeed.toml").write_text("[facade]\nworkers = 2\n")
    (empty_folder / "other.toml").write_text("[facade]\nworkers = 3\n")
    if by_variable:
        monkeypatch.setenv("PULLFEED_CONFIG", "other.toml")

    lines = shown(*(() if by_variable else ("--config", "other.toml")))

    assert lines["workers"]["value"] == 3


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[facade]\nworker = 2\n", "other.toml: there is no setting 'worker' in [facade]."),
        ("[facade\n", "The settings file other.toml cannot be read: "),
        (None, "The settings file other.toml cannot be read: "),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    empty_folder: Path, text: str | None, sentence: str
) -> None:
    if text is not None:
        (empty_folder / "other.toml").write_text(text)

    with pytest.raises(errors.Unusable) as caught:
        settings.from_file("other.toml")

    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        ("--listen", "8080"),
        ("--listen", ":8080"),
        ("--listen", "127.0.0.1:"),
        ("--listen", "127.0.0.1:65536"),
        ("--listen", "127.0.0.1:http"),
        ("--workers", "0"),
        ("--threads", "0"),
        ("--url-prefix", "pull"),
        ("--url-prefix", "/<scope>"),
        ("--deadline-s", "0"),
        ("--max-body-bytes", "0"),
        ("--log-level", "loud"),
    ],
)
def test_a_value_outside_its_kind_is_a_usage_error_that_names_the_flag(
    flag: str, text: str
) -> None:
    result = run(flag, text)

    assert result.exit_code == 2
    assert f"'{flag}'" in result.output


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:0", "127.0.0.1", 0),
        ("[::1]:80", "::1", 80),
        ("localhost:65535", "localhost", 65535),
    ],
)
def test_an_address_is_read_and_printed_alike(text: str, host: str, port: int) -> None:
    address = settings.address(text)

    assert address == (host, port)
    assert str(address) == text
