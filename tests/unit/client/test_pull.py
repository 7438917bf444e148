"""The pull command in front of a callback."""

from __future__ import annotations

import json
import pathlib
import socket
from typing import Any

import pytest

ASKED = ("--shop", "shop.example", "--scope", "customer", "--page-size", "2")


def paths(callback: Any) -> list[str]:
    return [path.partition("?")[0] for path, _, _ in callback.asked]


@pytest.mark.parametrize(
    ("commit", "asked", "commits"),
    [
        ("each", ["/customers", "/customers/commit", "/customers", "/customers/commit"], 2),
        ("end", ["/customers", "/customers", "/customers/commit"], 1),
        ("never", ["/customers", "/customers"], 0),
    ],
)
def test_what_is_committed_and_when(
    callback: Any, run: Any, commit: str, asked: list[str], commits: int
) -> None:
    callback.will_serve(2, 1)
    result = run("pull", callback.url, *ASKED, "--commit", commit, "--json")
    assert result.exit_code == 0, result.stderr
    assert paths(callback) == asked
    told = json.loads(result.stdout)
    assert (told["pages"], told["records"], told["commits"]) == (2, 3, commits)


def test_each_commit_names_the_token_of_its_page(callback: Any, run: Any) -> None:
    callback.will_serve(1, 1)
    run("pull", callback.url, *ASKED)
    tokens = [path for path, _, _ in callback.asked if "commit" in path]
    assert [path.partition("=")[2] for path in tokens] == ["token-1", "token-2"]


