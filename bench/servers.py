"""Starts what is measured, each server with the same shop."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import time
from typing import NamedTuple

import grpc

from bench import constant, peer, processes, subject
from pullfeed.v1 import key_service_pb2, key_service_pb2_grpc

SIZES = (50, 250, 1000)
# Cores on one database share it.
SECRETS = "a secret that all cores of a bench share"


class Core(NamedTuple):
    """A core that serves, and its keys."""

    pid: int
    address: str
    operator: str
    importer: str


def core(running: processes.Processes, folder: pathlib.Path, url: str = "") -> Core:
    """Starts pullfeed's core as `pullfeed serve` would. url: of its database, else a new file."""
    address = processes.free_address()
    database = url or f"sqlite:///{folder}/core/pullfeed.db"
    key_file = folder / "core" / "operator.key"
    settings = {"PULLFEED_SECRETS": SECRETS, "PULLFEED_OPERATOR_KEY_FILE": str(key_file)}
    pid = running.start(
        *(address, "pullfeed_server", "--listen", address, "--database", database), env=settings
    )
    operator = key_file.read_text(encoding="ascii").strip()
    asked = key_service_pb2.CreateKeyRequest(
        role=key_service_pb2.ROLE_IMPORTER, importer="bench", shops=["*"]
    )
    with grpc.insecure_channel(address) as channel:
        keys = key_service_pb2_grpc.KeyServiceStub(channel)
        made = keys.CreateKey(asked, metadata=(("x-api-key", operator),))
    return Core(pid, address, operator, made.secret)


def load(served: Core, file: pathlib.Path, name: str) -> float:
    """Seconds that `pullfeed load` takes for a shop's first file, its own start among them."""
    begun = time.perf_counter()
    # It exits with another code than 0 where a row was not stored.
    subprocess.run(
        loading(file, name),
        env=client_environment(served),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - begun


def loading(file: pathlib.Path, name: str) -> list[str]:
    """The command that loads customers."""
    command = ("load", str(file), "--shop", name, "--scope", "customer")
    return [sys.executable, "-m", "pullfeed_client", *command]


def client_environment(served: Core) -> dict[str, str]:
    """The variables of a client that asks this core as its operator."""
    named = {"PULLFEED_CORE": served.address, "PULLFEED_KEY": served.operator}
    return {**processes.environment(), **named}


def facade(running: processes.Processes, served: Core, workers: int) -> list[subject.Subject]:
    """Starts pullfeed's facade; its pages by cursor and by number."""
    address = processes.free_address()
    running.start(
        address,
        "pullfeed_facade",
        *("--listen", address, "--core", served.address, "--workers", str(workers)),
    )
    return [
        subject.Subject(
            f"pullfeed by cursor, w{workers}", address, served.importer, by_cursor=True
        ),
        subject.Subject(f"pullfeed by page, w{workers}", address, served.importer),
    ]


def peers(running: processes.Processes, folder: pathlib.Path, count: int) -> list[subject.Subject]:
    """Starts the hand-written peer under two servers."""
    url = f"sqlite:///{folder / 'peer.db'}"
    peer.fill(url, count)
    env = {peer.DATABASE: url}
    gunicorn, granian = processes.free_address(), processes.free_address()
    bound = ("--bind", gunicorn, "--workers", "2", "--threads", "4", "--no-control-socket")
    running.start(gunicorn, "gunicorn", *bound, "bench.peer:create_app()", env=env)
    _granian(running, granian, "bench.peer:create_app", env)
    return [
        subject.Subject("Flask + SQLAlchemy + OFFSET, gunicorn w2 x 4", gunicorn),
        subject.Subject("the same, granian w2", granian),
    ]


def ceiling(
    running: processes.Processes, folder: pathlib.Path, pages: dict[int, bytes]
) -> subject.Subject:
    """Starts Flask with nothing but these pages, by their size."""
    folder = folder / "pages"
    folder.mkdir()
    for size, page in pages.items():
        (folder / f"{size}.json").write_bytes(page)
    address = processes.free_address()
    _granian(running, address, "bench.constant:create_app", {constant.PAGES: str(folder)})
    return subject.Subject("constant page, Flask, granian w2", address)


def _granian(running: processes.Processes, address: str, target: str, env: dict[str, str]) -> None:
    host, _, port = address.rpartition(":")
    served = ("--host", host, "--port", port, "--interface", "wsgi", "--factory")
    sized = ("--workers", "2", "--blocking-threads", "1", "--log-level", "error")
    running.start(address, "granian", *served, *sized, target, env=env)
