"""serve and its two children: started in order, stopped together, none left behind."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

# Stands in for a child. Notes what happens to it in the file named as it is.
CHILD = """
import os, pathlib, signal, sys, time
name = {name!r}
notes = pathlib.Path("notes")
def note(text):
    with notes.open("a") as file:
        file.write(f"{{name}} {{text}}\\n")
def stop(number, frame):
    note("stops")
    raise SystemExit({exit_code})
signal.signal(signal.SIGTERM, signal.SIG_IGN if {is_deaf} else stop)
note(f"starts with {{os.environ.get('PULLFEED_CORE')}}")
pathlib.Path(name + ".pid").write_text(str(os.getpid()))
if {fails}:
    print("The port of x is taken.", file=sys.stderr)
    raise SystemExit(3)
print(f"{{name}} ready on {address}", flush=True)
print("a second line is nobody's business", flush=True)
while True:
    signal.pause()
"""
# Long beyond what any of these takes; a stop is never waited for without an end.
STOPPED_S = 30
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: pathlib.Path) -> Iterator[Start]:
    """Starts `pullfeed serve` with two stand-ins for its children."""
    running: list[subprocess.Popen[str]] = []

    def begin(**traits: object) -> subprocess.Popen[str]:
        given = {"fails": "", "is_deaf": ""} | traits
        for name, address in (("server", "0.0.0.0:1234"), ("facade", "http://127.0.0.1:5678")):
            package = tmp_path / "path" / f"pullfeed_{name}"
            package.mkdir(parents=True)
            (package / "__init__.py").touch()
            text = CHILD.format(
                name=name,
                address=address,
                fails=given["fails"] == name,
                is_deaf=given["is_deaf"] == name,
                exit_code=0,
            )
            (package / "__main__.py").write_text(text, encoding="utf-8")
        path = os.pathsep.join([str(tmp_path / "path"), *sys.path])
        serve = subprocess.Popen(
            [sys.executable, "-m", "pullfeed_client", "serve"],
            env=os.environ | {"PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        running.append(serve)
        return serve

    yield begin
    for serve in running:
        # Not SIGKILL: its children would outlive it, and hold its pipes open.
        serve.terminate()
        serve.communicate(timeout=STOPPED_S)


def notes(tmp_path: pathlib.Path) -> list[str]:
    return (tmp_path / "notes").read_text(encoding="utf-8").splitlines()


def pid_of(tmp_path: pathlib.Path, name: str) -> int:
    return int((tmp_path / f"{name}.pid").read_text(encoding="utf-8"))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ready_line(serve: subprocess.Popen[str]) -> str:
    assert serve.stdout
    return serve.stdout.readline()


STARTED = ["server starts with None", "facade starts with 127.0.0.1:1234"]


def test_it_says_in_one_line_that_both_are_ready(start: Start, tmp_path: pathlib.Path) -> None:
    line = ready_line(start())
    assert line == (
        "pullfeed serves http://127.0.0.1:5678 (core 127.0.0.1:1234); Ctrl-C stops it\n"
    )
    assert notes(tmp_path) == STARTED


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_stops_both_the_facade_first(
    start: Start, tmp_path: pathlib.Path, number: signal.Signals
) -> None:
    serve = start()
    ready_line(serve)
    serve.send_signal(number)
    _, err = serve.communicate(timeout=STOPPED_S)
    assert (serve.returncode, err) == (0, "")
    assert notes(tmp_path)[2:] == ["facade stops", "server stops"]


@pytest.mark.parametrize(
    ("dies", "stops", "program"),
    [("server", "facade", "pullfeed-server"), ("facade", "server", "pullfeed-facade")],
)
def test_when_one_ends_the_other_is_stopped_and_serve_has_the_firsts_code(
    start: Start, tmp_path: pathlib.Path, dies: str, stops: str, program: str
) -> None:
    serve = start()
    ready_line(serve)
    os.kill(pid_of(tmp_path, dies), signal.SIGKILL)
    _, err = serve.communicate(timeout=STOPPED_S)
    assert serve.returncode == 128 + 9
    assert err == f"{program} ended with exit code 137; the other one was stopped.\n"
    assert notes(tmp_path)[2:] == [f"{stops} stops"]


def test_a_core_that_cannot_start_is_the_only_one_to_speak(
    start: Start, tmp_path: pathlib.Path
) -> None:
    serve = start(fails="server")
    out, err = serve.communicate(timeout=STOPPED_S)
    assert (serve.returncode, out, err) == (3, "", "The port of x is taken.\n")
    assert notes(tmp_path) == STARTED[:1]


def test_a_facade_that_cannot_start_stops_the_core(start: Start, tmp_path: pathlib.Path) -> None:
    serve = start(fails="facade")
    out, err = serve.communicate(timeout=STOPPED_S)
    assert (serve.returncode, out, err) == (3, "", "The port of x is taken.\n")
    assert notes(tmp_path)[2:] == ["server stops"]


def test_a_second_signal_kills_a_child_that_does_not_stop(
    start: Start, tmp_path: pathlib.Path
) -> None:
    serve = start(is_deaf="server")
    ready_line(serve)
    serve.send_signal(signal.SIGINT)
    # The facade is gone when serve has begun to wait for the deaf one.
    end = time.monotonic() + STOPPED_S
    while is_alive(pid_of(tmp_path, "facade")) and time.monotonic() < end:
        os.sched_yield()
    serve.send_signal(signal.SIGINT)
    serve.communicate(timeout=STOPPED_S)
    assert not is_alive(pid_of(tmp_path, "server"))
