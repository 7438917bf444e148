"""The Makefile tells what it can do."""

from __future__ import annotations

import pathlib
import re
import subprocess

_ROOT = pathlib.Path(__file__).parents[2]


def test_help_lists_every_target_in_two_columns() -> None:
    told = subprocess.run(["make", "help"], cwd=_ROOT, capture_output=True, text=True, check=True)
    lines = [line for line in told.stdout.splitlines() if line.startswith("  ")]
    targets = re.findall(r"^([a-z-]+):", (_ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [line.split()[0] for line in lines] == targets
    texts = [re.match(r"  \S+ +", line) for line in lines]
    assert len({match.end() for match in texts if match}) == 1
