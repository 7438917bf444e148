"""What a check is, and what it finds."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable
from typing import TypeAlias

from pullfeed_client.importer import contract, evidence, probe, seen

ALL_SCOPES = tuple(contract.SCOPES)
# Without these a page cannot be read at all; each needs the ones before it.
READABLE = ("envelope-status", "has-next-page-boolean")


class Severity(enum.StrEnum):
    """error: an importer loses data, gets wrong data or stops. warning: some importers may."""

    ERROR = "error"
    WARNING = "warning"


@dataclasses.dataclass(frozen=True)
class Finding:
    """What was sent and came, and whether that is right. Never a value of a record."""

    is_right: bool
    sent: str
    came: str


Judge: TypeAlias = Callable[[evidence.Evidence], Finding]


@dataclasses.dataclass(frozen=True)
class Check:
    """One rule of the contract. says: the rule. mend: what to do where it is broken.

    needs: checks without which this one says nothing new. commits: it moves the
    importer's position at the server.
    """

    name: str
    group: str
    severity: Severity
    says: str
    mend: str
    judge: Judge
    scopes: tuple[str, ...]
    needs: tuple[str, ...]
    commits: bool


class Group:
    """The checks about one thing, in the order they are written."""

    def __init__(self, name: str, *, needs: tuple[str, ...] = (), commits: bool = False) -> None:
        self.name = name
        self.checks: list[Check] = []
        self._needs = needs
        self._commits = commits

    def check(
        self,
        name: str,
        *,
        says: str,
        mend: str,
        severity: Severity = Severity.ERROR,
        scopes: tuple[str, ...] = ALL_SCOPES,
        needs: tuple[str, ...] = (),
    ) -> Callable[[Judge], Judge]:
        """Takes a function as the check of this name."""

        def register(judge: Judge) -> Judge:
            self.checks.append(
                Check(
                    name, self.name, severity, says, mend, judge, scopes,
                    (*self._needs, *needs), self._commits,
                )
            )  # fmt: skip
            return judge

        return register


def right(page: seen.Page, came: str = "") -> Finding:
    """It is as the contract says; `came` where the page alone does not show it."""
    return Finding(True, page.exchange.sent, came or page.came)


def wrong(page: seen.Page, came: str = "") -> Finding:
    """It is not."""
    return Finding(False, page.exchange.sent, came or page.came)


def noted(exchange: probe.Exchange, came: str, *, is_right: bool) -> Finding:
    """A finding about an answer that is no page."""
    return Finding(is_right, exchange.sent, came)
