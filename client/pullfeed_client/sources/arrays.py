"""Rows of a file that is one JSON array, read element by element."""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from pullfeed_client import errors
from pullfeed_client.sources import exact, form
from pullfeed_client.sources.row import MAX_ROW_BYTES, Row

_CHUNK_BYTES = 1 << 18
_SPACE = re.compile(r"[ \t\r\n]*")


class _Text:
    """The file's text from where reading stands, with the line it stands on."""

    def __init__(self, stream: io.BufferedReader) -> None:
        start = stream.peek(4)
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(form.encoding_of(start))("surrogateescape")
        self._at = 0
        self.text = ""
        self.line = 1
        self.is_ended = False

    def more(self) -> None:
        """Reads on, and forgets what lies behind."""
        chunk = self._stream.read(_CHUNK_BYTES)
        self.is_ended = not chunk
        self.text = self.text[self._at :] + self._decoder.decode(chunk, final=self.is_ended)
        self._at = 0

    def next_character(self) -> str:
        """The next character that is no white space, which stays; empty at the end."""
        while True:
            space = _SPACE.match(self.text, self._at)
            self.skip_to(space.end() if space else self._at)
            if self._at < len(self.text):
                return self.text[self._at]
            if self.is_ended:
                return ""
            self.more()

    def skip(self) -> None:
        """Past the next character."""
        self._at += 1

    def skip_to(self, place: int) -> None:
        self.line += self.text.count("\n", self._at, place)
        self._at = place

    def value(self, decoder: json.JSONDecoder) -> tuple[Any, int]:
        """The JSON value that stands here, and its size. Raises ValueError where there is none."""
        while True:
            try:
                value, end = decoder.raw_decode(self.text, self._at)
            except json.JSONDecodeError:
                end = len(self.text)
            else:
                # A number may go on behind what was read so far.
                if end < len(self.text) or self.is_ended:
                    size = end - self._at
                    self.skip_to(end)
                    return value, size
            if self.is_ended or end - self._at > MAX_ROW_BYTES:
                raise ValueError("no JSON value")
            self.more()


def rows(stream: io.BufferedReader, name: str) -> Iterator[Row]:
    """The elements as rows; each row's line is the one it begins on.

    Numbers keep the digits they are written with. Where an element is no JSON,
    nothing behind it can be told apart: it becomes the last, broken row.
    Raises Misused where the file is no array, or does not end as one.
    """
    text = _Text(stream)
    if text.next_character() != "[":
        raise errors.Misused(f"{name} is no JSON array. One object a line is --format jsonl.")
    text.skip()
    decoder = exact.decoder()
    if text.next_character() == "]":
        return
    while True:
        text.next_character()
        line = text.line
        try:
            value, size = text.value(decoder)
        except (ValueError, RecursionError):
            yield Row(line, None, b"", 0)
            return
        yield Row(line, value if isinstance(value, dict) else None, b"", size)
        if (follows := text.next_character()) == "]":
            return
        if follows != ",":
            raise errors.Misused(f"{name} is cut off or no JSON array behind line {text.line}.")
        text.skip()
