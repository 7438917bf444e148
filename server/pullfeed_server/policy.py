"""The one guard before every call: who, may they, is the request right; then run.

A plain function of method, request and metadata, so that any wiring — the gRPC
handler, or a facade in the same process — goes through the same checks. Every
exception becomes a google.rpc.Status here and nowhere else.
"""

from __future__ import annotations

import datetime
import functools
import logging
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn, Protocol, TypeGuard

from google.protobuf import descriptor, duration_pb2, message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from pullfeed_server import errors, keys, log
from pullfeed_server.encoding import rules

DOMAIN = "pullfeed"
MAX_REQUEST_BYTES = 1024 * 1024
# The status travels in the headers, where gRPC takes 16 KiB.
_MAX_SENTENCES = 5
_MAX_REQUEST_ID = 128

_log = logging.getLogger(__name__)


def at_most_1_mib(request: bytes) -> None:
    """Raises RequestTooLarge."""
    if len(request) > MAX_REQUEST_BYTES:
        raise errors.RequestTooLarge


class Method(NamedTuple):
    """One RPC. roles: who may call it. call: request, caller → response or responses.

    weigh: raises where a request's bytes would become too much once they are read.
    """

    request_type: type[message.Message]
    roles: frozenset[str]
    call: Callable[[Any, keys.Caller], Any]
    weigh: Callable[[bytes], None] = at_most_1_mib


class Call(NamedTuple):
    """A call that has ended. request, response: None where it did not come so far, or streams."""

    method: str
    code: str
    seconds: float
    importer: str
    request: message.Message | None
    response: message.Message | None


Observe = Callable[[Call], None]


def _unobserved(call: Call) -> None:
    del call


class Refused(Exception):
    """A call that was refused, with the status its caller gets."""

    def __init__(self, status: status_pb2.Status) -> None:
        self.status = status
        super().__init__(status.message)


class _OfShop(Protocol):
    """A request about one shop."""

    shop: str


class _Entry:
    """What the log says of one call; no key, no token, nothing of a record."""

    def __init__(self, method: str, request_id: str, observe: Observe) -> None:
        self._begun = time.perf_counter()
        self._method = method
        self._observe = observe
        self.importer = ""
        self.request: message.Message | None = None
        self.response: message.Message | None = None
        self._fields: dict[str, Any] = {
            "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            "method": method,
            "request_id": request_id,
        }

    def note(self, **fields: object) -> None:
        self._fields.update(fields)

    def close(self, code: str, reason: str = "") -> None:
        seconds = time.perf_counter() - self._begun
        self._observe(Call(self._method, code, seconds, self.importer, self.request, self.response))
        self._fields |= {"code": code, "reason": reason}
        self._fields["duration_ms"] = round(seconds * 1000, 2)
        level = logging.ERROR if code == "INTERNAL" else logging.INFO
        if _log.isEnabledFor(level):
            log.line(self._fields)


class Policy:
    """Guards a table of methods."""

    def __init__(
        self, methods: Mapping[str, Method], known: keys.Keys, observe: Observe = _unobserved
    ) -> None:
        """methods: by full name, for example "/pullfeed.v1.FeedService/FetchPage".

        observe: takes note of every call that has ended.
        """
        self._methods = methods
        self._keys = known
        self._observe = observe

    def run(
        self, method: str, request: bytes | message.Message, metadata: Mapping[str, str]
    ) -> Any:
        """The response of a call. request: the message, or its bytes. Raises Refused."""
        entry = _Entry(method, _request_id(metadata), self._observe)
        try:
            response = self._admitted(entry, method, request, metadata)()
        except Exception as error:  # noqa: BLE001 - the border: every fault becomes a status
            _refuse(entry, error)
        entry.close("OK")
        return response

    def stream(
        self, method: str, request: bytes | message.Message, metadata: Mapping[str, str]
    ) -> Iterator[Any]:
        """The responses of a streaming call. Raises Refused, also between responses."""
        entry = _Entry(method, _request_id(metadata), self._observe)
        try:
            yield from self._admitted(entry, method, request, metadata)()
        except GeneratorExit:
            # The caller of a stream went away; what it did get is worth its line.
            entry.close("CANCELLED")
            raise
        except Exception as error:  # noqa: BLE001 - the border: every fault becomes a status
            _refuse(entry, error)
        entry.close("OK")

    def _admitted(
        self,
        entry: _Entry,
        name: str,
        request: bytes | message.Message,
        metadata: Mapping[str, str],
    ) -> Callable[[], Any]:
        """The call, once caller and request have passed every check."""
        method = self._methods[name]
        caller = self._keys.identify(metadata.get("x-api-key", ""))
        caller = caller._replace(request_id=_request_id(metadata))
        entry.note(key_id=caller.key_id, importer=caller.importer)
        entry.importer = caller.importer
        _authorise(method, caller)
        read = _read(method, request)
        _normalise_shop(read)
        _check(read)
        entry.note(shop=getattr(read, "shop", ""), scope=getattr(read, "scope", 0))
        entry.request = read
        _authorise_shop(read, caller)
        return lambda: _answer(entry, method, read, caller)


