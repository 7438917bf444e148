"""`pullfeed check`: does anybody's callback keep the contract."""

from __future__ import annotations

import contextlib
import datetime
import pathlib
from collections.abc import Callable, Generator
from typing import Any, get_args

import click

from pullfeed_client import checklist, disturbance, errors, output, settings
from pullfeed_client.importer import contract, evidence, inspection, probe, transport, walk
from pullfeed_client.importer.reports import junit, lines, page, tally

_FILE = click.Path(dir_okay=False, path_type=pathlib.Path)


@click.command("check")
@click.argument("url")
@click.option("--shop", required=True, help="A shop that has records.")
@settings.option("importer-key", "--key")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(tuple(contract.SCOPES)),
    help="Which kind of record; may be given more than once. All without it.",
)  # fmt: skip
@click.option(
    "--read-only", is_flag=True,
    help="Leave out the commits: they move this key's position, and an importer that starts at "
    "its last commit would get pages 1 and 2 no more.",
)  # fmt: skip
@click.option(
    "--mode", type=click.Choice(("both", *get_args(walk.Mode))), default="both",
    show_default=True, help="Check walks by cursor, by page number, or both.",
)  # fmt: skip
@checklist.only
@checklist.skip
@click.option(
    "--page-size", type=click.IntRange(1, 1000), default=50, show_default=True,
    help="Records a page; fewer where the feed is small.",
)  # fmt: skip
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
    "--disturb", default="", metavar="COMMAND",
    help="Changes some record; run in the middle of walks.",
)  # fmt: skip
@click.option(
    "--faults", type=int, metavar="SEED",
    help="Also import with faults made on purpose, and see that the copy is complete.",
)  # fmt: skip
@click.option(
    "--fail-on", type=click.Choice(("error", "warning")), default="error", show_default=True,
    help="The least severity that ends with exit code 1.",
)  # fmt: skip
@click.option("--junit", "junit_file", type=_FILE, help="Write JUnit XML here.")
@click.option("--html", "html_file", type=_FILE, help="Write one self-contained page here.")
@output.json_option
@checklist.show
def command(
    url: str,
    scopes: tuple[str, ...],
    only: tuple[str, ...],
    skipped: dict[str, str],
    fail_on: str,
    junit_file: pathlib.Path | None,
    html_file: pathlib.Path | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Checks whether the callback at URL keeps the contract, ours or anybody's.

    URL is the base: each scope's path is put behind it. Only HTTP is spoken, and
    of records only ids are shown. Unless --read-only is given, pages 1 and 2 of
    each scope are committed: use a key of a test importer.

    \b
    Example:
      pullfeed check http://127.0.0.1:8080 --shop shop.example --read-only
      pullfeed check --list
    """
    terms = _terms(**asked)
    tell = _teller(as_json=as_json)
    found: list[inspection.Result] = []
    with _probing(url, terms) as way:
        for scope in scopes or tuple(contract.SCOPES):
            case = evidence.Evidence(way, contract.SCOPES[scope], terms)
            _demand_answer(url, case)
            for result in inspection.results(case, checklist.chosen(only), skipped):
                tell(result)
                found.append(result)
    _write(junit_file, lambda: junit.document(found, url))
    _write(html_file, lambda: page.document(found, url, _now()).encode())
    _conclude(found, fail_on, as_json=as_json)


def _terms(
    *,
    shop: str,
    importer_key: str,
    mode: str,
    page_size: int,
    max_pages: int,
    budget: float,
    read_only: bool,
    foreign_shop: str,
    empty_shop: str,
    disturb: str,
    faults: int | None,
) -> evidence.Terms:
    modes: tuple[walk.Mode, ...] = get_args(walk.Mode)
    return evidence.Terms(
        shop=shop,
        key=importer_key,
        modes=modes if mode == "both" else tuple(each for each in modes if each == mode),
        page_size=page_size,
        max_pages=max_pages,
        budget_s=budget,
        is_read_only=read_only,
        foreign_shop=foreign_shop,
        empty_shop=empty_shop,
        disturb=disturbance.by(disturb),
        faults=faults,
    )


def _teller(*, as_json: bool) -> Callable[[inspection.Result], None]:
    if as_json:
        return lambda result: output.json_line(result.fields())
    return lines.Lines().result


@contextlib.contextmanager
def _probing(url: str, terms: evidence.Terms) -> Generator[probe.Probe]:
    try:
        # Longer than the budget, so that a page past it is seen to come all the same.
        way = probe.Probe(url, 2 * terms.budget_s)
        transport.demand_sendable(terms.key)
    except ValueError as error:
        raise errors.Misused(f"{error}.") from error
    try:
        yield way
    finally:
        way.close()


def _demand_answer(url: str, case: evidence.Evidence) -> None:
    exchange = case.first.exchange
    if exchange.answer is None:
        raise errors.Environment(f"{url} gives no answer: {exchange.failure}.")


def _write(file: pathlib.Path | None, document: Callable[[], bytes]) -> None:
    if file is None:
        return
    try:
        file.write_bytes(document())
    except OSError as error:
        raise errors.Environment(f"{file} cannot be written: {error.strerror}.") from error


def _now() -> str:
    return f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC"


def _conclude(found: list[inspection.Result], fail_on: str, *, as_json: bool) -> None:
    if not as_json:
        click.echo(f"\n{tally.sentence(found)}")
    severe = [
        result
        for result in found
        if result.outcome is inspection.Outcome.FAILED
        and (fail_on == "warning" or result.check.severity == "error")
    ]
    if severe:
        raise errors.Unmet(f"{len(severe)} checks failed that count as {fail_on} or worse.")
