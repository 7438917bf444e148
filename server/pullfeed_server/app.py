"""The composition root: settings in, a gRPC server that is ready to start out."""

from __future__ import annotations

import pathlib
from concurrent import futures
from typing import NamedTuple

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from pullfeed_server import (
    calls,
    changes,
    commits,
    deliveries,
    erasures,
    errors,
    feed,
    holds,
    journal,
    keys,
    ledger,
    listener,
    metrics,
    notices,
    policy,
    recorder,
    records,
    rejections,
    renewal,
    retention,
    rewinds,
    sender,
    state,
    tokens,
    upkeep,
    ways,
)
from pullfeed_server.rpc import delivery as delivery_rpc
from pullfeed_server.rpc import feed as feed_rpc
from pullfeed_server.rpc import health, reflection, streams, wire
from pullfeed_server.rpc import holds as holds_rpc
from pullfeed_server.rpc import keys as keys_rpc
from pullfeed_server.rpc import ledger as ledger_rpc
from pullfeed_server.rpc import records as records_rpc
from pullfeed_server.settings import Settings
from pullfeed_server.store import Store, dialects
from pullfeed_server.store.sql import SqlStore

_SERVICES = (
    records_rpc.SERVICE,
    feed_rpc.SERVICE,
    ledger_rpc.SERVICE,
    keys_rpc.SERVICE,
    delivery_rpc.SERVICE,
)


class Delivered(NamedTuple):
    """The ledger of deliveries, and what writes it."""

    recorder: recorder.Recorder
    deliveries: deliveries.Deliveries


class App(NamedTuple):
    """A core that is bound to its address. start() serves, stop() ends it."""

    server: grpc.Server
    store: Store
    health: health.Health
    delivered: Delivered
    upkeep: upkeep.Upkeep
    # Apart from the other: to renew every row may take days.
    renewal: upkeep.Upkeep
    endpoint: metrics.Endpoint | None
    sender: sender.Sender
    address: str
    grace_s: float

    def start(self) -> None:
        """Begins to serve."""
        self.server.start()
        self.sender.start()
        self.delivered.recorder.start()
        self.upkeep.start()
        self.renewal.start()
        self.health.set("", health_pb2.HealthCheckResponse.SERVING)

    def stop(self) -> None:
        """Lets calls in flight end within the grace, then closes the store."""
        self.health.enter_graceful_shutdown()
        self.server.stop(self.grace_s).wait()
        if self.endpoint is not None:
            self.endpoint.stop()
        self.sender.stop()
        self.upkeep.stop()
        self.renewal.stop()
        self.delivered.recorder.stop()
        self.store.close()


def build(settings: Settings) -> App:
    """A core for these settings. Raises Unusable."""
    if dialects.is_shared(settings.database) and not settings.secrets:
        raise errors.Unusable(
            "Cores that share a database must share the setting secrets (PULLFEED_SECRETS) too: "
            "give each of them the same, 32 characters or more."
        )
    connections = streams.threads_for(settings.threads) + sender.THREADS
    store = SqlStore(settings.database, connections)
    try:
        return _wire(settings, store)
    except BaseException:
        store.close()
        raise


def _wire(settings: Settings, store: Store) -> App:
    folder = state.folder(settings.database)
    signed = tokens.Tokens(state.ring(settings.secrets, folder))
    known = keys.Keys(store, allow_anonymous=settings.allow_anonymous)
    _ensure_operator(known, settings, folder)
    erasing = erasures.Erasures(store, _journal(settings, folder))
    # What a restore brought back is erased before anything is served.
    erasing.replay()
    exports = streams.Slots(streams.max_exports(settings.threads))
    held = holds.Holds(store, settings.hold_days)
    delivered = _delivered(settings, store)
    methods = _methods(store, signed, known, erasing, exports, held, delivered)
    renewing = renewal.Renewal(store)
    counted = _metrics(settings, delivered, renewing)
    guard = policy.Policy(methods, known, *((counted.observe,) if counted else ()))
    server, servicer = _server(settings, store, guard)
    address = listener.bind(server, settings.listen)
    endpoint = metrics.Endpoint(settings.metrics_listen, counted) if counted else None
    kept = retention.Retention(store, settings.tombstone_retention_days)
    tasks = upkeep.Upkeep([delivered.deliveries.prune, kept.prune])
    return App(
        server,
        store,
        servicer,
        delivered,
        tasks,
        upkeep.Upkeep([renewing.reapply, renewing.reencode]),
        endpoint,
        _sender(settings, store),
        address,
        settings.grace_s,
    )


def _server(
    settings: Settings, store: Store, guard: policy.Policy
) -> tuple[grpc.Server, health.Health]:
    """What serves every service, and health and reflection; and the health it tells of."""
    threads = streams.threads_for(settings.threads)
    server = grpc.server(
        futures.ThreadPoolExecutor(threads, thread_name_prefix="pullfeed-rpc"),
        # Without this two cores would share a port in silence.
        options=(("grpc.so_reuseport", 0), *wire.MESSAGE_LIMITS),
    )
    servicer = health.Health(store)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    server.add_generic_rpc_handlers(tuple(wire.handlers(service, guard) for service in _SERVICES))
    names = (*(service.full_name for service in _SERVICES), health.NAME)
    server.add_generic_rpc_handlers((reflection.handlers(names),))
    return server, servicer


def _delivered(settings: Settings, store: Store) -> Delivered:
    written = recorder.Recorder(store)
    told = deliveries.Deliveries(
        store,
        written.flush,
        silent_after_hours=settings.silent_after_hours,
        retention_days=settings.ledger_retention_days,
    )
    return Delivered(written, told)


def _metrics(
    settings: Settings, delivered: Delivered, renewing: renewal.Renewal
) -> metrics.Metrics | None:
    if not settings.metrics_listen:
        return None
    return metrics.Metrics(
        delivered.deliveries.odd, lambda: delivered.recorder.lost_pages, renewing
    )


def _sender(settings: Settings, store: Store) -> sender.Sender:
    give_up_us = int(settings.notice_give_up_hours * 3600 * 1_000_000)
    is_alone = not dialects.is_shared(settings.database)
    return sender.Sender(
        store, calls.Calls(settings.notice_timeout_s), give_up_us, is_alone=is_alone
    )


def _methods(
    store: Store,
    signed: tokens.Tokens,
    known: keys.Keys,
    erasing: erasures.Erasures,
    exports: streams.Slots,
    held: holds.Holds,
    delivered: Delivered,
) -> dict[str, policy.Method]:
    feeds = feed.Feeds(store, signed, delivered.recorder.note)
    confirmed = commits.Commits(store, signed)
    refused = rejections.Rejections(store)
    return {
        **records_rpc.methods(records.Records(store), erasing),
        **holds_rpc.methods(held),
        **feed_rpc.methods(
            feeds, confirmed, ways.Handovers(store, signed), changes.Changes(store), exports
        ),
        **ledger_rpc.methods(ledger.Ledger(store, known)),
        **keys_rpc.methods(known),
        **delivery_rpc.methods(
            delivered.deliveries, refused, notices.Notices(store), rewinds.Rewinds(store)
        ),
    }


def _journal(settings: Settings, folder: pathlib.Path) -> journal.Journal:
    return journal.Journal(pathlib.Path(settings.erasure_journal or folder / "erasures.jsonl"))


def _ensure_operator(known: keys.Keys, settings: Settings, folder: pathlib.Path) -> None:
    path = pathlib.Path(settings.operator_key_file or folder / "operator.key")

    def keep(text: str) -> None:
        if not settings.operator_key_file:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state.write_private(path, text)

    known.ensure_operator(keep)
