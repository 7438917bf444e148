"""`make proto-check` notices every way in which proto/gen can differ from the protos."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
RECORD = "pullfeed/v1/record.proto"
STUB = "gen/pullfeed/v1/record_pb2.py"


@pytest.fixture
def protos(tmp_path: pathlib.Path) -> pathlib.Path:
    """A copy of the protos and of what is generated from them."""
    ignored = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(ROOT / "proto", tmp_path / "proto", ignore=ignored)


def stubs(action: str, protos: pathlib.Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "stubs.py"), action, str(protos)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def append(path: pathlib.Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_the_committed_stubs_are_what_the_protos_say(protos: pathlib.Path) -> None:
    finished = stubs("check", protos)

    assert finished.returncode == 0, finished.stderr


def test_a_changed_proto_is_refused_with_the_files_that_lag_behind(protos: pathlib.Path) -> None:
    append(protos / RECORD, "\n// A word more.\nmessage Extra {}\n")

    finished = stubs("check", protos)

    assert finished.returncode == 1
    assert "run `make proto`" in finished.stderr
    assert "  pullfeed/v1/record_pb2.py: changed\n" in finished.stderr
    assert "  pullfeed/v1/record_pb2.pyi: changed\n" in finished.stderr
    assert "  pullfeed/pullfeed.binpb: changed\n" in finished.stderr
    assert "error_reason" not in finished.stderr


def test_an_edited_stub_is_refused_by_name(protos: pathlib.Path) -> None:
    append(protos / STUB, "\n")

    finished = stubs("check", protos)

    assert finished.returncode == 1
    assert finished.stderr.splitlines()[1:] == ["  pullfeed/v1/record_pb2.py: changed"]


def test_a_stub_whose_proto_is_gone_is_refused_by_name(protos: pathlib.Path) -> None:
    (protos / "gen" / "pullfeed" / "v1" / "past_pb2.py").touch()

    finished = stubs("check", protos)

    assert finished.returncode == 1
    assert finished.stderr.splitlines()[1:] == ["  pullfeed/v1/past_pb2.py: left over"]


def test_a_missing_stub_is_refused_by_name(protos: pathlib.Path) -> None:
    (protos / STUB).unlink()

    finished = stubs("check", protos)

    assert finished.returncode == 1
    assert finished.stderr.splitlines()[1:] == ["  pullfeed/v1/record_pb2.py: missing"]


def test_writing_settles_what_the_check_refused(protos: pathlib.Path) -> None:
    append(protos / RECORD, "\n// A word more.\nmessage Extra {}\n")
    (protos / "gen" / "pullfeed" / "v1" / "past_pb2.py").touch()

    assert stubs("write", protos).returncode == 0
    assert stubs("check", protos).returncode == 0


def test_a_proto_that_does_not_compile_leaves_the_stubs_alone(protos: pathlib.Path) -> None:
    before = (protos / STUB).read_bytes()
    append(protos / RECORD, "\nmessage {\n")

    finished = stubs("write", protos)

    assert finished.returncode == 1
    assert "pullfeed/v1/record.proto" in finished.stderr
    assert (protos / STUB).read_bytes() == before
