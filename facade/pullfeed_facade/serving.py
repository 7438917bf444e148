"""The application under granian: processes, each with a few threads."""

from __future__ import annotations

import functools
import http.client
import ipaddress
import math
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from multiprocessing import process, resource_tracker
from typing import Any

import click
import flask
import granian
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.common import AbstractServer

from pullfeed_facade import app, core, listener, log
from pullfeed_facade.settings import Address, Settings

# Where the facade finds itself when it listens on every interface.
LOOPBACK = {str(ipaddress.IPv4Address(0)): "127.0.0.1", "::": "::1"}
POLL_S = 0.02
# SIGHUP too: a closed terminal is meant to end what it started.
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# What granian itself says goes the way of all other lines.
GRANIAN_LOGGING = {"formatters": {}, "handlers": {}, "loggers": {"_granian": {"propagate": True}}}


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT; says on stdout when it does.

    Requests in flight are answered first. Raises Unusable where the address
    cannot be had, SystemExit 1 where a worker died.
    """
    log.configure(settings.log_level)
    # Spawned, a worker is the same on every system and Python, and inherits no thread and no lock.
    multiprocessing.set_start_method("spawn", force=True)
    # multiprocessing lets signals through again when it starts its tracker: that comes first.
    resource_tracker.ensure_running()
    # For all threads and workers to inherit: _stop_on waits for the signals instead.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    with listener.hold(settings.listen) as held:
        address = listener.address_of(held)
        listener.share_with_workers(held)
        stopping = threading.Event()
        server = _server(settings, address)
        server.on_startup(_in_background(_announce, address, stopping))
        server.on_startup(_in_background(_stop_on, STOP_SIGNALS))
        server.on_shutdown(stopping.set)
        server.serve(target_loader=functools.partial(load, settings), wrap_loader=False)


def load(settings: Settings) -> flask.Flask:
    """The application of one worker process."""
    log.configure(settings.log_level)
    # Ctrl-C reaches every process of a terminal: the parent alone decides, with SIGTERM.
    _in_background(_stop_on, [signal.SIGTERM])()
    if parent := multiprocessing.parent_process():
        _in_background(_end_with, parent, _grace_s(settings))()
    channel = functools.partial(core.channel_to, settings.core)
    return app.create_app(settings, core.Core(channel, settings.deadline_s))


def _server(settings: Settings, address: Address) -> AbstractServer[Any]:
    return granian.Granian(
        "pullfeed_facade",
        address=address.host,
        port=address.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        workers_kill_timeout=_grace_s(settings),
        # Its warning about more threads than processors is not for threads that wait for the core.
        log_level=LogLevels.error,
        log_dictconfig=GRANIAN_LOGGING,
    )


def _in_background(task: Callable[..., None], *values: Any) -> Callable[[], None]:
    """A hook that starts the task in a thread of its own."""
    return threading.Thread(target=task, args=values, daemon=True).start


def _announce(address: Address, stopping: threading.Event) -> None:
    while not _answers(address):
        if stopping.wait(POLL_S):
            return
    click.echo(f"pullfeed-facade ready on http://{address}")


def _answers(address: Address) -> bool:
    host = LOOPBACK.get(address.host, address.host)
    connection = http.client.HTTPConnection(host, address.port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _stop_on(signals: Iterable[signal.Signals]) -> None:
    """Waits for the first of the signals, which are blocked, and has granian stop; once.

    Called as a signal handler, granian's takes a lock that the thread it
    interrupts may hold, in the main process, and stalls at a second signal, in a
    worker. Called from a thread of its own it does neither.
    """
    signal.sigwait(signals)
    stop = signal.getsignal(signal.SIGTERM)
    if not callable(stop):
        os._exit(0)  # granian is not that far: no request is there to be answered
    stop(signal.SIGTERM, None)


def _end_with(parent: process.BaseProcess, grace_s: int) -> None:
    # Also after a SIGKILL: a worker left alone would keep the port, and nobody would end it.
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace_s)
    os._exit(1)


def _grace_s(settings: Settings) -> int:
    """Seconds a worker has to answer what is in flight: as long as a call can take."""
    return math.ceil(settings.deadline_s) + 1
