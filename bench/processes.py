"""The processes of a bench, which none of them outlives."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import click

START_S = 30.0
STOP_S = 15.0
POLL_S = 0.05


class Processes:
    """Starts processes; leaving the context stops them, the last one first."""

    def __init__(self, logs: pathlib.Path) -> None:
        """logs: a folder for what they say on stdout and stderr."""
        self._logs = logs
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for process in reversed(self._running):
            _stop(process)

    def start(self, address: str, *command: str, env: Mapping[str, str] | None = None) -> int:
        """Starts `python -m command`, and waits until it listens; its process id.

        Raises click.ClickException with the process's own words where it does not.
        """
        log = self._logs / f"{len(self._running)}-{command[0]}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                env={**environment(), **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
            )
        self._running.append(process)
        if not _listens(process, address):
            raise click.ClickException(f"{command[0]} does not serve: {log.read_text()[-2000:]}")
        return process.pid


def environment() -> dict[str, str]:
    """The variables of this process but for pullfeed's settings: its defaults are measured."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PULLFEED_")}
    return {**kept, "PULLFEED_CONFIG": os.devnull}


def free_address() -> str:
    """An address on loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def _listens(process: subprocess.Popen[bytes], address: str) -> bool:
    host, _, port = address.rpartition(":")
    until = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            return True
        except ConnectionRefusedError:
            time.sleep(POLL_S)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