def _request_id(metadata: Mapping[str, str]) -> str:
    return metadata.get("x-request-id", "")[:_MAX_REQUEST_ID]


def _answer(entry: _Entry, method: Method, request: message.Message, caller: keys.Caller) -> Any:
    response = method.call(request, caller)
    if isinstance(response, message.Message):
        entry.response = response
        entry.note(**{name: getattr(response, name) for name in _counts(response.DESCRIPTOR)})
    return response


@functools.cache
def _counts(response: descriptor.Descriptor) -> tuple[str, ...]:
    return tuple(field.name for field in response.fields if field.name.endswith("_count"))


def _authorise(method: Method, caller: keys.Caller) -> None:
    if caller.role not in method.roles:
        raise errors.RoleDenied(
            f"A key of role {caller.role} may not make this call; "
            f"it takes {' or '.join(sorted(method.roles))}.",
            role=caller.role,
        )


def _read(method: Method, request: bytes | message.Message) -> message.Message:
    if isinstance(request, message.Message):
        return request
    method.weigh(request)
    try:
        return method.request_type.FromString(request)
    except message.DecodeError as error:
        raise errors.RequestUnreadable from error


def _normalise_shop(request: message.Message) -> None:
    if _names_shop(request):
        request.shop = request.shop.strip().lower()


def _check(request: message.Message) -> None:
    broken = rules.request_violations(request)
    if not broken:
        return
    if broken[0][0] == "shop":
        raise errors.ShopInvalid
    sentences = [f"{field or 'request'} {text}." for field, text in broken[:_MAX_SENTENCES]]
    if len(broken) > _MAX_SENTENCES:
        sentences.append(f"{len(broken) - _MAX_SENTENCES} more are not valid.")
    raise errors.FieldInvalid(" ".join(sentences), field=broken[0][0])


def _authorise_shop(request: message.Message, caller: keys.Caller) -> None:
    # A foreign shop must look just like an unknown one.
    if _names_shop(request) and not caller.may_touch(request.shop):
        raise errors.ShopNotFound


def _names_shop(request: message.Message) -> TypeGuard[_OfShop]:
    return "shop" in request.DESCRIPTOR.fields_by_name


def _trace(error: Exception) -> list[str]:
    """Where a fault came from. Not its text: that may quote a record."""
    frames = traceback.extract_tb(error.__traceback__)
    return [
        f"{type(error).__module__}.{type(error).__qualname__}",
        *(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames),
    ]


def _refuse(entry: _Entry, error: Exception) -> NoReturn:
    if isinstance(error, errors.PullfeedError):
        told = error
    else:
        entry.note(fault=_trace(error))
        told = errors.Internal()
    entry.close(told.code, told.reason)
    raise Refused(status_of(told)) from error


def status_of(error: errors.PullfeedError) -> status_pb2.Status:
    """The status of a refusal: ErrorInfo always, BadRequest and RetryInfo where they apply.

    Source: AIP-193.
    """
    status = status_pb2.Status(code=code_pb2.Code.Value(error.code), message=error.message)
    metadata = {**error.metadata, **({"field": error.field} if error.field else {})}
    status.details.add().Pack(
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)
    )
    if error.code == "INVALID_ARGUMENT" and error.field:
        broken = error_details_pb2.BadRequest()
        broken.field_violations.add(field=error.field, description=error.message)
        status.details.add().Pack(broken)
    if error.retry_after_s:
        delay = duration_pb2.Duration(seconds=error.retry_after_s)
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return status
