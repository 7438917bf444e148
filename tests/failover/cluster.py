"""Two PostgreSQL servers, one following the other, and cores that know both."""

from __future__ import annotations

import contextlib
import pathlib
import time
from typing import Any

import sqlalchemy as sa
from tests import postgres
from tests.integration import world as worlds

SECRET = "a secret of thirty-two characters"
# Longer than any of this takes on a busy machine.
WAIT_S = 60
# The servers' own default, which tests else go without.
_DURABLE = {"fsync": "on"}
# Its replay waits before it looks for more once it has come to the end of what it received,
# which may be within a record: then the two positions never meet.
_HAS_REPLAYED_ALL = """
SELECT count(*) = 1 FROM pg_stat_activity
WHERE backend_type = 'startup' AND wait_event = 'RecoveryRetrieveRetryInterval'
"""


class Cluster:
    """A primary with a standby, and two cores with a facade each on one database."""

    def __init__(self, folder: pathlib.Path, *, is_synchronous: bool) -> None:
        """is_synchronous: a commit waits for the standby."""
        self._is_apart = False
        with contextlib.ExitStack() as made:
            self.primary = postgres.Server(_DURABLE)
            made.callback(self.primary.close)
            self._name = str(sa.make_url(self.primary.url()).database)
            self.standby = postgres.Server(_DURABLE, following=self.primary)
            made.callback(self.standby.close)
            if is_synchronous:
                self._set(self.primary, "synchronous_standby_names = '*'")
            self.cores = [self._core(folder) for _ in range(2)]
            for core in self.cores:
                made.callback(core.stop)
            self._made = made.pop_all()

    def follow_no_more(self) -> None:
        """Lets the standby fall behind: what comes from here on it never receives."""
        ((position,),) = self.primary.execute("SELECT pg_current_wal_lsn()::text")
        self._await(f"SELECT pg_last_wal_replay_lsn() >= '{position}'")
        self._set(self.standby, "primary_conninfo = ''")
        self._await("SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'walreceiver'")

    def kill(self) -> None:
        """Ends the primary; the standby has then all that it ever will have of it."""
        self.primary.stop()
        self._await(_HAS_REPLAYED_ALL)

    def lost(self, question: str) -> list[Any]:
        """What the killed server answers, started where no core finds it."""
        if not self._is_apart:
            self.primary.start_apart()
            self._is_apart = True
        return self.primary.execute(question, self._name)

    def kept(self, question: str) -> list[Any]:
        """What the standby answers, promoted or not."""
        return self.standby.execute(question, self._name)

    def _await(self, question: str) -> None:
        until = time.monotonic() + WAIT_S
        while not self.standby.execute(question)[0][0]:
            assert time.monotonic() < until, question

    def close(self) -> None:
        self._made.close()

    def _core(self, folder: pathlib.Path) -> worlds.World:
        hosts = [f"host=127.0.0.1:{server.port}" for server in (self.primary, self.standby)]
        return worlds.World(
            folder,
            database=f"postgresql://pullfeed@/{self._name}?{'&'.join(hosts)}",
            secrets=SECRET,
            operator_key_file=str(folder / "operator.key"),
        )

    @staticmethod
    def _set(server: postgres.Server, setting: str) -> None:
        server.execute(f"ALTER SYSTEM SET {setting}")
        server.execute("SELECT pg_reload_conf()")
