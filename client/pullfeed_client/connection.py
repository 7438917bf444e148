"""The way to the core: channel, key, and what its errors mean to a command."""

from __future__ import annotations

import contextlib
import functools
import pathlib
from collections.abc import Callable, Generator
from typing import Concatenate, ParamSpec, cast

import grpc
from grpc_status import rpc_status

from pullfeed.v1 import (
    delivery_service_pb2_grpc,
    key_service_pb2_grpc,
    ledger_service_pb2_grpc,
    record_service_pb2_grpc,
)
from pullfeed_client import errors, settings

Parameters = ParamSpec("Parameters")

# A page or batch of 1,000 records of 64 KiB each, and their envelope.
MESSAGE_BYTES = 80 * 1024 * 1024
CALL_S = 60.0

_OPTIONS = (
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
)
_SILENT = "no answer. Start it with `pullfeed serve`, or name another with --core."
_ENVIRONMENT = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class Core:
    """The core's services on one channel; every call takes `metadata` and a timeout."""

    def __init__(self, channel: grpc.Channel, key: str) -> None:
        self.records = record_service_pb2_grpc.RecordServiceStub(channel)
        self.ledger = ledger_service_pb2_grpc.LedgerServiceStub(channel)
        self.keys = key_service_pb2_grpc.KeyServiceStub(channel)
        self.delivery = delivery_service_pb2_grpc.DeliveryServiceStub(channel)
        self.metadata = (("x-api-key", key),)


@contextlib.contextmanager
def opened(address: str, key: str) -> Generator[Core]:
    """The core at an address, for as long as the block lasts.

    Whatever a call in the block raises leaves it as Environment, where the core
    does not answer, or as Refused with the core's own sentence.
    """
    with grpc.insecure_channel(address, options=_OPTIONS) as channel:
        try:
            yield Core(channel, key)
        except grpc.RpcError as error:
            raise _translated(error, address) from error


def key_or_file(key: str, operator_key_file: str) -> str:
    """The key, else the one in the file. Raises Environment where there is neither."""
    if key:
        return key
    try:
        return pathlib.Path(operator_key_file).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise errors.Environment(
            f"There is no key: {operator_key_file} cannot be read. Set PULLFEED_KEY, or run "
            "this in the folder where the core keeps its state."
        ) from error


def connected(
    function: Callable[Concatenate[Core, Parameters], None],
) -> Callable[..., None]:
    """Gives a command the options that lead to the core, and the open core as first argument."""

    @functools.wraps(function)
    def run(
        core: str,
        key: str,
        operator_key_file: str,
        *args: Parameters.args,
        **rest: Parameters.kwargs,
    ) -> None:
        with opened(core, key_or_file(key, operator_key_file)) as client:
            function(client, *args, **rest)

    decorated: Callable[..., None] = run
    for name in ("operator-key-file", "key", "core"):
        decorated = settings.option(name)(decorated)
    return decorated


def _translated(error: grpc.RpcError, address: str) -> errors.Failure:
    # Stubs raise what is an RpcError and the ended Call in one.
    status = rpc_status.from_call(cast("grpc.Call", error))
    if error.code() in _ENVIRONMENT:
        told = status.message if status else _SILENT
        return errors.Environment(f"The core at {address}: {told}")
    refusal = status.message if status else error.details()
    return errors.Refused(refusal or f"The core refused the call: {error.code().name}.")
