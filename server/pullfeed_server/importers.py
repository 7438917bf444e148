"""An importer's settings: where its walks begin, how it commits, and whom to tell."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from typing import NamedTuple

from pullfeed_server import errors, walks
from pullfeed_server.store import rows

# How pages are confirmed: the importer commits; asking for the next page confirms;
# the 2xx of the importer's commit URL does.
BY_IMPORTER, BY_NEXT_PAGE, BY_NOTIFY = "importer", "next_page", "notify"


class Change(NamedTuple):
    """What is to be set. What is empty or None stays as it is, an empty api_key too."""

    starts: Mapping[int, str]
    commit_way: str
    accept_loss: bool | None
    notify: rows.NotifyRow | None


def changed(known: rows.ImporterRow, change: Change) -> rows.ImporterRow:
    """The importer with the change. Raises FieldInvalid, LossNotAccepted."""
    notify = known.notify
    if change.notify is not None:
        api_key = change.notify.api_key or notify.api_key
        notify = change.notify._replace(api_key=api_key)
    row = rows.ImporterRow(
        known.importer,
        {**known.starts, **change.starts},
        change.commit_way or known.commit_way,
        known.accept_loss if change.accept_loss is None else change.accept_loss,
        notify,
    )
    _check_losses(row)
    _check_notify(row)
    return row


def _check_losses(row: rows.ImporterRow) -> None:
    begins_at_commit = walks.START_COMMITTED in row.starts.values()
    if row.commit_way == BY_NEXT_PAGE and begins_at_commit and not row.accept_loss:
        raise errors.LossNotAccepted


def _check_notify(row: rows.ImporterRow) -> None:
    if not row.notify.url:
        if row.commit_way == BY_NOTIFY:
            raise _url_invalid("Say which URL to tell of pages: notify.url.")
        return
    if not row.notify.url.startswith("https:") and not row.notify.allow_private:
        raise _url_invalid("notify.url must be https; http is for allow_private alone.")
    if not _is_callable(row.notify.url):
        raise _url_invalid(
            "notify.url must name a host, in ASCII, and no user or password: the key is api_key."
        )


def _is_callable(url: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(url)
        # Reading the port raises where it is none.
        is_named = bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False
    return is_named and url.isascii()


def _url_invalid(sentence: str) -> errors.FieldInvalid:
    return errors.FieldInvalid(sentence, field="notify.url")
