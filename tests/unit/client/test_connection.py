"""What the core's errors and a missing key mean to a command."""

from __future__ import annotations

import pathlib
import socket
from typing import Any

import grpc
import pytest

from pullfeed.v1 import ledger_service_pb2


def test_a_call_carries_the_key_of_the_settings(core: Any, run_on_core: Any) -> None:
    core.answers["ListShops"] = [_no_shops()]
    assert run_on_core("shops").exit_code == 0
    assert core.keys == ["pf_test"]


def test_without_a_key_the_operator_key_file_is_read(
    core: Any, run_on_core: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    core.answers["ListShops"] = [_no_shops()]
    monkeypatch.delenv("PULLFEED_KEY")
    (tmp_path / ".pullfeed").mkdir()
    (tmp_path / ".pullfeed" / "operator.key").write_text("pf_operator\n", encoding="ascii")
    assert run_on_core("shops").exit_code == 0
    assert core.keys == ["pf_operator"]


def test_without_any_key_the_sentence_says_where_one_is_looked_for(run: Any) -> None:
    result = run("shops")
    assert result.exit_code == 3
    assert ".pullfeed/operator.key cannot be read" in result.stderr
    assert "PULLFEED_KEY" in result.stderr


def test_a_core_that_is_not_there_is_the_environments_fault(run: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    result = run("shops", "--core", f"127.0.0.1:{port}", "--key", "pf_test")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == (
        f"Error: The core at 127.0.0.1:{port}: no answer. "
        "Start it with `pullfeed serve`, or name another with --core.\n"
    )


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        (grpc.StatusCode.UNAUTHENTICATED, 4),
        (grpc.StatusCode.PERMISSION_DENIED, 4),
        (grpc.StatusCode.INVALID_ARGUMENT, 4),
        (grpc.StatusCode.NOT_FOUND, 4),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, 4),
        (grpc.StatusCode.INTERNAL, 4),
        (grpc.StatusCode.UNAVAILABLE, 3),
        (grpc.StatusCode.DEADLINE_EXCEEDED, 3),
    ],
)
def test_a_refusal_is_told_in_the_cores_own_sentence(
    core: Any, run_on_core: Any, code: grpc.StatusCode, exit_code: int
) -> None:
    core.refuse(code, "SOME_REASON", "Do something else.")
    result = run_on_core("shops")
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert result.stderr.endswith("Do something else.\n")
    assert "pf_test" not in result.stderr


def _no_shops() -> Any:
    return ledger_service_pb2.ListShopsResponse()
