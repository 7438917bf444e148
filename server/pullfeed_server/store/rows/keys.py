"""Keys and importers."""

from __future__ import annotations

from typing import NamedTuple


class KeyRow(NamedTuple):
    """A key. hash: SHA-256 of its secret. revoked_us: 0 while it lives."""

    key_id: str
    role: str
    importer: str
    shops: tuple[str, ...]
    hash: bytes
    created_us: int
    revoked_us: int


class NotifyRow(NamedTuple):
    """Whom to tell of an importer's pages. url: "" for nobody."""

    url: str = ""
    api_key: str = ""
    integration_type_id: str = ""
    allow_private: bool = False


class ImporterRow(NamedTuple):
    """An importer. starts: scope → "full" or "committed"; absent means full."""

    importer: str
    starts: dict[int, str]
    commit_way: str = "importer"
    accept_loss: bool = False
    notify: NotifyRow = NotifyRow()


# What stands of one that nothing was set for.
NEW_IMPORTER = ImporterRow("", {})
