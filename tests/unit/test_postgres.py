"""The server of the tests, where its own user cannot read the installed programs."""

from __future__ import annotations

import pathlib
import subprocess

from tests import postgres


def test_copied_programs_find_their_libraries(tmp_path: pathlib.Path) -> None:
    programs = postgres.copied(tmp_path)
    told = subprocess.run(
        [programs / "initdb", "--version"], check=True, capture_output=True, text=True
    )
    assert "PostgreSQL" in told.stdout
