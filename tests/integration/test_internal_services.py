"""The examples of docs/internal-services.md, run as they stand there."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import orjson
import pytest
from tests.integration import world as worlds

from pullfeed.v1 import key_service_pb2

ROOT = pathlib.Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "internal-services.md").read_text(encoding="utf-8")
NODE = ROOT / "examples" / "node"
SHOP = "shop.example"
TIMEOUT_S = 60


def blocks(heading: str) -> list[str]:
    """The code blocks under a heading: the example, and what it prints."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```\w*\n(.*?)```", section, re.DOTALL)


def ran(command: list[str], environment: dict[str, str], folder: pathlib.Path = ROOT) -> str:
    done = subprocess.run(
        command,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables that the examples read, for a core of their own."""
    running = worlds.World(tmp_path_factory.mktemp("internal"))
    writer = running.operator.new_key(key_service_pb2.ROLE_WRITER, SHOP)
    yield {
        **os.environ,
        "PULLFEED_CORE": running.core.address,
        "PULLFEED_BINPB": str(ROOT / "proto/gen/pullfeed/pullfeed.binpb"),
        "WRITER_KEY": writer.secret,
        "IMPORTER_KEY": running.importer_key("internal", SHOP),
    }
    running.stop()


@pytest.fixture(scope="module")
def python_output(environment: dict[str, str]) -> str:
    """What the Python example prints; it puts the record that the others fetch."""
    return ran([sys.executable, "-W", "error", "-c", blocks("Python")[0]], environment)


def test_the_python_example_prints_what_the_page_says(python_output: str) -> None:
    assert python_output == blocks("Python")[1]


def test_the_node_example_prints_what_the_page_says(
    environment: dict[str, str], python_output: str
) -> None:
    if not (NODE / "node_modules").exists():
        pytest.skip("the Node packages are not installed; `make check` does it in examples/node")
    code, printed = blocks("Any other language")
    assert ran(["node", "-e", code], environment, NODE) == printed


def test_the_shell_example_fetches_a_page_by_reflection(
    environment: dict[str, str], python_output: str
) -> None:
    buf = shutil.which("buf", path=pathlib.Path(sys.executable).parent)
    assert buf is not None, "buf comes with the development packages"
    path = os.pathsep.join((str(pathlib.Path(buf).parent), environment["PATH"]))
    printed = ran(["sh", "-ec", blocks("From the shell")[0]], {**environment, "PATH": path})
    page = orjson.loads(printed)
    assert [record["customer"]["email"] for record in page["records"]] == ["amal@example.com"]
