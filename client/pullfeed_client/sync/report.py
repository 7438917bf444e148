"""What people and scripts are told of a pass."""

from __future__ import annotations

import datetime

import click

from pullfeed_client import output, puts
from pullfeed_client.sync import sweep

SHOWN_REFUSALS = 20
COLUMNS = (
    "scope", "read", "stored", "unchanged", "stale", "withheld", "vanished", "removed", "held",
)  # fmt: skip


def row(scope: str, report: sweep.Report, invented: dict[str, int], *, as_json: bool) -> output.Row:
    """A pass over one scope as a row of a listing."""
    outcome = report.outcome
    counts = {
        "scope": scope,
        "read": report.read,
        "stored": outcome.stored,
        "unchanged": outcome.unchanged,
        "stale": outcome.stale,
        "withheld": outcome.withheld,
        "vanished": report.vanished if report.was_whole else None,
        "removed": report.removed,
        "held": report.held,
    }
    if not as_json:
        return counts
    by_reason = dict(sorted(outcome.by_reason.items()))
    return {**counts, "by_reason": by_reason, "synthetic": invented}


def log(found: output.Row, *, as_json: bool) -> None:
    """Prints the same as one line, with its time."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if as_json:
        output.json_line({"time": now, **found})
        return
    told = [f"{name} {found[name]}" for name in COLUMNS[1:] if found[name]]
    click.echo(f"{now} {found['scope']}: {', '.join(told) or 'nothing'}")


def warn(scope: str, shop: str, report: sweep.Report, lost: list[puts.Refusal]) -> None:
    """Says on stderr what a person has to look at. lost: the first rows without a usable id."""
    for refusal in lost:
        click.echo(f"{refusal.told()}; without a usable id it is named here only", err=True)
    if report.nameless > len(lost):
        click.echo(f"… {report.nameless:,} such rows in all.", err=True)
    if report.held:
        _alarm(
            f"{report.held:,} {scope} records are no longer in the source. They are held instead "
            f"of removed: see `pullfeed approve --shop {shop} --scope {scope}`."
        )
    elif report.vanished and not report.read:
        _alarm(
            f"The source has no {scope} at all: nothing was removed, though the shop has "
            f"{report.vanished:,}."
        )


def _alarm(sentence: str) -> None:
    click.secho(sentence, fg="red", err=True)


def is_unmet(report: sweep.Report) -> bool:
    """Is there something that a person should see to."""
    is_empty = bool(report.vanished) and not report.read
    return bool(report.outcome.withheld or report.held or is_empty)
