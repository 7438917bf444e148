"""The copy as Parquet, and what is said where it cannot be written."""

from __future__ import annotations

import importlib
import pathlib
import sys
from typing import Any

import pytest
from tests.conformance import loopback, right_records, right_server

ASKED = ("--shop", right_server.SHOP, "--key", right_server.KEY, "--page-size", "50")


@pytest.mark.parametrize("scope", ["customer", "order", "product"])
def test_a_pull_writes_parquet_with_every_record(
    run: Any, tmp_path: pathlib.Path, scope: str
) -> None:
    parquet: Any = pytest.importorskip("pyarrow.parquet", reason="needs the extra parquet")
    with loopback.Server(right_server.Callback()) as server:
        result = run("pull", server.url, *ASKED, "--scope", scope, "--out", "copy.parquet")

    assert result.exit_code == 0, result.output
    rows: list[dict[str, Any]] = parquet.read_table(tmp_path / "copy.parquet").to_pylist()
    assert [_given(row) for row in rows] == right_records.made(f"{scope}s")
    assert [path.name for path in tmp_path.iterdir()] == ["copy.parquet"]


def test_without_pyarrow_nothing_is_asked_for(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    importlib.invalidate_caches()

    result = run("pull", "http://127.0.0.1:1", *ASKED, "--scope", "order", "--out", "o.parquet")

    assert result.exit_code == 3
    assert "pip install 'pullfeed[parquet]'" in result.stderr


def _given(row: Any) -> Any:
    """The row without what the record did not have."""
    if isinstance(row, dict):
        return {name: _given(value) for name, value in row.items() if value is not None}
    return [_given(item) for item in row] if isinstance(row, list) else row
