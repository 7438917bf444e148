"""The simulate command: bounded, on this machine unless told otherwise."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from tests.conformance import loopback, right_server

SHORT = ("--minutes", "0.005", "--importers", "2", "--shop-pattern", right_server.SHOP)


def test_it_reports_walks_times_and_errors(run: Any) -> None:
    with loopback.Server(right_server.Callback()) as server:
        result = run("simulate", server.url, *SHORT, "--key", right_server.KEY, "--json")

    assert result.exit_code == 0, result.output
    totals, pages, commits = (json.loads(line) for line in result.stdout.splitlines())
    assert (totals["importers"], totals["shops"], totals["errors"]) == (2, 1, 0)
    assert totals["walks"] > 0
    assert 0 < pages["p50_ms"] <= pages["p99_ms"] <= pages["max_ms"]
    assert commits["count"] == 0


def test_shops_and_keys_come_from_files(run: Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "shops").write_text(f"{right_server.SHOP}\n{right_server.EMPTY_SHOP}\n")
    (tmp_path / "keys").write_text(f"{right_server.KEY}\nwrong\n")

    with loopback.Server(right_server.Callback()) as server:
        result = run(
            "simulate", server.url, *SHORT[:4], "--shops-file", "shops", "--keys-file", "keys",
            "--json",
        )  # fmt: skip

    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert told[0]["shops"] == 2
    assert told[3]["error"] == "HTTP 401 KEY_INVALID"
    assert result.exit_code == 1


def test_another_machine_is_refused_without_leave(run: Any) -> None:
    result = run("simulate", "http://shop.example", *SHORT)

    assert result.exit_code == 2
    assert "--allow-host shop.example" in result.stderr


def test_leave_for_another_machine_is_asked_for_once_more(run: Any) -> None:
    result = run(
        "simulate", "http://shop.example", *SHORT, "--allow-host", "shop.example", input="n"
    )

    assert result.exit_code == 1
    assert "Drive shop.example with many importers at once?" in result.output


@pytest.mark.parametrize(
    "bound", [("--importers", "501"), ("--minutes", "61"), ("--minutes", "0"), ("--shops", "0")]
)
def test_importers_and_time_are_bounded(run: Any, bound: tuple[str, str]) -> None:
    assert run("simulate", "http://127.0.0.1:1", *bound).exit_code == 2
