"""Server reflection, with a bound: it needs no key and waits for what its caller says next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2

from pullfeed_server import errors, policy
from pullfeed_server.rpc import streams, wire


def handlers(
    names: Iterable[str], lifetime_s: float = streams.REFLECTION_S
) -> grpc.GenericRpcHandler:
    """Tells of these services and of itself, to a few callers at once, for a short time each."""
    # Its stubs know what it takes, and not what it gives.
    told: Any = reflection.ReflectionServicer((*names, reflection.SERVICE_NAME))
    slots = streams.Slots(streams.MAX_REFLECTIONS)

    def tell(
        requests: Iterator[reflection_pb2.ServerReflectionRequest], context: grpc.ServicerContext
    ) -> Iterator[reflection_pb2.ServerReflectionResponse]:
        try:
            with slots.taken(), streams.lifetime(context, lifetime_s):
                yield from told.ServerReflectionInfo(requests, context)
        except errors.Busy as error:
            wire.abort(context, policy.status_of(error))

    handler = grpc.stream_stream_rpc_method_handler(
        tell, reflection_pb2.ServerReflectionRequest.FromString, wire.serialize
    )
    return grpc.method_handlers_generic_handler(
        reflection.SERVICE_NAME, {"ServerReflectionInfo": handler}
    )
