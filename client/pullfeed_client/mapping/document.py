"""A mapping file as TOML: its tables, and errors that name file, line and field."""

from __future__ import annotations

import difflib
import pathlib
import tomllib
from collections.abc import Iterable
from typing import Any, TypeGuard

from pullfeed_client import errors
from pullfeed_client.mapping import positions
from pullfeed_client.mapping.positions import Path

Table = dict[str, Any]


class Document:
    """The tables of one mapping file."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        try:
            self.tables: Table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise errors.Misused(f"{name} is no TOML: {error}.") from error
        self._lines = positions.lines(text)

    def wrong(self, path: Path, sentence: str) -> errors.Misused:
        """The error to raise for what stands at a path."""
        line = positions.line_of(path, self._lines)
        place = f"{self.name}:{line}" if line else self.name
        return errors.Misused(
            f"{place}: {told(path)}: {sentence}" if path else f"{place}: {sentence}"
        )

    def table(self, value: Any, path: Path) -> Table:
        """The value, where it is a table. Raises Misused."""
        if not is_table(value):
            raise self.wrong(path, "must be a table.")
        return value

    def text(self, value: Any, path: Path) -> str:
        """The value, where it is text that is not empty. Raises Misused."""
        if not isinstance(value, str) or not value:
            raise self.wrong(path, "must be text.")
        return value

    def texts(self, value: Any, path: Path) -> tuple[str, ...]:
        """The value, where it is text or a list of texts. Raises Misused."""
        items = value if is_list(value) else [value]
        return tuple(self.text(item, path) for item in items)

    def check_names(self, table: Table, known: Iterable[str], path: Path) -> None:
        """Raises Misused at the first name that is not among the known ones."""
        names = sorted(known)
        for name in table:
            if name not in names:
                raise self.wrong((*path, name), f"is not known here{hint(name, names)}")


def read(name: str) -> Document:
    """The mapping file. Raises Misused where it cannot be read."""
    try:
        return Document(name, pathlib.Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise errors.Misused(f"The mapping file {name} cannot be read: {error}") from error


def hint(name: str, names: Iterable[str]) -> str:
    """The end of a sentence: the name that was probably meant, or all there are."""
    known = sorted(names)
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}."


def told(path: Path) -> str:
    """A path as people write it: customer.fields.email."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Is this a TOML array."""
    return isinstance(value, list)


def is_table(value: Any) -> TypeGuard[Table]:
    """Is this a TOML table."""
    return isinstance(value, dict)
