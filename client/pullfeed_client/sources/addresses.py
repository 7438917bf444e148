"""Addresses of databases: SQLAlchemy URLs, or the environment variable that holds one."""

from __future__ import annotations

import os

import sqlalchemy as sa
from sqlalchemy import exc

from pullfeed_client import errors

_ENV = "env:"
# The driver we name where the URL names none.
_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
_SECRETS = ("password", "sslpassword", "passwd")
_MASK = "…"


def is_one(text: str) -> bool:
    """Does the text name a database, and no file."""
    return text.startswith(_ENV) or "://" in text


def is_shown(text: str) -> bool:
    """May the text be written down: it is an env: name, or a URL without a password."""
    return text.startswith(_ENV) or not _secrets(resolved(text))


def resolved(text: str) -> sa.URL:
    """The URL, from the environment where the text says env:NAME.

    Raises Misused, and never tells what it read: a password may be in it.
    """
    name = text.removeprefix(_ENV) if text.startswith(_ENV) else ""
    url = os.environ.get(name, "") if name else text
    if not url:
        raise errors.Misused(
            f"The database is to come from the environment variable {name}, and that is not set."
        )
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError as error:
        where = f"in {name}" if name else "given"
        raise errors.Misused(
            f"The database address {where} is no URL like postgresql://USER@HOST/NAME."
        ) from error
    return parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))


def told(url: sa.URL) -> str:
    """The URL as people may see it."""
    kept = url.difference_update_query(_SECRETS)
    return kept.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)


def without_secrets(text: str, url: sa.URL) -> str:
    """A driver's sentence, on one line, without the URL's passwords."""
    for secret in _secrets(url):
        text = text.replace(secret, _MASK)
    return " ".join(text.split())


def _secrets(url: sa.URL) -> list[str]:
    found = [str(url.password or ""), *(str(url.query.get(name, "")) for name in _SECRETS)]
    return [secret for secret in found if secret]
