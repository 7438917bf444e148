"""One row of a source."""

from __future__ import annotations

from typing import Any, NamedTuple

from pullfeed_client.sources import exact

# No record may be larger than 64 KiB; a line beyond this is no record at all,
# and reading it whole would cost memory.
MAX_ROW_BYTES = 16 * 1024 * 1024


class Row(NamedTuple):
    """One row of a source.

    line: where it ends (CSV) or stands, from 1. fields: None where the row could
    not be read. text: the row as JSON, for a second, exact reading; empty where
    there is none. size: its bytes, roughly. fault: field and reason where a
    mapping could not make a record of it. file: its name where there are several.
    changed: when it was changed, as the source has it; None where nobody asks. more:
    what else a mapping could not read.
    """

    line: int
    fields: dict[str, Any] | None
    text: bytes
    size: int
    fault: tuple[str, str] | None = None
    file: str = ""
    changed: Any = None
    more: tuple[tuple[str, str], ...] = ()

    def exact(self) -> dict[str, Any]:
        """The fields with numbers as they were written. Raises RecursionError."""
        fields: dict[str, Any] = exact.loads(self.text) if self.text else self.fields or {}
        return fields
