"""A mapping laid over files that a test writes."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from pullfeed_client.mapping import document, plan, reading
from pullfeed_client.sources import files

Records = Callable[..., list[files.Row]]


@pytest.fixture
def records(tmp_path: pathlib.Path) -> Records:
    """The records a mapping makes of a source. others: further files by name."""

    def made(
        mapping: str,
        content: str | bytes = "",
        name: str = "source.csv",
        scope: str | None = None,
        source: str | None = None,
        others: dict[str, str] | None = None,
    ) -> list[files.Row]:
        encoded = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(encoded)
        for other, text in (others or {}).items():
            (tmp_path / other).write_text(text, encoding="utf-8")
        read = plan.checked(document.Document("map.toml", mapping))
        path = str(tmp_path / name) if source is None else str(tmp_path / source)
        with reading.Mapped(read, read.section(scope), path).rows() as rows:
            return list(rows)

    return made


@pytest.fixture
def field(records: Records) -> Callable[..., Any]:
    """What one line of a mapping makes of one cell "v" of a product."""

    def value(line: str, cell: str, name: str = "price") -> Any:
        mapping = f"[product.fields]\nproduct_id = 'id'\n{name} = {line}\n"
        [row] = records(mapping, f'id,v\n1,"{cell}"\n')
        return row.fault or (row.fields or {}).get(name)

    return value
