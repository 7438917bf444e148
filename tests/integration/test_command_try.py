"""`pullfeed try` with the real core and facade, as `make demo` and `make run` call it."""

from __future__ import annotations

import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

TRY = [sys.executable, "-m", "pullfeed_client", "try"]
# Enough for every flaw of every scope to have its turn.
SIZES = ["--customers", "900", "--orders", "1300", "--products", "1100"]
ENOUGH_S = 60
Serve = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def serve(tmp_path: pathlib.Path) -> Iterator[Serve]:
    """Starts `pullfeed try --serve` in the test's folder, on free ports unless told others."""
    running: list[subprocess.Popen[str]] = []

    def start(**listens: str) -> subprocess.Popen[str]:
        free = {"PULLFEED_CORE_LISTEN": "127.0.0.1:0", "PULLFEED_HTTP_LISTEN": "127.0.0.1:0"}
        sizes = ["--customers", "40", "--orders", "40", "--products", "40"]
        served = subprocess.Popen(
            [*TRY, "--serve", *sizes],
            cwd=tmp_path,
            env=os.environ | free | listens,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(served)
        return served

    yield start
    for served in running:
        served.terminate()
        served.communicate(timeout=ENOUGH_S)


def instructions(served: subprocess.Popen[str]) -> list[str]:
    """What it prints once it serves, up to its last line."""
    assert served.stdout
    lines: list[str] = []
    for line in served.stdout:
        lines.append(line.strip())
        if line.startswith("Ctrl-C"):
            return lines
    raise AssertionError(lines)


def pasted(line: str) -> dict[str, Any]:
    """What curl would get for this line."""
    curl, quiet, method_flag, method, url, header_flag, header, data_flag, data = shlex.split(line)
    assert (curl, quiet, method_flag, header_flag, data_flag) == ("curl", "-s", "-X", "-H", "-d")
    name, _, value = header.partition(": ")
    # As curl does it: a body without a JSON content type.
    request = urllib.request.Request(url, data.encode(), {name: value}, method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=ENOUGH_S) as answer:  # noqa: S310
        read: dict[str, Any] = json.load(answer)
    return read


def test_every_record_of_the_sample_comes_once_or_is_withheld(tmp_path: pathlib.Path) -> None:
    tried = subprocess.run(
        [*TRY, *SIZES], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert (tried.returncode, tried.stderr) == (0, "")
    lines = tried.stdout.splitlines()
    assert lines[0].split("\t") == [
        "scope", "mode", "pages", "commits", "delivered", "missing", "doubled", "wrong",
    ]  # fmt: skip
    assert lines[1].split("\t") == ["customer", "cursor", "4", "4", "869", "0", "0", "0"]
    assert [line.split("\t")[:2] for line in lines[1:7]] == [
        [scope, mode] for scope in ("customer", "order", "product") for mode in ("cursor", "page")
    ]
    assert lines[-1].startswith("Every valid record came exactly once")
    assert list(tmp_path.iterdir()) == []


def test_what_it_prints_works_when_it_is_pasted(serve: Serve) -> None:
    lines = instructions(serve())
    page, commit = [line for line in lines if line.startswith("curl")]
    answer = pasted(page)
    assert (answer["status"], len(answer["data"])) == ("success", 2)
    assert pasted(commit)["commit"]["advanced"]
    [pull] = [line for line in lines if line.startswith("pullfeed pull")]
    pulled = subprocess.run(
        [sys.executable, "-m", "pullfeed_client", *shlex.split(pull)[1:], "--json"],
        capture_output=True,
        text=True,
        timeout=ENOUGH_S,
        check=True,
    )
    assert json.loads(pulled.stdout)["records"] == 39


def test_a_second_start_uses_the_key_again_and_ctrl_c_is_a_good_end(
    serve: Serve, tmp_path: pathlib.Path
) -> None:
    keys: list[str] = []
    for _ in range(2):
        served = serve()
        instructions(served)
        keys.append((tmp_path / ".pullfeed" / "demo.key").read_text(encoding="ascii"))
        served.send_signal(signal.SIGINT)
        _, err = served.communicate(timeout=ENOUGH_S)
        assert (served.returncode, err) == (0, "")
    assert keys[0] == keys[1]


def test_a_taken_port_is_one_sentence_that_names_the_setting(serve: Serve) -> None:
    first = instructions(serve())[1]
    taken = first.split("//")[1].split("/")[0]
    second = serve(PULLFEED_HTTP_LISTEN=taken, PULLFEED_DATABASE="sqlite:///other/other.db")
    out, err = second.communicate(timeout=ENOUGH_S)
    assert (second.returncode, out, err.count("\n")) == (3, "", 1)
    assert taken in err
    assert "PULLFEED_HTTP_LISTEN" in err
