"""`pullfeed simulate`: many importers at once against a running server."""

from __future__ import annotations

import ipaddress
import pathlib
import time
import urllib.parse
from typing import Any, get_args

import click

from pullfeed_client import errors, output, settings
from pullfeed_client.importer import contract, simulation, walk

_FILE = click.Path(exists=True, dir_okay=False, path_type=pathlib.Path)
_TIMEOUT_S = 30.0


@click.command("simulate")
@click.argument("url")
@click.option(
    "--importers", type=click.IntRange(1, 500), default=10, show_default=True,
    help="How many walk at a time.",
)  # fmt: skip
@click.option(
    "--minutes", type=click.FloatRange(0, 60, min_open=True), default=1.0, show_default=True
)
@click.option(
    "--shops", type=click.IntRange(1, 100_000), default=1, show_default=True,
    help="How many shops the pattern names.",
)  # fmt: skip
@click.option(
    "--shop-pattern", default="shop-{}.example", show_default=True, metavar="TEXT",
    help="The shops' domains; {} is a number from 1 on. Without {} it is one shop.",
)  # fmt: skip
@click.option("--shops-file", type=_FILE, help="Domains, one a line, instead of a pattern.")
@settings.option("importer-key", "--key")
@click.option(
    "--keys-file", type=_FILE,
    help="Keys, one a line, instead of one for all; the importers use them in turn.",
)  # fmt: skip
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(tuple(contract.SCOPES)),
    help="Which kind of record; may be given more than once. All without it.",
)  # fmt: skip
@click.option(
    "--mode", type=click.Choice(("both", *get_args(walk.Mode))), default="cursor",
    show_default=True, help="Walk by cursor, by page number, or by turns.",
)  # fmt: skip
@click.option("--page-size", type=click.IntRange(1, 1000), default=250, show_default=True)
@click.option("--commit", "has_commits", is_flag=True, help="Commit each page: moves positions.")
@click.option("--seed", type=int, default=1, show_default=True, help="Decides who walks what.")
@click.option(
    "--allow-host", default="", metavar="HOST",
    help="Drive this host though it is not this machine; asks once more.",
)  # fmt: skip
@output.json_option
def command(url: str, allow_host: str, as_json: bool, **asked: Any) -> None:
    """Drives the server at URL with many importers, and tells how it held.

    Each importer walks one feed after the other, from its first page to its last.
    Shops and keys must be there before: a key for all shops is the plain way.
    Importers that share a key are one to the server; by page number they then
    share one walk a feed, so give each a key of its own for --mode page.

    A walk must bring every id that the first walk of its feed brought; where
    records are deleted meanwhile, that is told too.

    \b
    Example:
      pullfeed simulate http://127.0.0.1:8080 --importers 50 --shops 200 --minutes 2 --key pf_…
      pullfeed keys new --role importer --importer load --shop '*'   makes such a key
    """
    _demand_leave(url, allow_host)
    load = _load(url, **asked)
    began = time.monotonic()
    totals = simulation.run(load)
    _report(load, totals, time.monotonic() - began, as_json=as_json)


def _load(
    url: str,
    *,
    importers: int,
    minutes: float,
    shops: int,
    shop_pattern: str,
    shops_file: pathlib.Path | None,
    importer_key: str,
    keys_file: pathlib.Path | None,
    scopes: tuple[str, ...],
    mode: str,
    page_size: int,
    has_commits: bool,
    seed: int,
) -> simulation.Load:
    modes: tuple[walk.Mode, ...] = get_args(walk.Mode)
    return simulation.Load(
        url=url,
        keys=_lines(keys_file) or (importer_key,),
        shops=_lines(shops_file) or _shops(shop_pattern, shops),
        scopes=scopes or tuple(contract.SCOPES),
        modes=modes if mode == "both" else tuple(each for each in modes if each == mode),
        importers=importers,
        seconds=minutes * 60,
        page_size=page_size,
        has_commits=has_commits,
        timeout_s=_TIMEOUT_S,
        seed=seed,
    )


def _demand_leave(url: str, allow_host: str) -> None:
    """Raises Misused for another machine that is not allowed; asks where it is."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        raise errors.Misused(f"{url} is no http:// or https:// address.")
    if _is_here(host):
        return
    if host != allow_host:
        raise errors.Misused(
            f"{host} is another machine. If it is yours and may be loaded: --allow-host {host}."
        )
    click.confirm(f"Drive {host} with many importers at once?", abort=True)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _lines(file: pathlib.Path | None) -> tuple[str, ...]:
    if file is None:
        return ()
    found = tuple(file.read_text(encoding="utf-8").split())
    if not found:
        raise errors.Misused(f"{file} is empty.")
    return found


def _shops(pattern: str, count: int) -> tuple[str, ...]:
    if "{}" not in pattern:
        return (pattern,)
    return tuple(pattern.replace("{}", str(number)) for number in range(1, count + 1))


def _report(
    load: simulation.Load, totals: simulation.Totals, took_s: float, *, as_json: bool
) -> None:
    told = {
        "importers": load.importers,
        "shops": len(load.shops),
        "seconds": round(took_s, 1),
        "walks": totals.whole,
        "cut": totals.cut,
        "lacking": len(totals.lacking),
        "errors": totals.errors.total(),
        "records": totals.records,
    }
    output.rows([told], tuple(told), as_json=as_json)
    times = [_times("page", totals.page_s, took_s), _times("commit", totals.commit_s, took_s)]
    output.rows(times, tuple(times[0]), as_json=as_json)
    if totals.errors:
        faults = [{"error": name, "count": many} for name, many in totals.errors.most_common()]
        output.rows(faults, ("error", "count"), as_json=as_json)
    _conclude(totals)


def _times(name: str, seconds: list[float], took_s: float) -> output.Row:
    return {
        "answer": name,
        "count": len(seconds),
        "per_second": round(len(seconds) / took_s, 1),
        "p50_ms": simulation.percentile_ms(seconds, 50),
        "p90_ms": simulation.percentile_ms(seconds, 90),
        "p99_ms": simulation.percentile_ms(seconds, 99),
        "max_ms": round(max(seconds, default=0.0) * 1000, 1),
    }


def _conclude(totals: simulation.Totals) -> None:
    for example in totals.lacking[:3]:
        click.echo(f"lacking in a later walk: {example}", err=True)
    if totals.errors or totals.lacking:
        raise errors.Unmet(
            f"{totals.errors.total()} errors, {len(totals.lacking)} walks that lack a record."
        )
    if not totals.whole:
        raise errors.Unmet("No walk came to its end: give it more --minutes.")
