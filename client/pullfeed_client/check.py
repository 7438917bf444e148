"""`pullfeed check`: does anybody's callback keep the contract."""

from __future__ import annotations

import contextlib
import datetime
import pathlib
import shlex
import subprocess
from collections.abc import Callable, Generator, Iterator
from typing import get_args

import click

from pullfeed_client import errors, output, settings
from pullfeed_client.importer import checks, contract, evidence, inspection, probe
from pullfeed_client.importer.checks import registry
from pullfeed_client.importer.reports import junit, lines, page, tally

_LISTED = ("check", "group", "severity", "contract")


def _list(ctx: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if is_asked and not ctx.resilient_parsing:
        rows = (
            {
                "check": check.name,
                "group": check.group,
                "severity": check.severity.value,
                "contract": check.says,
            }
            for check in checks.CHECKS.values()
        )
        output.rows(rows, _LISTED, as_json=bool(ctx.params.get("as_json")))
        ctx.exit()


def _reasons(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """By check, why it is skipped."""
    reasons: dict[str, str] = {}
    for text in given:
        name, _divider, reason = text.partition("=")
        if name not in checks.CHECKS or not reason.strip():
            raise click.BadParameter(f"{text!r} is no CHECK=REASON; --list names the checks")
        reasons[name] = reason.strip()
    return reasons


@click.command("check")
@click.argument("url")
@click.option("--shop", required=True, help="A shop with some records.")
@settings.option("importer-key", "--key")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(tuple(contract.SCOPES)),
    help="Which kind of record; may be given more than once. All without it.",
)  # fmt: skip
@click.option(
    "--read-only", is_flag=True,
    help="Leave out the commits. They move this key's position: an importer that starts at the "
    "committed position would get pages 1 and 2 no more.",
)  # fmt: skip
@click.option(
    "--mode", type=click.Choice(("both", *get_args(evidence.Mode))), default="both",
    show_default=True, help="Check walks by cursor, by page number, or both.",
)  # fmt: skip
@click.option(
    "--only", multiple=True, type=click.Choice(tuple(checks.CHECKS)), metavar="CHECK",
    help="Run this check; may be given more than once. All without it.",
)  # fmt: skip
@click.option(
    "--skip", "skipped", multiple=True, callback=_reasons, metavar="CHECK=REASON",
    help="Leave a check out; the report says why.",
)  # fmt: skip
@click.option("--page-size", type=click.IntRange(1), default=50, show_default=True)
@click.option(
    "--max-pages", type=click.IntRange(1), default=1000, show_default=True,
    help="Break a walk off after so many pages.",
)  # fmt: skip
@click.option(
    "--budget", type=click.FloatRange(0, min_open=True), default=10.0, show_default=True,
    help="Seconds a page may take.",
)  # fmt: skip
@click.option("--foreign-shop", default="", help="A shop that exists and this key must not see.")
@click.option("--empty-shop", default="", help="A shop without records.")
@click.option(
    "--disturb", metavar="COMMAND", help="Run in the middle of a walk: changes some record."
)
@click.option(
    "--fail-on", type=click.Choice(("error", "warning")), default="error", show_default=True,
    help="The least severity that ends with exit code 1.",
)  # fmt: skip
@click.option("--junit", "junit_file", type=click.Path(dir_okay=False, path_type=pathlib.Path),
    help="Write a report for build servers here.",
)  # fmt: skip
@click.option("--html", "html_file", type=click.Path(dir_okay=False, path_type=pathlib.Path),
    help="Write a report for browsers here.",
)  # fmt: skip
@output.json_option
@click.option("--list", is_flag=True, is_eager=True, expose_value=False, callback=_list,
    help="Name the checks and what they say.",
)  # fmt: skip
def command(
    url: str,
    scopes: tuple[str, ...],
    only: tuple[str, ...],
    skipped: dict[str, str],
    fail_on: str,
    junit_file: pathlib.Path | None,
    html_file: pathlib.Path | None,
    as_json: bool,
    mode: str,
    disturb: str | None,
    **asked: object,
) -> None:
    """Checks whether the callback at URL keeps the contract, ours or anybody's.

    URL is the base: each scope's path is put behind it. Speaks HTTP only, shows
    ids at most of what records hold, and keeps nothing. Unless --read-only is
    given it commits pages 1 and 2 of each scope.

    \b
    Example:
      pullfeed check http://127.0.0.1:8080 --shop shop.example --key pf_… --read-only
    """
    terms = _terms(mode, disturb, asked)
    chosen = [check for check in checks.CHECKS.values() if not only or check.name in only]
    tell = _teller(as_json=as_json)
    found: list[inspection.Result] = []
    with _probing(url, terms.budget_s) as way:
        for scope in scopes or tuple(contract.SCOPES):
            case = evidence.Evidence(way, contract.SCOPES[scope], terms)
            _demand_answer(url, case)
            for result in inspection.results(case, chosen, skipped):
                tell(result)
                found.append(result)
    _write(junit_file, lambda: junit.document(found, url))
    _write(html_file, lambda: page.document(found, url, _now()).encode())
    _conclude(found, fail_on, as_json=as_json)
