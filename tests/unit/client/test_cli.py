"""The command as a whole: help, version, settings file, completion."""

from __future__ import annotations

import importlib.metadata
import pathlib
from collections.abc import Iterator
from typing import Any

import click
import pytest

from pullfeed_client import cli, errors


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)


ALL = list(commands(cli.main))


def test_every_command_of_the_plan_is_there() -> None:
    assert {" ".join(path) for path, _ in ALL} == {
        "serve", "try", "sample", "load", "sync", "approve", "audit", "map",
        "pull", "check", "simulate", "shops", "withheld", "explain",
        "deliveries", "rejected", "rejected list", "rejected offer",
        "erase", "lift",
        "keys", "keys new", "keys list", "keys revoke",
        "importers", "importers list", "importers set", "rewind",
        "notices", "notices list", "notices resend", "notices skip",
        "copy", "config", "config show",
    }  # fmt: skip


@pytest.mark.parametrize("path", [path for path, _ in ALL], ids=" ".join)
def test_the_help_of_every_command_has_an_example_of_itself(
    run: Any, path: tuple[str, ...]
) -> None:
    result = run(*path, "--help")
    assert result.exit_code == 0
    assert f"Example:\n    pullfeed {' '.join(path)}" in result.stdout


def test_help_tells_the_exit_codes_and_how_to_complete(run: Any) -> None:
    result = run("--help")
    assert "4  refused by the server" in result.stdout
    assert "_PULLFEED_COMPLETE=bash_source pullfeed" in result.stdout


def test_completion_knows_the_commands(run: Any) -> None:
    result = run(
        env={"_PULLFEED_COMPLETE": "bash_complete", "COMP_WORDS": "pullfeed w", "COMP_CWORD": "1"}
    )
    assert result.stdout == "plain,withheld\n"


def test_the_version_is_the_one_of_the_distribution(run: Any) -> None:
    result = run("--version")
    assert importlib.metadata.version("pullfeed") in result.stdout


@pytest.mark.parametrize(
    ("failure", "code"),
    [(errors.Unmet, 1), (errors.Misused, 2), (errors.Environment, 3), (errors.Refused, 4)],
)
def test_each_failure_is_a_sentence_and_its_code(
    run: Any, monkeypatch: pytest.MonkeyPatch, failure: type[errors.Failure], code: int
) -> None:
    @click.command()
    def fails() -> None:
        raise failure("So it is.")

    monkeypatch.setitem(cli.main.commands, "fails", fails)
    result = run("fails")
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr == "Error: So it is.\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["load"], ["shops", "--nonsense"]])
def test_wrong_usage_is_2(run: Any, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_an_unknown_setting_in_the_file_names_file_and_setting(
    run: Any, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "pullfeed.toml").write_text("[client]\ncoer = 'x'\n", encoding="utf-8")
    result = run("shops")
    assert result.exit_code == 2
    assert result.stderr == "Error: pullfeed.toml: there is no setting 'coer' in [client].\n"


def test_a_settings_file_that_is_asked_for_must_be_there(run: Any) -> None:
    result = run("--config", "absent.toml", "shops")
    assert result.exit_code == 2
    assert "absent.toml cannot be read" in result.stderr
