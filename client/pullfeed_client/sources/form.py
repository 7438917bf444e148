"""How a file is written: given, or found from its name and its beginning."""

from __future__ import annotations

import codecs
import csv
import dataclasses
import itertools
import pathlib
from collections.abc import Iterator

from pullfeed_client import errors

FORMATS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".parquet": "parquet",
}
NAMES = ("jsonl", "csv", "json", "parquet")
STDIN = "-"

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = (",", ";", "\t", "|")
_LOOKED_AT_ROWS = 50


@dataclasses.dataclass(frozen=True)
class Form:
    """How a file is written; what is None is found.

    header: does the first row name the columns. columns: their names where it does
    not, or other names than it has. quote: empty where nothing is quoted.
    """

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    header: bool = True
    columns: tuple[str, ...] = ()


def format_of(name: str, form: Form) -> str:
    """The format of a file, by its ending where it is not given. Raises Misused."""
    if form.format:
        return form.format
    if name == STDIN:
        return "jsonl"
    if not is_known(name):
        raise errors.Misused(f"{name}: say --format {', '.join(NAMES[:-1])} or {NAMES[-1]}.")
    return FORMATS[_ending(name)]


def encoding_of(start: bytes) -> str:
    """The encoding a byte order mark names; UTF-8 without one.

    Which of the one-byte encodings a file is in cannot be seen: it must be given.
    """
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    return "utf-8"


def with_csv_found(form: Form, start: bytes) -> Form:
    """The form with encoding, delimiter and quote filled in. start: the file's first bytes."""
    encoding = form.encoding or encoding_of(start)
    text = start.decode(encoding, errors="ignore")
    delimiters = _DELIMITERS if form.delimiter is None else (form.delimiter,)
    quotes = _quotes(text) if form.quote is None else (form.quote,)
    candidates = [(delimiter, quote) for quote in quotes for delimiter in delimiters]
    # The first of those that fit best.
    delimiter, quote = max(candidates, key=lambda found: _regularity(text, *found))
    return dataclasses.replace(form, encoding=encoding, delimiter=delimiter, quote=quote)


def _quotes(text: str) -> tuple[str, ...]:
    """The apostrophe comes second: names begin with it, too."""
    return ('"',) if '"' in text else ('"', "'")


def _regularity(text: str, delimiter: str, quote: str) -> tuple[float, int]:
    """How well rows fit: the share that is as wide as the first, then that width."""
    lines = text.splitlines(keepends=True)
    if len(lines) > 1 and not lines[-1].endswith("\n"):
        # Cut off where the beginning ends.
        lines.pop()
    reader = csv.reader(lines, Dialect(delimiter, quote))
    widths = list(itertools.islice(_widths(reader), _LOOKED_AT_ROWS))
    if not widths or widths[0] < 2:
        return 0.0, 0
    return widths.count(widths[0]) / len(widths), widths[0]


def _widths(reader: Iterator[list[str]]) -> Iterator[int]:
    """How many cells each row has; 0 where it cannot be read."""
    while True:
        try:
            yield len(next(reader))
        except StopIteration:
            return
        except csv.Error:
            yield 0


class Dialect(csv.Dialect):
    """A form as the csv module takes it. Strict: what is no CSV is an error, not a value."""

    doublequote = True
    skipinitialspace = False
    lineterminator = "\r\n"
    strict = True

    def __init__(self, delimiter: str, quote: str, escape: str | None = None) -> None:
        self.delimiter = delimiter
        self.quotechar = quote or None
        self.quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
        self.escapechar = escape
        super().__init__()


def is_encoding(name: str) -> bool:
    """Does Python know this encoding."""
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


def is_folder(name: str) -> bool:
    """Is it a folder, and not a file or standard input."""
    return name != STDIN and pathlib.Path(name).is_dir()


def is_known(name: str) -> bool:
    """Does the file's name end as one of the formats does."""
    return _ending(name) in FORMATS


def _ending(name: str) -> str:
    return pathlib.PurePath(name.lower().removesuffix(".gz")).suffix
