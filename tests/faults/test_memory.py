"""Memory of loader and core does not grow with the file that is loaded."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest
from tests.faults import process

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="Linux tells the most a process ever took"),
]

_MAPPING = """
[customer.source]
file = "customers.csv"
[customer.fields]
customer_id = "No"
email = "Mail"
first_name = "First"
last_name = "First"
mobile = { column = "Phone", phone = "US" }
language = { constant = "en", because = "the shop speaks English" }
consent = { column = "News", values = { y = "Yes", n = "No" } }
gender = { column = "Sex", values = { F = "Female", M = "Male" } }
last_modified_date = { column = "Changed", date = "%d.%m.%Y", zone = "UTC" }
"""
# The system counts what a process had before it became its program: its parent's memory. So
# the parent is one that has little.
_WEIGHED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
_FEW, _MANY = 50_000, 400_000
_MOST_MIB, _GROWTH_MIB = 200, 30


def _write(folder: pathlib.Path, rows: int) -> None:
    with (folder / "customers.csv").open("w", encoding="ascii") as file:
        file.write("No,First,Mail,Phone,Sex,News,Changed\n")
        for number in range(rows):
            file.write(
                f"{number},Alda,person{number}@example.com,555-010-{number % 10_000:04},"
                f"{'FM'[number % 2]},{'yn'[number % 2]},{number % 28 + 1}.12.2025\n"
            )


def _load(folder: pathlib.Path, core: process.Process) -> float:
    """Loads the file; the most memory that took, in MiB."""
    key = (folder / "operator.key").read_text(encoding="ascii").strip()
    command = [
        *(sys.executable, "-c", _WEIGHED),
        *(sys.executable, "-m", "pullfeed_client", "load", "customers.csv"),
        *("--mapping", "map.toml", "--shop", "large.example", "--core", core.address),
    ]
    weighed = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PULLFEED_KEY": key},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return int(weighed.stdout) / 1024


def _own(core: process.Process) -> float:
    """The core's own memory, in MiB.

    Without the pages of the database file that it maps: they are the system's cache,
    which takes them back, up to 256 MiB.
    """
    told = pathlib.Path(f"/proc/{core.pid}/status").read_text(encoding="ascii")
    [line] = [line for line in told.splitlines() if line.startswith("RssAnon:")]
    return int(line.split()[1]) / 1024


def test_memory_does_not_grow_with_the_file(tmp_path: pathlib.Path, start: process.Start) -> None:
    (tmp_path / "map.toml").write_text(_MAPPING, encoding="utf-8")
    core = start()
    _write(tmp_path, _FEW)
    few, few_core = _load(tmp_path, core), _own(core)
    _write(tmp_path, _MANY)
    many, many_core = _load(tmp_path, core), _own(core)
    assert max(many, many_core) < _MOST_MIB
    assert many - few < _GROWTH_MIB
    assert many_core - few_core < _GROWTH_MIB
