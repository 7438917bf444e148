"""Where an import stands, kept in a file so that a killed one goes on."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
from typing import Any

from pullfeed_client.importer import walk


class Unreadable(Exception):
    """The state file is none, or belongs to another import; the text says what to do."""


@dataclasses.dataclass
class State:
    """What is stored so far. size: bytes of the copy that hold whole pages.

    token: of the last page stored; committed again when the import goes on,
    because nobody knows whether that was heard. invalid: records by broken rule;
    one record may break several.
    """

    shop: str
    path: str
    mode: walk.Mode
    page_size: int
    place: walk.Place = walk.START
    size: int = 0
    token: str = ""
    pages: int = 0
    records: int = 0
    invalid_records: int = 0
    commits: int = 0
    position: int | None = None
    invalid: dict[str, int] = dataclasses.field(default_factory=dict[str, int])

    @property
    def question(self) -> tuple[object, ...]:
        """What is imported; a state goes on with the same only."""
        return self.shop, self.path, self.mode, self.page_size


def save(file: pathlib.Path, state: State) -> None:
    """Replaces the file in one step, so that a kill leaves the old or the new one whole."""
    written = file.with_name(f"{file.name}.new")
    with written.open("w", encoding="utf-8") as opened:
        json.dump(dataclasses.asdict(state), opened)
        opened.flush()
        os.fsync(opened.fileno())
    written.replace(file)


def load(file: pathlib.Path, fresh: State) -> State:
    """The state in the file, `fresh` where there is none. Raises Unreadable."""
    if not file.exists():
        return fresh
    try:
        fields: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        kept = State(**fields)
        kept.place = walk.Place(**fields["place"])
    except (ValueError, TypeError, KeyError) as error:
        raise Unreadable(f"{file} is no state of an import; remove it to begin anew") from error
    if kept.question != fresh.question:
        raise Unreadable(
            f"{file} is the state of another import ({kept.path[1:]} of {kept.shop}, "
            f"by {kept.mode}, {kept.page_size} a page); ask as it was asked, or remove it to "
            "begin anew"
        )
    return kept
