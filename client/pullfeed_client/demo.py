"""`pullfeed try --serve`: the sample shop in this folder, served until Ctrl-C."""

from __future__ import annotations

import os
import pathlib
import sys
from collections.abc import Callable

import click

from pullfeed_client import connection, errors, keys, puts, sample, scopes, serve
from pullfeed_client.sources import files

SHOP = "demo.example"
_IMPORTER = "demo"
_STATE = pathlib.Path(".pullfeed")
_KEY_FILE = _STATE / "demo.key"


def run(config_file: str | None, operator_key_file: str, seed: int, sizes: sample.Sizes) -> None:
    """Serves the sample shop, and prints what to paste; comes back after Ctrl-C."""
    # One line a call would bury what is printed here; who wants it says so.
    quiet = {"PULLFEED_LOG_LEVEL": os.environ.get("PULLFEED_LOG_LEVEL", "warning")}
    env = serve.environment(config_file, quiet)
    with serve.until_stopped(), serve.serving(env, pathlib.Path()) as served:
        manifest = sample.write(_STATE / "sample", seed, sizes)
        key = connection.key_or_file("", operator_key_file)
        with connection.opened(served.core, key) as core:
            for name, told in manifest["scopes"].items():
                put(core, _STATE / "sample" / told["file"], scopes.KINDS[name], lambda _: None)
            secret = importer_key(core, _KEY_FILE)
        click.echo(_instructions(served.url, secret))
        served.processes.wait()


def put(
    core: connection.Core,
    path: pathlib.Path,
    kind: scopes.Kind,
    on_refusal: Callable[[puts.Refusal], None],
) -> puts.Outcome:
    """Loads a sample file into the demonstration shop."""
    with path.open("rb") as file:
        rows = files.json_lines(file)
        return puts.run(core, rows, puts.Target(SHOP, kind), on_refusal, lambda _: None)


def importer_key(core: connection.Core, file: pathlib.Path) -> str:
    """The demonstration importer's key: the one in the file while it lives, else a new one.

    A lost key cannot be read again, so those that live are ended first: an
    importer has two at most.
    """
    kept = file.read_text(encoding="ascii").strip() if file.exists() else ""
    live = [
        key.key_id
        for key in keys.all_keys(core)
        if key.importer == _IMPORTER and not key.HasField("revoked_date")
    ]
    if any(kept.startswith(f"pf_{key_id}_") for key_id in live):
        return kept
    for key_id in live:
        keys.revoke(core, key_id)
    secret = keys.create(core, "importer", _IMPORTER, (SHOP,)).secret
    _keep(file, secret)
    return secret


def _keep(file: pathlib.Path, secret: str) -> None:
    try:
        file.unlink(missing_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(f"{secret}\n")
    except OSError as error:
        raise errors.Environment(f"{file} cannot be written: {error.strerror}.") from error


def _instructions(url: str, secret: str) -> str:
    urls = "\n".join(f"  POST {url}/{kind.plural}" for kind in scopes.KINDS.values())
    # As it was called: from make it is in no directory of PATH.
    called = sys.argv[0] if pathlib.Path(sys.argv[0]).name == "pullfeed" else "pullfeed"
    sent = f"-H 'X-Api-Key: {secret}' -d '{{\"shop\":\"{SHOP}\"}}'"
    return f"""\
The sample shop {SHOP} is served. Callback URLs:
{urls}
Importer key (kept in {_KEY_FILE}):
  {secret}
A page, and its commit:
  curl -s -X POST '{url}/customers?page=1&page_size=2' {sent}
  curl -s -X POST '{url}/customers/commit?page=1&page_size=2' {sent}
The whole walk:
  {called} pull {url} --shop {SHOP} --scope customer --key {secret}
Ctrl-C stops it."""
