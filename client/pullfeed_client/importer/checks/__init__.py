"""The checks, in the order they run and are listed."""

from __future__ import annotations

from pullfeed_client.importer.checks import (
    access,
    answer,
    commits,
    cursors,
    envelope,
    ordeals,
    paging,
    records,
    refusals,
    registry,
    repeats,
    requests,
    sizes,
    speed,
    walks,
    writes,
)

GROUPS = (
    answer.group,
    envelope.group,
    paging.group,
    sizes.group,
    cursors.group,
    walks.group,
    repeats.group,
    requests.group,
    refusals.group,
    access.group,
    records.group,
    speed.group,
    # What these confirm, a walk that starts at the committed position brings no more.
    commits.group,
    ordeals.group,
    # Last: it changes what the others have seen.
    writes.group,
)
CHECKS: dict[str, registry.Check] = {
    check.name: check for group in GROUPS for check in group.checks
}
