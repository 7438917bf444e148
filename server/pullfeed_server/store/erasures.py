"""The part of the store's contract that is about what was erased."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from pullfeed_server.store import rows


class Erasures(Protocol):
    """What was erased, and what of it may be put again."""

    def known(self, shop: str, scope: int, ids: Sequence[str]) -> dict[str, rows.ErasureRow]:
        """Those of these ids that were ever erased. ids: at most 1,000."""
        ...

    def set(self, shop: str, scope: int, erasures: Sequence[rows.ErasureRow]) -> None:
        """Notes erasures, lifted or not; replaces what was noted of their ids."""
        ...

    def lift(self, shop: str, scope: int, ids: Iterable[str]) -> None:
        """Lets ids be put again."""
        ...
