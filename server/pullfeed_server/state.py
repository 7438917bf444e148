"""What lies beside a database: the folder, the secrets in it, files for their owner alone."""

from __future__ import annotations

import os
import pathlib
import secrets

import sqlalchemy as sa

from pullfeed_server import errors
from pullfeed_server.store import dialects

_MIN_SECRET_CHARS = 32
# Where a core on a database of its own server keeps its operator key; the client looks there.
_SHARED = pathlib.Path(".pullfeed")


def folder(url: str) -> pathlib.Path:
    """Where state lies that is no row: beside an SQLite file, else in ./.pullfeed."""
    if dialects.is_shared(url):
        return _SHARED
    database = sa.make_url(url).database
    # Where links lead, as the store takes it.
    return pathlib.Path(database or ".").resolve().parent


def ring(given: str, beside: pathlib.Path) -> list[bytes]:
    """The secrets that sign: given, or made at the first start and kept. Raises Unusable."""
    if given:
        return [secret.encode() for secret in given_ring(given)]
    path = secrets_file(beside)
    if not path.exists():
        write_private(path, secrets.token_urlsafe(48))
    return [secret.encode() for secret in kept_ring(beside)]


def secrets_file(beside: pathlib.Path) -> pathlib.Path:
    """The file of the secrets in a folder."""
    return beside / "secrets"


def given_ring(given: str) -> list[str]:
    """The secrets in a setting. Raises Unusable."""
    found = [secret.strip() for secret in given.split(",")]
    return _checked(found, "the setting secrets (PULLFEED_SECRETS)")


def kept_ring(beside: pathlib.Path) -> list[str]:
    """The secrets that are kept in a folder. Raises Unusable."""
    path = secrets_file(beside)
    return _checked(read(path).split(), f"the file {path}")


def read(path: pathlib.Path) -> str:
    """The file's text. Raises Unusable."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise errors.Unusable(f"The file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise errors.Unusable(f"The file {path} cannot be read: it is not UTF-8.") from error


def write_private(path: pathlib.Path, text: str) -> None:
    """Replaces the file in one step; only its owner may read it. Raises Unusable."""
    try:
        _replace(path, path.with_name(f"{path.name}.new"), text)
    except OSError as error:
        raise errors.Unusable(f"The file {path} cannot be written: {error.strerror}.") from error


def _checked(found: list[str], origin: str) -> list[str]:
    if not found or any(len(secret) < _MIN_SECRET_CHARS for secret in found):
        raise errors.Unusable(
            f"There must be a secret in {origin}, and each needs "
            f"{_MIN_SECRET_CHARS} characters or more."
        )
    return found


def _replace(path: pathlib.Path, made: pathlib.Path, text: str) -> None:
    made.unlink(missing_ok=True)
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)
