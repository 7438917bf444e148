"""`pullfeed try`: the whole way once, with a sample shop, in front of your eyes."""

from __future__ import annotations

import collections
import dataclasses
import os
import pathlib
import tempfile
from collections.abc import Iterator
from typing import Any, get_args

import click

from pullfeed_client import (
    connection,
    demo,
    errors,
    expectation,
    keys,
    ledger,
    output,
    pull,
    puts,
    sample,
    scopes,
    serve,
    settings,
)
from pullfeed_client.importer import contract, importing, state, transport, walk

_PAGE_SIZE = 250
_SHOWN_IDS = 5

Reasons = dict[str, collections.Counter[str]]


@dataclasses.dataclass(frozen=True)
class Loaded:
    """A scope of the sample in the core. problems: what was not withheld as it should be."""

    expected: dict[str, expectation.Fields]
    by_reason: collections.Counter[str]
    problems: list[str]


@click.command("try")
@click.option("--serve", "is_served", is_flag=True, help="Keep it in this folder and serve it.")
@settings.option("operator-key-file")
@sample.size_options
@click.pass_obj
def command(
    config_file: str | None,
    is_served: bool,
    operator_key_file: str,
    seed: int,
    customers: int,
    orders: int,
    products: int,
) -> None:
    """Loads a sample shop into a core and walks it as an importer, to see that all is right.

    Plain, it uses free ports and a folder that is gone afterwards, and ends with
    exit code 1 if one record is missing, doubled or wrong. With --serve it keeps
    the shop in ./.pullfeed, prints what to paste, and serves until Ctrl-C.

    \b
    Example:
      pullfeed try
      pullfeed try --serve
    """
    sizes = sample.Sizes(customers, orders, products)
    if is_served:
        demo.run(config_file, operator_key_file, seed, sizes)
        return
    with tempfile.TemporaryDirectory(prefix="pullfeed-") as name:
        _check(pathlib.Path(name), seed, sizes)


def _check(folder: pathlib.Path, seed: int, sizes: sample.Sizes) -> None:
    manifest = sample.write(folder / "sample", seed, sizes)
    with serve.serving(_clean_room(), folder) as served:
        key = connection.key_or_file("", str(folder / ".pullfeed" / "operator.key"))
        with connection.opened(served.core, key) as core:
            loaded = {
                name: _loaded(core, folder / "sample", scopes.KINDS[name], told)
                for name, told in manifest["scopes"].items()
            }
            secret = keys.create(core, "importer", "trial", (demo.SHOP,)).secret
        with pull.reached(served.url, secret) as way:
            walks = list(_walks(way, loaded))
    _report(loaded, walks)


def _clean_room() -> dict[str, str]:
    """The environment without any setting of ours, and with free ports."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PULLFEED_")}
    return kept | {
        "PULLFEED_CORE_LISTEN": "127.0.0.1:0",
        "PULLFEED_HTTP_LISTEN": "127.0.0.1:0",
        "PULLFEED_LOG_LEVEL": "warning",
    }


def _loaded(
    core: connection.Core, folder: pathlib.Path, kind: scopes.Kind, told: dict[str, Any]
) -> Loaded:
    refusals: list[puts.Refusal] = []
    path = folder / told["file"]
    outcome = demo.put(core, path, kind, refusals.append)
    flaws = {flaw["line"]: flaw for flaw in told["flaws"]}
    problems = [*_misjudged(refusals, flaws), *_unlisted(core, kind, flaws)]
    if outcome.stored != told["valid"]:
        problems.append(f"{kind.name}: {outcome.stored} stored instead of {told['valid']}")
    expected = expectation.of_file(path, kind.name, kind.id_field, set(flaws))
    return Loaded(expected, outcome.by_reason, problems)


def _misjudged(refusals: list[puts.Refusal], flaws: dict[int, dict[str, Any]]) -> Iterator[str]:
    """Lines that were refused for another reason than theirs, for none, or not at all."""
    found = {refusal.line: refusal.violations for refusal in refusals}
    for line in sorted(found.keys() | flaws.keys()):
        flaw = flaws.get(line)
        due = ((flaw["field"], flaw["reason"]),) if flaw else ()
        if found.get(line, ()) != due:
            yield f"line {line}: refused for {found.get(line, ())} instead of {due}"


def _unlisted(
    core: connection.Core, kind: scopes.Kind, flaws: dict[int, dict[str, Any]]
) -> Iterator[str]:
    """Ids that should stand among the withheld and do not, or the other way round."""
    listed = {record.id for record in ledger.all_withheld(core, demo.SHOP, kind.name)}
    due = {
        flaw["id"]
        for flaw in flaws.values()
        if flaw["field"] != kind.id_field and flaw["reason"] != "BAD_ROW"
    }
    for record_id in sorted(listed ^ due):
        yield f"{kind.name} {record_id}: not listed among the withheld as it should be"


def _walks(way: transport.Transport, loaded: dict[str, Loaded]) -> Iterator[output.Row]:
    """Each scope walked in both modes, committed, and compared with what was due."""
    for name, part in loaded.items():
        kind = scopes.KINDS[name]
        for mode in get_args(walk.Mode):
            outcome, came = _walked(way, kind, mode)
            judged = expectation.compare(part.expected, came, kind.id_field)
            part.problems.extend(_told(name, mode, judged))
            yield {"scope": name, "mode": mode} | _counted(judged, outcome)


def _walked(
    way: transport.Transport, kind: scopes.Kind, mode: walk.Mode
) -> tuple[state.State, list[expectation.Fields]]:
    came: list[expectation.Fields] = []
    order = importing.Order(contract.SCOPES[kind.name], demo.SHOP, mode, _PAGE_SIZE, "each")
    outcome = importing.run(way, order, lambda page: came.extend(page.records))
    return outcome, came


def _counted(judged: expectation.Comparison, outcome: state.State) -> dict[str, int]:
    return {
        "pages": outcome.pages,
        "commits": outcome.commits,
        "delivered": judged.delivered,
        "missing": len(judged.missing),
        "doubled": len(judged.doubled),
        "wrong": len(judged.wrong) + len(judged.foreign),
    }


def _told(scope: str, mode: str, judged: expectation.Comparison) -> Iterator[str]:
    for what in ("missing", "doubled", "wrong", "foreign"):
        ids: list[str] = getattr(judged, what)
        if ids:
            yield f"{scope} by {mode}: {len(ids)} {what}, for example {', '.join(ids[:_SHOWN_IDS])}"


def _report(loaded: dict[str, Loaded], walks: list[output.Row]) -> None:
    output.rows(walks, tuple(walks[0]), as_json=False)
    withheld = [
        {"scope": name, "reason": reason, "withheld": count}
        for name, part in loaded.items()
        for reason, count in sorted(part.by_reason.items())
    ]
    output.rows(withheld, ("scope", "reason", "withheld"), as_json=False)
    problems = [problem for part in loaded.values() for problem in part.problems]
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise errors.Unmet(f"{len(problems)} things are not as they should be.")
    click.echo(
        "Every valid record came exactly once in both modes and was committed; "
        "every flawed one was withheld under its reason."
    )
