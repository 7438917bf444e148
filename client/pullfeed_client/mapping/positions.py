"""Where in a TOML file a key stands, which tomllib does not tell."""

from __future__ import annotations

import re
import tomllib
from typing import Any, cast

Path = tuple[str | int, ...]

_HEAD = re.compile(r"\s*\[(\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_.\s-]|"[^"]*"|'[^']*')+?)\s*=""")
_FENCES = ('"' * 3, "'" * 3)


def lines(text: str) -> dict[Path, int]:
    """The line of each table and key of a TOML file that tomllib has read, from 1."""
    found: dict[Path, int] = {}
    table: Path = ()
    is_inside_text = False
    for number, line in enumerate(text.splitlines(), start=1):
        was_inside_text = is_inside_text
        if sum(line.count(fence) for fence in _FENCES) % 2:
            is_inside_text = not is_inside_text
        if was_inside_text:
            continue
        if head := _HEAD.match(line):
            table = _table(head, found)
            # [customer.source] is also where customer begins.
            for depth in range(len(table)):
                found.setdefault(table[: depth + 1], number)
        elif key := _KEY.match(line):
            found.setdefault(table + _steps(key[1]), number)
    return found


def line_of(path: Path, found: dict[Path, int]) -> int | None:
    """The line of the path, or of the nearest table around it."""
    while path and path not in found:
        path = path[:-1]
    return found.get(path)


def _table(head: re.Match[str], found: dict[Path, int]) -> Path:
    path = _steps(head[2])
    if not head[1]:
        return path
    # [[name]] again is the next of its list.
    index = sum(1 for known in found if known[:-1] == path and isinstance(known[-1], int))
    return (*path, index)


def _steps(key: str) -> Path:
    """The parts of a dotted key, as TOML itself reads them."""
    try:
        nested: Any = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:
        # Inside a list over several lines: no key at all.
        return (key,)
    steps: list[str] = []
    while isinstance(nested, dict):
        [(step, nested)] = cast("dict[str, Any]", nested).items()
        steps.append(step)
    return tuple(steps)
