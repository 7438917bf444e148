"""The import directions hold, and each contract would notice a breach."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SOURCES = ("server", "facade", "client")

# File, the line added to it, the contract it breaks, the import that is named.
BREACHES = (
    (
        "server/pullfeed_server/feed.py",
        "import pullfeed_facade.app",
        "Server, facade and client meet on the wire only",
        "pullfeed_server.feed -> pullfeed_facade.app",
    ),
    (
        "client/pullfeed_client/cli.py",
        "import pullfeed_server.errors",
        "Server, facade and client meet on the wire only",
        "pullfeed_client.cli -> pullfeed_server.errors",
    ),
    (
        "server/pullfeed_server/tokens.py",
        "import pullfeed_server.policy",
        "Inside the server imports point down",
        "pullfeed_server.tokens -> pullfeed_server.policy",
    ),
    (
        "server/pullfeed_server/rpc/feed.py",
        "import pullfeed_server.store.sql",
        "Only app, maintenance and moving choose the store",
        "pullfeed_server.rpc.feed -> pullfeed_server.store.sql",
    ),
    (
        "server/pullfeed_server/keys.py",
        "from pullfeed.v1 import record_pb2",
        "Messages stop at rpc, records and encoding",
        "pullfeed_server.keys -> pullfeed.v1.record_pb2",
    ),
    (
        "server/pullfeed_server/policy.py",
        "import grpc",
        "gRPC stops at rpc",
        "pullfeed_server.policy -> grpc",
    ),
    (
        "server/pullfeed_server/rpc/wire.py",
        "import sqlalchemy",
        "SQL stops at the store",
        "pullfeed_server.rpc.wire -> sqlalchemy",
    ),
    (
        "facade/pullfeed_facade/health.py",
        "import sqlalchemy",
        "The facade has no database and no rules",
        "pullfeed_facade.health -> sqlalchemy",
    ),
    (
        "client/pullfeed_client/importer/walk.py",
        "import pullfeed_client.settings",
        "The importer's side is an independent witness",
        "pullfeed_client.importer.walk -> pullfeed_client.settings",
    ),
)


def lint_imports(tree: pathlib.Path) -> subprocess.CompletedProcess[str]:
    roots = os.pathsep.join(str(tree / name) for name in SOURCES)
    program = str(pathlib.Path(sys.executable).parent / "lint-imports")
    return subprocess.run(
        [program, "--no-cache", "--no-logo", "--config", str(ROOT / "pyproject.toml")],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": roots, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a copy of the tree that holds every breach."""
    tree = tmp_path_factory.mktemp("breached")
    for name in SOURCES:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file, line, _, _ in BREACHES:
        with (tree / file).open("a", encoding="utf-8") as source:
            source.write(f"\n{line}\n")
    finished = lint_imports(tree)
    assert finished.returncode == 1, finished.stdout
    return finished.stdout


def test_every_import_direction_is_kept() -> None:
    finished = lint_imports(ROOT)

    assert finished.returncode == 0, finished.stdout


@pytest.mark.parametrize(
    ("contract", "named"), [(contract, named) for _, _, contract, named in BREACHES]
)
def test_a_breach_is_refused_and_named(report: str, contract: str, named: str) -> None:
    assert f"{contract} BROKEN" in report
    assert named in report


def test_the_stubs_load_without_a_warning_and_without_anything_of_the_server() -> None:
    script = """
import sys
from pullfeed.v1 import error_reason_pb2, feed_service_pb2_grpc, key_service_pb2_grpc
from pullfeed.v1 import ledger_service_pb2_grpc, record_service_pb2_grpc
print(*sorted({"click", "flask", "protovalidate", "rich", "sqlalchemy"} & sys.modules.keys()))
"""

    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
    )

    assert (finished.returncode, finished.stdout.strip()) == (0, ""), finished.stderr
