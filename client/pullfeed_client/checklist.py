"""Which checks run: chosen, skipped with a reason, listed."""

from __future__ import annotations

import click

from pullfeed_client import output
from pullfeed_client.importer import checks
from pullfeed_client.importer.checks import registry

_COLUMNS = ("check", "severity", "scopes", "contract", "mend")


def chosen(only: tuple[str, ...]) -> list[registry.Check]:
    """The checks named, in their own order; all where none is named."""
    return [check for check in checks.CHECKS.values() if not only or check.name in only]


def _list(ctx: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if not is_asked or ctx.resilient_parsing:
        return
    rows = (
        {
            "check": check.name,
            "severity": check.severity.value,
            "scopes": list(check.scopes),
            "contract": check.says,
            "mend": check.mend,
        }
        for check in checks.CHECKS.values()
    )
    output.rows(rows, _COLUMNS, as_json=False)
    ctx.exit()


def _reasons(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for said in given:
        name, _divider, reason = said.partition("=")
        if name not in checks.CHECKS or not reason.strip():
            raise click.BadParameter(f"{said!r} is no CHECK=REASON; --list names the checks.")
        reasons[name] = f"{reason.strip()} (--skip)"
    return reasons


only = click.option(
    "--only",
    multiple=True,
    type=click.Choice(tuple(checks.CHECKS)),
    metavar="CHECK",
    help="Run this check; may be given more than once. All without it.",
)
skip = click.option(
    "--skip",
    "skipped",
    multiple=True,
    callback=_reasons,
    metavar="CHECK=REASON",
    help="Leave a check out; the report says why. May be given more than once.",
)
show = click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list,
    help="Name the checks, what each says and how it is mended; needs no URL.",
)
