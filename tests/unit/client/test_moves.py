"""`pullfeed copy` says to the core's program what was said to it, and ends as that ends."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest

_COMMAND = """
from pullfeed_client import cli, moves
moves._MODULE = "program"
cli.main(prog_name="pullfeed")
"""
_ENOUGH_S = 60


@pytest.fixture
def told(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A program in place of the core's: notes its arguments and settings file, ends with 3."""
    path = tmp_path / "told.txt"
    (tmp_path / "program.py").write_text(
        "import os, pathlib, sys\n"
        f"said = [*sys.argv[1:], os.environ.get('PULLFEED_CONFIG', '')]\n"
        f"pathlib.Path({str(path)!r}).write_text('\\n'.join(said))\n"
        "sys.exit(3)\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    return path


def _run(folder: pathlib.Path, *arguments: str) -> int:
    """The exit code of the command, which another program takes the place of."""
    command = [sys.executable, "-c", _COMMAND, *arguments]
    return subprocess.run(command, cwd=folder, timeout=_ENOUGH_S, check=False).returncode


def test_every_option_reaches_the_program_and_its_exit_code_comes_back(
    told: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "mine.toml").touch()
    urls = ("--from", "sqlite:///a.db", "--to", "sqlite:///b.db")
    shops = ("--shop", "a.example", "--shop", "b.example")
    more = ("--secrets-file", "target.env", "--new-epoch", "--undo")
    assert _run(tmp_path, "--config", "mine.toml", "copy", *urls, *shops, *more) == 3
    assert told.read_text().split("\n") == ["copy", *urls, *shops, *more, "mine.toml"]


def test_what_is_not_said_is_left_to_the_program(
    told: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    urls = ("--from", "sqlite:///a.db", "--to", "sqlite:///b.db")
    _run(tmp_path, "copy", *urls)
    assert told.read_text().split("\n") == ["copy", *urls, ""]


def test_both_databases_must_be_named(run: Any) -> None:
    assert run("copy", "--from", "sqlite:///a.db").exit_code == 2
