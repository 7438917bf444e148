"""A newcomer whose Python does not fit reads one sentence with the remedy."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).parents[2] / "tools" / "environment.sh"


@pytest.fixture
def elsewhere(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder without .venv, on whose PATH no interpreter fits."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        (tools / name).write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    return tmp_path


def environment(folder: pathlib.Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    return subprocess.run(
        ["sh", SCRIPT],
        cwd=folder,
        env={"PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_interpreter_that_is_too_old_is_named_with_the_remedy(elsewhere: pathlib.Path) -> None:
    old = str(elsewhere / "bin" / "python3")

    finished = environment(elsewhere, PYTHON=old)

    assert finished.returncode == 3
    assert finished.stderr == (
        f"pullfeed: Python 3.11 or newer is needed, and PYTHON={old} is none: name another.\n"
    )


def test_a_machine_without_a_fitting_interpreter_is_told_what_to_install(
    elsewhere: pathlib.Path,
) -> None:
    finished = environment(elsewhere)

    assert finished.returncode == 3
    assert finished.stderr.count("\n") == 1
    assert "PYTHON=/path/to/python3" in finished.stderr


def test_nothing_is_left_behind_where_no_interpreter_fits(elsewhere: pathlib.Path) -> None:
    environment(elsewhere)

    assert sorted(path.name for path in elsewhere.iterdir()) == ["bin"]
