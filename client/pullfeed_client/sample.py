"""`pullfeed sample`: a shop's worth of made-up records, a few per cent of them flawed."""

from __future__ import annotations

import collections
import dataclasses
import json
import pathlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import click

from pullfeed_client import errors, flaws, output, scopes, shop

MANIFEST = "manifest.json"
# Primes, so that flaws and dressings meet ever other records.
_FLAWED_EVERY = 29
_DRESSED_EVERY = 13

_MAKERS: dict[str, Callable[[random.Random, int], dict[str, Any]]] = {
    "customer": shop.customer,
    "order": shop.order,
    "product": shop.product,
}


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How many records of each scope, flawed ones among them."""

    customer: int = 3000
    order: int = 4000
    product: int = 2000


@dataclasses.dataclass(frozen=True)
class Line:
    """One line of a sample file. flaw: None where the record is good."""

    text: str
    record_id: str
    flaw: flaws.Flaw | None


def write(folder: pathlib.Path, seed: int, sizes: Sizes) -> dict[str, Any]:
    """Writes customers.jsonl, orders.jsonl, products.jsonl and manifest.json; the manifest.

    The same seed and sizes give the same bytes on every Python.
    Raises Environment where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = {
            kind.name: _write_scope(folder, kind, seed, getattr(sizes, kind.name))
            for kind in scopes.KINDS.values()
        }
        manifest = {"seed": seed, "scopes": written}
        text = json.dumps(manifest, indent=2)
        (folder / MANIFEST).write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise errors.Environment(f"{folder} cannot be written: {error.strerror}.") from error
    return manifest


def lines(kind: scopes.Kind, seed: int, count: int) -> Iterator[Line]:
    """The lines of one scope; every flaw has its turn."""
    # A generator per scope: one scope's size must not change another's records.
    rng = random.Random(seed * 10 + kind.scope)
    known, dressings = flaws.FLAWS[kind.name], flaws.DRESSINGS[kind.name]
    for number in range(1, count + 1):
        fields = _MAKERS[kind.name](rng, number)
        record_id: str = fields[kind.id_field]
        if number % _FLAWED_EVERY == 0:
            flaw = known[(number // _FLAWED_EVERY - 1) % len(known)]
            yield Line(flaw.line(fields), record_id, flaw)
            continue
        if number % _DRESSED_EVERY == 0:
            dressings[number // _DRESSED_EVERY % len(dressings)](fields)
        yield Line(flaws.encoded(fields), record_id, None)


def _write_scope(folder: pathlib.Path, kind: scopes.Kind, seed: int, count: int) -> dict[str, Any]:
    flawed: list[dict[str, Any]] = []
    name = f"{kind.plural}.jsonl"
    with (folder / name).open("w", encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(lines(kind, seed, count), start=1):
            file.write(f"{line.text}\n")
            if line.flaw:
                told = {"field": line.flaw.field, "reason": line.flaw.reason}
                flawed.append({"line": number, "id": line.record_id} | told)
    by_reason = collections.Counter(flaw["reason"] for flaw in flawed)
    return {
        "file": name,
        "total": count,
        "valid": count - len(flawed),
        "flawed": dict(sorted(by_reason.items())),
        "flaws": flawed,
    }


def size_options(function: Callable[..., None]) -> Callable[..., None]:
    """--seed, --customers, --orders and --products."""
    for field in reversed(dataclasses.fields(Sizes)):
        function = click.option(
            f"--{scopes.KINDS[field.name].plural}",
            type=click.IntRange(0),
            default=field.default,
            show_default=True,
            help=f"Records of scope {field.name}.",
        )(function)
    return click.option("--seed", type=int, default=1, show_default=True, help="Which shop.")(
        function
    )


@click.command("sample")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    required=True,
    help="Folder to write to; made where it is new.",
)
@size_options
@output.json_option
def command(
    out: pathlib.Path, seed: int, customers: int, orders: int, products: int, as_json: bool
) -> None:
    """Writes a sample shop: JSON Lines for each scope, and what should become of them.

    A few per cent are flawed, in every way the rules know; manifest.json says
    which, and why. The same seed gives the same bytes.

    \b
    Example:
      pullfeed sample --seed 1 --out sample
    """
    manifest = write(out, seed, Sizes(customers, orders, products))
    rows = [
        {"scope": name} | {key: told[key] for key in ("file", "total", "valid", "flawed")}
        for name, told in manifest["scopes"].items()
    ]
    if not as_json:
        rows = [row | {"flawed": row["total"] - row["valid"]} for row in rows]
    output.rows(rows, ("scope", "file", "total", "valid", "flawed"), as_json=as_json)
