"""A page answer as it came, read loosely: the checks judge it, so nothing is assumed."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, NamedTuple, NoReturn, TypeAlias, cast

from pullfeed_client.importer import probe

Fields: TypeAlias = dict[str, Any]


class Key(NamedTuple):
    """A record's id and a digest of its content."""

    id: str
    digest: int


@dataclasses.dataclass(frozen=True)
class Page:
    """What an answer shows of a page.

    envelope: all but the data; None where the body is no JSON object. has_next and
    cursor: None where there is none of the right type. keys: of the records, in
    their order. is_page: does it look like one, so that an importer would take it.
    """

    exchange: probe.Exchange
    envelope: Fields | None
    data: str
    meta: Fields
    has_next: bool | None
    cursor: str | None
    keys: tuple[Key, ...]

    @property
    def is_page(self) -> bool:
        return (
            self.exchange.status == 200
            and self.envelope is not None
            and self.envelope.get("status", "success") == "success"
            and self.data == "list"
            and bool(self.meta)
        )

    @property
    def commit_token(self) -> str:
        """The X-Commit-Token header; empty where there is none."""
        return self.exchange.header("x-commit-token")

    @property
    def came(self) -> str:
        """The answer in one line, without any value of a record."""
        if not self.is_page:
            return answered(self.exchange)
        told = {True: "true", False: "false", None: "no boolean"}[self.has_next]
        cursor = "null" if self.meta.get("cursor") is None else "given"
        return f"HTTP 200, {len(self.keys)} records, has_next_page {told}, cursor {cursor}"


def page(exchange: probe.Exchange, id_field: str) -> Page:
    """The page an exchange brought."""
    document = document_of(exchange.body)
    envelope = cast("Fields", document) if isinstance(document, dict) else None
    head = {} if envelope is None else {name: envelope[name] for name in envelope if name != "data"}
    meta: Any = head.get("meta")
    meta = cast("Fields", meta) if isinstance(meta, dict) else {}
    has_next, cursor = meta.get("has_next_page"), meta.get("cursor")
    return Page(
        exchange=exchange,
        envelope=None if envelope is None else head,
        data=_kind((envelope or {}).get("data", ...)),
        meta=meta,
        has_next=has_next if isinstance(has_next, bool) else None,
        cursor=cursor if isinstance(cursor, str) and cursor else None,
        keys=tuple(key(record, id_field) for record in records(exchange)),
    )


def records(exchange: probe.Exchange) -> list[Fields]:
    """The objects among the answer's data."""
    document = document_of(exchange.body)
    data: Any = cast("Fields", document).get("data") if isinstance(document, dict) else None
    found = cast("list[object]", data) if isinstance(data, list) else []
    return [cast("Fields", record) for record in found if isinstance(record, dict)]


def document_of(body: bytes) -> Any:
    """The JSON document in UTF-8; None where it is none."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except (UnicodeDecodeError, ValueError, RecursionError):
        return None


def answered(exchange: probe.Exchange) -> str:
    """What came, in one line: the status, and an error's own reason and sentence, masked."""
    if exchange.answer is None:
        return f"no answer: {exchange.failure}"
    document = document_of(exchange.body)
    told = cast("Fields", document) if isinstance(document, dict) else {}
    words = [f"HTTP {exchange.status}"]
    error: Any = told.get("error")
    if isinstance(error, dict):
        words.append(probe.masked(str(cast("Fields", error).get("reason", ""))))
    message = told.get("message")
    if isinstance(message, str) and message:
        words.append(f'"{probe.masked(message)}"')
    return " ".join(word for word in words if word)


def _no_number(constant: str) -> NoReturn:
    # Python reads NaN and Infinity; JSON has neither.
    raise ValueError(constant)


def _kind(value: Any) -> str:
    if value is ...:
        return "absent"
    if isinstance(value, list):
        items = cast("list[object]", value)
        is_right = all(isinstance(item, dict) for item in items)
        return "list" if is_right else "a list with something that is no object"
    names = {"dict": "object", "str": "text", "bool": "boolean", "NoneType": "null"}
    name = type(value).__name__
    return names.get(name, name)


def key(record: Fields, id_field: str) -> Key:
    """A record's id and digest."""
    return Key(str(record.get(id_field, "")), hash(json.dumps(record, sort_keys=True)))
