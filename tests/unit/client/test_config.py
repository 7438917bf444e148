"""Settings: which one wins, and what `config show` says of it."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from pullfeed_client import config

TOLD = '{"process":"core","name":"listen","value":"x:1","origin":"file","env":"E","help":"h"}'


@pytest.fixture(autouse=True)
def _told_by_a_module(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    (tmp_path / "told.py").write_text(
        f"import os, sys\nassert sys.argv[1:] == ['settings']\nprint({TOLD!r})\n"
        'print(\'{"process":"file","value":"%s"}\' % os.environ.get(\'PULLFEED_CONFIG\'))\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(config, "_PROCESSES", ("told",))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def shown(run: Any, *arguments: str) -> dict[str, dict[str, Any]]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    return {f"{row['process']}.{row.get('name')}": row for row in rows}


def test_what_a_process_says_of_itself_is_passed_on(run: Any) -> None:
    assert shown(run, "config", "show")["core.listen"] == json.loads(TOLD)


def test_the_settings_file_named_by_a_flag_reaches_the_processes(
    run: Any, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "mine.toml").touch()
    rows = shown(run, "--config", "mine.toml", "config", "show")
    assert rows["file.None"]["value"] == "mine.toml"


def test_flags_win_over_the_environment_and_that_over_the_file(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "pullfeed.toml").write_text(
        "[client]\ncore = 'file:1'\noperator-key-file = 'file.key'\n[core]\nlisten = 'other:1'\n",
        encoding="utf-8",
    )
    rows = shown(run, "config", "show")
    assert (rows["client.core"]["value"], rows["client.core"]["origin"]) == ("file:1", "file")
    assert rows["client.operator-key-file"]["value"] == "file.key"
    monkeypatch.setenv("PULLFEED_CORE", "env:1")
    rows = shown(run, "config", "show")
    assert (rows["client.core"]["value"], rows["client.core"]["origin"]) == (
        "env:1",
        "environment",
    )
    rows = shown(run, "config", "show", "--core", "flag:1")
    assert (rows["client.core"]["value"], rows["client.core"]["origin"]) == ("flag:1", "flag")


def test_defaults_are_said_to_be_defaults(run: Any) -> None:
    row = shown(run, "config", "show")["client.core"]
    assert (row["value"], row["origin"]) == ("127.0.0.1:50051", "default")
    assert row["env"] == "PULLFEED_CORE"


def test_secrets_are_masked_and_an_unset_one_is_empty(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULLFEED_KEY", "pf_secret")
    rows = shown(run, "config", "show")
    assert rows["client.key"]["value"] == "…"
    assert rows["client.importer-key"]["value"] == ""


def test_a_process_that_fails_is_quoted(run: Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "told.py").write_text("raise SystemExit('wrong file')", encoding="utf-8")
    result = run("config", "show")
    assert result.exit_code == 3
    assert "wrong file" in result.stderr
