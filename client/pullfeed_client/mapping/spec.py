"""One field's line of a mapping file: where its value comes from and what is done to it."""

from __future__ import annotations

import dataclasses
from typing import Any

from pullfeed_client.mapping.document import Document, is_table
from pullfeed_client.mapping.positions import Path

# What a value can come from; a field names exactly one.
ORIGINS = ("column", "constant", "template", "lookup", "multiply", "sum", "count")
_STEPS = ("empty", "values", "split", "date", "zone", "fold", "decimal", "shift", "round", "phone")
_REMARKS = ("else", "take", "synthetic", "because")
_KNOWN = (*ORIGINS, "by", *_STEPS, *_REMARKS)

_TEXTS = ("constant", "template", "lookup", "count", "zone", "phone", "split", "because")
_LISTS = ("multiply", "sum", "by", "empty", "date")
_NUMBERS = ("shift", "round")
_CHOICES = {"take": ("first", "last", "earliest", "latest"), "fold": ("earlier", "later")}
# A value that is the same for every person is invented, or it is somebody's word.
_OF_A_PERSON = frozenset(
    ("email", "first_name", "last_name", "mobile", "language", "consent", "gender")
)


@dataclasses.dataclass(frozen=True)
class Decimal:
    """How amounts are written. point, group: one character, group may be empty. strip: units."""

    point: str = "."
    group: str = ""
    strip: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Spec:
    """What a mapping says of one field. None and empty: it does not say."""

    path: Path
    column: str | None = None
    constant: str | None = None
    template: str | None = None
    lookup: str | None = None
    by: tuple[str, ...] = ()
    multiply: tuple[str, ...] = ()
    sum: tuple[str, ...] = ()
    count: str | None = None
    empty: tuple[str, ...] = ()
    values: dict[str, str] | None = None
    split: str | None = None
    date: tuple[str, ...] = ()
    zone: str | None = None
    fold: str | None = None
    decimal: Decimal | None = None
    shift: int | None = None
    round: int | None = None
    phone: str | None = None
    take: str | None = None
    otherwise: Spec | None = None
    synthetic: bool = False
    because: str | None = None

    @property
    def is_derived(self) -> bool:
        """Is it computed from other fields of the record."""
        return bool(self.multiply or self.sum or self.count)


def read(document: Document, value: Any, path: Path) -> Spec:
    """The field at a path. Raises Misused where the line says too little, too much or nonsense."""
    if isinstance(value, str) and value:
        return Spec(path, column=value)
    if not is_table(value):
        raise document.wrong(path, 'must be a column\'s name or a table like { column = "…" }.')
    document.check_names(value, _KNOWN, path)
    _check_origin(document, value, path)
    said = {name: _read_one(document, name, item, (*path, name)) for name, item in value.items()}
    said["otherwise"] = said.pop("else", None)
    spec = Spec(path, **said)
    _check_invention(document, spec)
    return spec


def _check_origin(document: Document, table: dict[str, Any], path: Path) -> None:
    origins = [name for name in ORIGINS if name in table]
    if origins == ["column", "lookup"]:
        if "by" not in table:
            raise document.wrong(path, 'a lookup needs by = "…", the column that holds the key.')
        return
    if len(origins) != 1:
        raise document.wrong(path, f"must have exactly one of {', '.join(ORIGINS)}.")
    if origins == ["lookup"]:
        raise document.wrong(path, 'a lookup needs column = "…" and by = "…".')
    if "by" in table:
        raise document.wrong((*path, "by"), "belongs to a lookup.")


def _read_one(document: Document, name: str, value: Any, path: Path) -> Any:
    if name in _TEXTS or name == "column":
        return document.text(value, path)
    if name in _LISTS:
        return document.texts(value, path)
    if name in _CHOICES:
        return _choice(document, value, _CHOICES[name], path)
    if name in _NUMBERS:
        return _number(document, value, path)
    if name == "else":
        return read(document, value, path)
    return _OTHERS[name](document, value, path)


def _choice(document: Document, value: Any, choices: tuple[str, ...], path: Path) -> str:
    if value not in choices:
        raise document.wrong(path, f"must be one of {', '.join(choices)}.")
    return str(value)


def _number(document: Document, value: Any, path: Path) -> int:
    low, high = (0, 6) if path[-1] == "round" else (-9, 9)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise document.wrong(path, f"must be a whole number from {low} to {high}.")
    return value


def _flag(document: Document, value: Any, path: Path) -> bool:
    if not isinstance(value, bool):
        raise document.wrong(path, "must be true or false.")
    return value


def _values(document: Document, value: Any, path: Path) -> dict[str, str]:
    table = document.table(value, path)
    for name, item in table.items():
        if not isinstance(item, str):
            raise document.wrong((*path, name), "must be text.")
    return table


def _decimal(document: Document, value: Any, path: Path) -> Decimal | None:
    if isinstance(value, bool):
        return Decimal() if value else None
    table = document.table(value, path)
    document.check_names(table, ("point", "group", "strip"), path)
    said = Decimal(
        point=_character(document, table.get("point", "."), (*path, "point")),
        group=_character(document, table["group"], (*path, "group")) if "group" in table else "",
        strip=document.texts(table.get("strip", []), (*path, "strip")),
    )
    if said.point == said.group:
        raise document.wrong(path, "point and group must differ.")
    return said


def _character(document: Document, value: Any, path: Path) -> str:
    text = document.text(value, path)
    if len(text) != 1 or text.isdigit():
        raise document.wrong(path, "must be one character, and no digit.")
    return text


def _check_invention(document: Document, spec: Spec) -> None:
    name = next((step for step in reversed(spec.path) if step != "else"), "")
    invented = spec.constant is not None and name in _OF_A_PERSON and spec.path[0] == "customer"
    if invented and not spec.synthetic and not spec.because:
        raise document.wrong(
            spec.path,
            "is the same for every customer. Say synthetic = true where it is invented, or "
            'because = "…" with whose word it is; reports show either.',
        )


_OTHERS = {"values": _values, "decimal": _decimal, "synthetic": _flag}
