"""Listings and progress, on a terminal and off it."""

from __future__ import annotations

import json
import sys

import pytest

from pullfeed_client import errors, output

ROWS: list[output.Row] = [
    {"name": "Zoë", "codes": ["A", "B"], "none": None},
    {"name": "[b]", "codes": [], "none": 1},
]
COLUMNS = ("name", "codes", "none")


def pretend_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_off_a_terminal_a_listing_is_columns_divided_by_tabs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.rows(ROWS, COLUMNS, as_json=False)
    assert capsys.readouterr().out == "name\tcodes\tnone\nZoë\tA, B\t\n[b]\t\t1\n"


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.rows(ROWS, COLUMNS, as_json=True)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == ROWS


def test_a_tab_or_line_break_in_a_value_is_no_column_or_row(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.rows([{"name": "a\tb\nc"}], ("name",), as_json=False)
    assert capsys.readouterr().out == "name\na b c\n"


def test_a_listing_that_fails_at_once_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def failing(_: int) -> output.Row:
        raise errors.Refused("No.")

    with pytest.raises(errors.Refused):
        output.rows(map(failing, range(2)), COLUMNS, as_json=False)
    assert capsys.readouterr().out == ""


def test_on_a_terminal_a_listing_is_a_table_and_brackets_are_no_markup(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_a_terminal(monkeypatch)
    output.rows(ROWS, COLUMNS, as_json=False)
    shown = capsys.readouterr().out
    assert "┃" in shown
    assert "[b]" in shown


def test_no_color_is_honoured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_a_terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    output.rows(ROWS, COLUMNS, as_json=False)
    with output.bar("load", 10, "bytes") as advance:
        advance(10)
    shown = capsys.readouterr().out
    assert "100%" in shown
    assert "\x1b[3" not in shown


def test_off_a_terminal_there_is_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with output.bar("load", 10, "bytes") as advance:
        advance(10)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("total", "shown"), [(10, "50%"), (None, "5 records")])
def test_on_a_terminal_a_bar_moves(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    total: int | None,
    shown: str,
) -> None:
    pretend_a_terminal(monkeypatch)
    with output.bar("pull", total, "records") as advance:
        advance(5)
    assert shown in capsys.readouterr().out
