"""What processes have used, as Linux tells it."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
# Of /proc/PID/stat behind the name: the parent; a process's own time and that of ended children.
_PARENT, _TIMES = 1, slice(11, 15)


def cpu_s(pids: Iterable[int]) -> float:
    """Seconds of processor time of these processes and of their children, ended ones too."""
    wanted = set(pids)
    found = {int(path.name): _stat(path) for path in pathlib.Path("/proc").glob("[0-9]*")}
    counted = [
        stat
        for pid, stat in found.items()
        if stat and (pid in wanted or int(stat[_PARENT]) in wanted)
    ]
    return sum(int(ticks) for stat in counted for ticks in stat[_TIMES]) / _TICKS_A_SECOND


def peak_mib(pid: int) -> int:
    """The most memory a process has had at once."""
    told = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (line,) = (line for line in told.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def _stat(path: pathlib.Path) -> list[str]:
    """The fields behind the name; none where the process has ended."""
    try:
        return (path / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except FileNotFoundError:
        return []
