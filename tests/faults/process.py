"""A core as a process of its own, to be killed, stopped and frozen."""

from __future__ import annotations

import pathlib
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import grpc
from tests.integration import world as worlds

READY_S = 30
EXIT_S = 30
PROGRAM = ("-m", "pullfeed_server")


class Ended(NamedTuple):
    """How a process that was not meant to serve came to its end."""

    code: int
    said: str


class Process:
    """A core on a folder's file. address: where it serves."""

    def __init__(
        self,
        folder: pathlib.Path,
        listen: str = "127.0.0.1:0",
        *flags: str,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        """Starts the core and waits until it says that it serves.

        program: the arguments of Python that run a core.
        """
        self.folder = folder
        self._channels: list[grpc.Channel] = []
        self._child = _start(folder, listen, *flags, program=program)
        self.address = _ready(self._child)

    def internal(self, key: str) -> worlds.Internal:
        channel = grpc.insecure_channel(self.address, options=worlds.LIMITS)
        self._channels.append(channel)
        return worlds.Internal(channel, key)

    @property
    def operator(self) -> worlds.Internal:
        return self.internal((self.folder / "operator.key").read_text().strip())

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._child.pid

    def signal(self, number: signal.Signals) -> None:
        self._child.send_signal(number)

    def kill(self) -> None:
        """Ends it as a power cut would end the process; harmless where it has ended."""
        self._child.kill()
        self.wait()

    def wait(self) -> int:
        """The exit code."""
        code = self._child.wait(EXIT_S)
        for channel in self._channels:
            channel.close()
        self._channels.clear()
        for pipe in (self._child.stdout, self._child.stderr):
            if pipe is not None:
                pipe.close()
        return code


def refused_start(folder: pathlib.Path, listen: str = "127.0.0.1:0") -> Ended:
    """A start that must fail."""
    child = _start(folder, listen)
    out, err = child.communicate(timeout=READY_S)
    assert out == ""
    return Ended(child.returncode, err)


def _start(
    folder: pathlib.Path, listen: str, *flags: str, program: Sequence[str] = PROGRAM
) -> subprocess.Popen[str]:
    command = [
        *(sys.executable, *program),
        *("--listen", listen),
        *("--database", f"sqlite:///{folder / 'pullfeed.db'}"),
        *("--log-level", "error"),
        *flags,
    ]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _ready(child: subprocess.Popen[str]) -> str:
    """The address in the line that a core prints when it serves."""
    assert child.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        ready = selector.select(READY_S)
    line = child.stdout.readline() if ready else ""
    if not line.startswith("pullfeed-server ready on "):
        child.kill()
        raise AssertionError(f"the core did not start: {line}{child.communicate()[1]}")
    return line.split()[-1]


Start = Callable[..., Process]
