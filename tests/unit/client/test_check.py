"""The check command in front of a callback."""

from __future__ import annotations

import json
import pathlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.conformance import loopback, right_records, right_server, wrong_answers, wrong_records

Serve = Callable[[right_server.Callback], loopback.Server]
# Records a page: small enough that some pages come.
ASKED = ("--shop", right_server.SHOP, "--key", right_server.KEY, "--page-size", "10")


@pytest.fixture
def serve() -> Iterator[Serve]:
    running: list[loopback.Server] = []

    def start(callback: right_server.Callback) -> loopback.Server:
        running.append(loopback.Server(callback))
        return running[-1].__enter__()

    yield start
    for server in running:
        server.__exit__()


def results(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def test_a_right_callback_passes_in_all_scopes_with_exit_code_0(run: Any, serve: Serve) -> None:
    result = run("check", serve(right_server.Callback()).url, *ASKED)

    assert result.exit_code == 0, result.output
    headings = [line for line in result.stdout.splitlines() if line and not line.startswith(" ")]
    assert headings[:3] == ["customer", "order", "product"]
    assert " 0 failed (0 errors, 0 warnings)" in headings[3]


def test_a_wrong_callback_is_explained_and_ends_with_exit_code_1(run: Any, serve: Serve) -> None:
    flaw = next(flaw for flaw in wrong_records.FLAWS if flaw.fails == "consent-words")
    url = serve(wrong_records.server(flaw)()).url

    result = run("check", url, *ASKED, "--scope", "customer")

    assert result.exit_code == 1
    assert "FAILED   consent-words" in result.stdout
    assert "1 in the walk: consent of id c0033" in result.stdout
    assert 'contract consent is exactly "Yes" or "No".' in result.stdout
    assert result.stderr == "Error: 1 checks failed that count as error or worse.\n"


@pytest.mark.parametrize(("fail_on", "exit_code"), [("error", 0), ("warning", 1)])
def test_a_warning_is_as_bad_as_asked(run: Any, serve: Serve, fail_on: str, exit_code: int) -> None:
    url = serve(wrong_answers.Html()).url

    result = run("check", url, *ASKED, "--scope", "customer", "--fail-on", fail_on)

    assert result.exit_code == exit_code
    assert "WARNING  content-type" in result.stdout


def test_no_report_shows_a_value_of_a_record(
    run: Any, serve: Serve, tmp_path: pathlib.Path
) -> None:
    class Everything(right_server.Callback):
        """Breaks every rule of a customer, and says what it knows in its errors."""

        def record(self, scope: str, record: right_records.Fields) -> right_records.Fields:
            return dict.fromkeys(record, "Private\x00 person@private.example +1555017777777") | {
                "customer_id": record["customer_id"]
            }

        def refusal(self, refused: right_server.Refuse) -> right_server.Reply:
            return super().refusal(
                right_server.Refuse(refused.status, refused.reason, "person@private.example")
            )

    asked = ("check", serve(Everything()).url, *ASKED, "--scope", "customer")
    files = ("--html", "report.html", "--junit", "report.xml")
    printed = [run(*asked, *files).output, run(*asked, "--json").output]
    written = [(tmp_path / name).read_text(encoding="utf-8") for name in files[1::2]]

    for shown in (*printed, *written):
        assert "gender-words" in shown
        assert "rivate" not in shown
        assert "7777" not in shown
        assert right_server.KEY not in shown


def test_read_only_commits_nothing_and_says_so(run: Any, serve: Serve) -> None:
    server = serve(right_server.Callback())

    result = run("check", server.url, *ASKED, "--read-only", "--json", "--faults", "1")

    assert set(server.callback.committed.values()) == {0}
    reasons = {each["reason"] for each in results(result.stdout) if each["group"] == "commits"}
    assert reasons == {"--read-only"}


def test_checks_can_be_chosen_and_skipped_with_a_reason(run: Any, serve: Serve) -> None:
    asked = ("--only", "json", "--only", "framing", "--skip", "framing=the proxy does it")

    result = run("check", serve(right_server.Callback()).url, *ASKED, *asked, "--json")

    found = [(each["check"], each["outcome"], each["reason"]) for each in results(result.stdout)]
    assert found == 3 * [
        ("json", "passed", ""),
        ("framing", "skipped", "the proxy does it (--skip)"),
    ]


@pytest.mark.parametrize("said", ["framing", "framing=", "framing= ", "no-such=reason"])
def test_a_skip_needs_a_check_and_a_reason(run: Any, said: str) -> None:
    result = run("check", "http://127.0.0.1:1", *ASKED, "--skip", said)

    assert result.exit_code == 2
    assert "is no CHECK=REASON" in result.stderr


def test_the_list_names_every_check_without_a_url(run: Any) -> None:
    result = run("check", "--list")

    assert result.exit_code == 0
    heading, *rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert heading == ["check", "severity", "scopes", "contract", "mend"]
    assert all(len(row) == 5 and all(row) for row in rows)
    assert {"first-page", "gender-words", "complete-under-faults"} <= {row[0] for row in rows}


def test_one_mode_leaves_out_the_other(run: Any, serve: Serve) -> None:
    result = run(
        "check", serve(right_server.Callback()).url, *ASKED, "--mode", "page",
        "--scope", "customer", "--only", "cursor-given", "--only", "pages-full", "--json",
    )  # fmt: skip

    found = {each["check"]: (each["outcome"], each["reason"]) for each in results(result.stdout)}
    assert found == {
        "pages-full": ("passed", ""),
        "cursor-given": ("skipped", "left out by --mode page"),
    }


def test_a_walk_that_is_too_long_is_broken_off_and_said(run: Any, serve: Serve) -> None:
    result = run(
        "check", serve(right_server.Callback()).url, *ASKED, "--max-pages", "3",
        "--scope", "customer", "--only", "past-end-empty", "--json",
    )  # fmt: skip

    [found] = results(result.stdout)
    assert found["outcome"] == "skipped"
    assert found["reason"].endswith("it was broken off after 3 pages; --max-pages takes more")


def test_a_disturbance_that_fails_is_3(run: Any, serve: Serve) -> None:
    result = run("check", serve(right_server.Callback()).url, *ASKED, "--disturb", "false")

    assert result.exit_code == 3
    assert "false ended with exit code 1, so nothing was disturbed" in result.stderr


def test_a_callback_that_does_not_answer_is_3(run: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

    result = run("check", url, *ASKED)

    assert result.exit_code == 3
    assert f"{url} gives no answer" in result.stderr


def test_an_address_that_is_none_is_2(run: Any) -> None:
    assert run("check", "shop.example", *ASKED).exit_code == 2


def test_a_key_that_cannot_be_sent_is_2(run: Any) -> None:
    result = run("check", "http://127.0.0.1:1", "--shop", "shop.example", "--key", "ключ")

    assert result.exit_code == 2
    assert "characters that no HTTP header can carry" in result.stderr
