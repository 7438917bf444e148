"""Core and facade as child processes that start, serve and end together."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from types import FrameType, TracebackType
from typing import IO, Any, Self

from pullfeed_client import bell, errors

START_S = 60.0
# More than the ten seconds that calls in flight get in the children themselves.
STOP_S = 15.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclasses.dataclass(frozen=True)
class Program:
    """A process to start. Prints "<name> ready on <address>" as its first line."""

    name: str
    module: str


CORE = Program("pullfeed-server", "pullfeed_server")
FACADE = Program("pullfeed-facade", "pullfeed_facade")


class Ended(Exception):
    """A child ended by itself. exit_code: as a shell tells it, 128 + n for signal n.

    was_ready: did it serve before; if not, it has said on stderr why.
    """

    def __init__(self, program: Program, status: int, was_ready: bool) -> None:
        self.exit_code = status if status >= 0 else 128 - status
        self.was_ready = was_ready
        super().__init__(f"{program.name} ended with exit code {self.exit_code}")


class _Child:
    def __init__(
        self,
        program: Program,
        env: Mapping[str, str],
        folder: pathlib.Path,
        tell: Callable[[_Child], None],
    ) -> None:
        self.program = program
        self.address = ""
        self.ended = threading.Event()
        self._tell = tell
        # In a group of its own, so that a Ctrl-C on the terminal reaches the
        # parent alone, which then stops its children in order.
        self.process = subprocess.Popen(
            [sys.executable, "-m", program.module],
            env=dict(env),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        watches = (self._read, self._await)
        self._watching = [threading.Thread(target=watch, daemon=True) for watch in watches]
        for thread in self._watching:
            thread.start()

    def kill(self) -> None:
        """Ends the process and whatever it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def forget(self) -> None:
        """Lets go of a process that has ended."""
        for thread in self._watching:
            thread.join()

    def _read(self) -> None:
        # Reads on behind the ready line: a full pipe would stop the child.
        stdout: IO[str] = self.process.stdout or sys.stdin
        with stdout:
            for line in stdout:
                if not self.address:
                    self.address = line.split()[-1]
                    self._tell(self)

    def _await(self) -> None:
        self.process.wait()
        self.ended.set()
        self._tell(self)


class Children:
    """The processes of one serve; a context that none of them outlives.

    Inside it SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt in the main
    thread; while the children are being stopped, one more kills them at once.
    When the parent itself is killed with SIGKILL nothing can stop the children:
    they go on serving, and the next start says that their port is taken.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._news: queue.SimpleQueue[_Child] = queue.SimpleQueue()
        self._children: list[_Child] = []
        self._handlers: dict[signal.Signals, Any] = {}
        self._is_starting = False
        self._is_stopping = False
        self._is_interrupted = False

    def __enter__(self) -> Self:
        self._bell = bell.Bell()
        for number in _SIGNALS:
            self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._is_stopping = True
        # The last started first: the facade lets go of the core before it ends.
        for child in reversed(self._children):
            self._stop(child)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._bell.close()

    def start(self, program: Program, env: Mapping[str, str]) -> str:
        """The address a new child is ready on. Raises Ended, or Environment after START_S."""
        with self._whole():
            child = _Child(program, env, self._folder, self._tell)
            self._children.append(child)
        while not child.address:
            if not self._bell.wait(START_S):
                raise errors.Environment(
                    f"{program.name} was not ready within {START_S:.0f} seconds."
                )
            self._raise_if_ended()
        return child.address

    def wait(self) -> None:
        """Waits for a child to end by itself, and raises Ended then."""
        while True:
            self._bell.wait()
            self._raise_if_ended()

    def _tell(self, child: _Child) -> None:
        self._news.put(child)
        self._bell.ring()

    def _raise_if_ended(self) -> None:
        while not self._news.empty():
            child = self._news.get()
            if child.ended.is_set():
                raise Ended(child.program, child.process.returncode, bool(child.address))

    def _stop(self, child: _Child) -> None:
        if not child.ended.is_set():
            child.process.terminate()
        if not child.ended.wait(STOP_S):
            child.kill()
            child.ended.wait()
        # What a child left behind when it was killed itself.
        child.kill()
        child.forget()

    @contextlib.contextmanager
    def _whole(self) -> Generator[None]:
        """Holds a signal back, so that no child is started and then not known."""
        self._is_starting = True
        try:
            yield
        finally:
            self._is_starting = False
        if self._is_interrupted:
            raise KeyboardInterrupt

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_stopping:
            for child in self._children:
                child.kill()
        elif self._is_starting:
            self._is_interrupted = True
        else:
            raise KeyboardInterrupt