def test_the_key_comes_from_the_flag_or_the_environment(
    callback: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    callback.will_serve(0)
    monkeypatch.setenv("PULLFEED_IMPORTER_KEY", "pf_env")
    monkeypatch.setenv("PULLFEED_KEY", "pf_operator")
    run("pull", callback.url, *ASKED, "--commit", "never")
    run("pull", callback.url, *ASKED, "--commit", "never", "--key", "pf_flag")
    assert [headers["x-api-key"] for _, headers, _ in callback.asked] == ["pf_env", "pf_flag"]


def test_the_records_are_written_as_json_lines(
    callback: Any, run: Any, tmp_path: pathlib.Path
) -> None:
    callback.will_serve(2, 1)
    (tmp_path / "out.jsonl").write_text("old\n", encoding="utf-8")
    result = run("pull", callback.url, *ASKED, "--mode", "page", "--out", "out.jsonl")
    assert result.stdout.splitlines() == [
        "pages\trecords\tinvalid\tcommits\tposition",
        "2\t3\t0\t2\t4",
    ]
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [line[:20] for line in lines] == [
        '{"customer_id":"C1",', '{"customer_id":"C2",', '{"customer_id":"C3",',
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_a_page_is_in_the_file_before_it_is_committed(
    callback: Any, run: Any, tmp_path: pathlib.Path
) -> None:
    callback.will_serve(2, 2)
    callback.answers[1] = (503, {}, json.dumps({"message": "Later."}).encode())
    result = run("pull", callback.url, *ASKED, "--out", "out.jsonl", "--wait", "0")
    assert (result.exit_code, paths(callback)[1]) == (4, "/customers/commit")
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 2


def test_text_of_any_script_comes_through(callback: Any, run: Any, tmp_path: pathlib.Path) -> None:
    meta = {"has_next_page": False, "cursor": None}
    callback.will_answer(
        200, b'{"meta":%s,"data":[{"a":"\xd9\x86 \xf0\x9f\x99\x82","b":"\\ud800"}]}'
        % json.dumps(meta).encode(), X_Commit_Token="t",
    )  # fmt: skip
    run("pull", callback.url, *ASKED, "--out", "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == (
        '{"a":"\u0646 🙂","b":"\\ud800"}\n'
    )


def test_an_error_answer_is_4_with_the_servers_sentence(callback: Any, run: Any) -> None:
    callback.will_answer(
        401, {"status": "error", "message": "The key is revoked.", "error": {"reason": "X"}}
    )
    result = run("pull", callback.url, *ASKED)
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr == "Error: The key is revoked. (HTTP 401, X)\n"


def test_an_unreachable_callback_is_3(run: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    result = run("pull", url, *ASKED)
    assert result.exit_code == 3
    assert f"{url} gives no answer" in result.stderr


def test_an_answer_outside_the_contract_is_1(callback: Any, run: Any) -> None:
    callback.will_answer(200, {"data": []})
    result = run("pull", callback.url, *ASKED)
    assert result.exit_code == 1
    assert "breaks the contract" in result.stderr


def test_an_address_that_is_none_is_2(run: Any) -> None:
    result = run("pull", "ftp://shop.example", *ASKED)
    assert result.exit_code == 2
    assert "is no http:// or https:// address" in result.stderr


def test_a_file_that_cannot_be_written_is_3(callback: Any, run: Any) -> None:
    callback.will_serve(1)
    result = run("pull", callback.url, *ASKED, "--out", "absent/out.jsonl")
    assert (result.exit_code, callback.asked) == (3, [])
    assert "absent/out.jsonl cannot be written" in result.stderr


def test_an_interrupted_pull_goes_on_when_it_is_asked_again(
    callback: Any, run: Any, tmp_path: pathlib.Path
) -> None:
    callback.will_serve(2, 2, 1)
    page, last = callback.answers[1:]
    callback.answers[1] = (500, {}, b"")
    assert run("pull", callback.url, *ASKED, "--out", "out.jsonl").exit_code == 4
    assert (tmp_path / "out.jsonl.state").exists()
    callback.answers[:] = [page, last]
    result = run("pull", callback.url, *ASKED, "--out", "out.jsonl")
    assert result.exit_code == 0
    assert [path for path, _, _ in callback.asked][3:5] == [
        "/customers/commit?commit_token=token-1",
        "/customers?cursor=cursor-1&page_size=2",
    ]
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 5
    assert not (tmp_path / "out.jsonl.state").exists()


def test_the_state_of_another_pull_is_2(callback: Any, run: Any, tmp_path: pathlib.Path) -> None:
    callback.will_serve(2, 2)
    callback.answers[1] = (500, {}, b"")
    run("pull", callback.url, *ASKED, "--out", "out.jsonl")
    result = run("pull", callback.url, *ASKED, "--out", "out.jsonl", "--mode", "page")
    assert result.exit_code == 2
    assert "is the state of another import (customers of shop.example" in result.stderr


def test_records_that_break_the_contract_are_kept_counted_and_1(
    callback: Any, run: Any, tmp_path: pathlib.Path
) -> None:
    meta = {"has_next_page": False, "cursor": None}
    data = [{"customer_id": "C1", "gender": "F"}]
    callback.will_answer(200, {"meta": meta, "data": data}, X_Commit_Token="t")
    result = run("pull", callback.url, *ASKED, "--out", "out.jsonl", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["invalid"] == 1
    assert result.stderr == (
        "Error: 1 records break the contract: 1 gender-words, 1 required-fields.\n"
    )
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8").count("\n") == 1


def test_a_server_that_repeats_a_page_is_a_loop_and_1(callback: Any, run: Any) -> None:
    callback.will_serve(2, 2)
    callback.answers[1] = callback.answers[0]
    result = run("pull", callback.url, *ASKED, "--mode", "page")
    assert result.exit_code == 1
    assert "page 2 brings the records of the page before it again" in result.stderr


def test_the_removed_are_walked_and_committed_by_themselves(
    callback: Any, run: Any, tmp_path: pathlib.Path
) -> None:
    meta = {"has_next_page": False, "cursor": None}
    data = [
        {"customer_id": "C1", "removed_date": "2026-01-01T00:00:00Z", "reason": reason}
        for reason in ("deleted", "vanished", "erased", "withheld", "consent_withdrawn")
    ]
    callback.will_answer(200, {"meta": meta, "data": data}, X_Commit_Token="t")
    callback.will_answer(200, {"commit": {"position": 4, "advanced": True}})
    result = run("pull", callback.url, *ASKED, "--removed", "--out", "removed.jsonl", "--json")
    assert result.exit_code == 0, result.stderr
    assert paths(callback) == ["/customers/removed", "/customers/removed/commit"]
    assert (tmp_path / "removed.jsonl").read_text(encoding="utf-8").count("\n") == 5


def test_a_reason_that_is_none_of_the_contracts_is_1(callback: Any, run: Any) -> None:
    meta = {"has_next_page": False, "cursor": None}
    data = [{"customer_id": "C1", "removed_date": "2026-01-01T00:00:00Z", "reason": "gone"}]
    callback.will_answer(200, {"meta": meta, "data": data}, X_Commit_Token="t")
    callback.will_answer(200, {"commit": {"position": 4, "advanced": True}})
    result = run("pull", callback.url, *ASKED, "--removed")
    assert result.exit_code == 1
    assert "1 removed-words" in result.stderr
