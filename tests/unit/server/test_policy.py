from __future__ import annotations

import datetime
import logging
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from google.protobuf import message
from google.rpc import error_details_pb2, status_pb2
from tests.unit.server import statuses

from pullfeed.v1 import feed_service_pb2, key_service_pb2, record_pb2
from pullfeed_server import errors, keys, policy

_FETCH, _EXPORT, _LIST = "/test/Fetch", "/test/Export", "/test/List"
_CREATE = "/test/Create"
_MAIL = keys.Caller("k1", "importer", "mail", frozenset({"shop.example"}))
_MAIL_CALLS = _MAIL._replace(request_id="r1")
_WRITER = keys.Caller("k2", "writer", "", frozenset({"*"}))
_CALLERS = {"key of mail": _MAIL, "key of a writer": _WRITER}


class _Known(keys.Keys):
    """Knows two keys and asks no store."""

    def __init__(self) -> None:
        """Nothing to keep."""

    def identify(self, text: str) -> keys.Caller:
        if not text:
            raise errors.KeyMissing
        if text not in _CALLERS:
            raise errors.KeyInvalid
        return _CALLERS[text]


class _Guarded:
    """A policy over three methods that do what the test says."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, keys.Caller]] = []
        self.error: Exception | None = None
        self.answer: Any = "the answer"
        self.policy = policy.Policy(
            {
                _FETCH: policy.Method(
                    feed_service_pb2.FetchPageRequest, frozenset({"importer"}), self._unary
                ),
                _EXPORT: policy.Method(
                    feed_service_pb2.ExportRecordsRequest, frozenset({"importer"}), self._stream
                ),
                _CREATE: policy.Method(
                    key_service_pb2.CreateKeyRequest, frozenset({"writer"}), self._unary
                ),
                _LIST: policy.Method(
                    key_service_pb2.ListKeysRequest, frozenset({"operator", "writer"}), self._unary
                ),
            },
            _Known(),
        )

    def run(
        self, request: message.Message | bytes, key: str = "key of mail", method: str = _FETCH
    ) -> Any:
        return self.policy.run(method, request, {"x-api-key": key, "x-request-id": "r1"})

    def refused(
        self, request: message.Message | bytes, key: str = "key of mail", method: str = _FETCH
    ) -> status_pb2.Status:
        """The status of a call that must be refused."""
        with pytest.raises(policy.Refused) as refused:
            self.run(request, key, method)
        return refused.value.status

    def _unary(self, request: Any, caller: keys.Caller) -> Any:
        self.calls.append((request, caller))
        if self.error is not None:
            raise self.error
        return self.answer

    def _stream(self, request: Any, caller: keys.Caller) -> Iterator[int]:
        yield 1
        yield 2
        if self.error is not None:
            raise self.error


@pytest.fixture
def guarded() -> _Guarded:
    return _Guarded()


class _Log:
    """What was written to the log. text: all of it."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured = captured
        self._text = ""

    @property
    def text(self) -> str:
        self._text += self._captured.readouterr().err
        return self._text


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> _Log:
    caplog.set_level(logging.INFO)
    return _Log(capsys)


def _request(**changes: Any) -> feed_service_pb2.FetchPageRequest:
    return feed_service_pb2.FetchPageRequest(
        **{"shop": "shop.example", "scope": record_pb2.SCOPE_CUSTOMER, **changes}
    )


def _entry(log: _Log) -> dict[str, Any]:
    """The one line that a call is logged with."""
    (line,) = log.text.splitlines()
    entry: dict[str, Any] = orjson.loads(line)
    return entry


def test_a_call_that_may_be_made_is_answered(guarded: _Guarded) -> None:
    assert guarded.run(_request()) == "the answer"
    assert guarded.calls == [(_request(), _MAIL_CALLS)]


def test_a_request_may_come_as_its_bytes(guarded: _Guarded) -> None:
    assert guarded.run(_request(page=2).SerializeToString()) == "the answer"
    assert guarded.calls == [(_request(page=2), _MAIL_CALLS)]


def test_the_shop_is_trimmed_and_lower_cased(guarded: _Guarded) -> None:
    guarded.run(_request(shop="  Shop.EXAMPLE "))
    assert guarded.calls[0][0].shop == "shop.example"


@pytest.mark.parametrize(
    ("key", "request_bytes", "reason"),
    [
        # All is wrong, then one thing less each time.
        ("", b"\xff", "KEY_MISSING"),
        ("key of nobody", b"\xff", "KEY_INVALID"),
        ("key of a writer", b"\xff", "ROLE_DENIED"),
        ("key of mail", b"\xff", "REQUEST_UNREADABLE"),
        (
            "key of mail",
            _request(shop="https://x", page_size=0).SerializeToString(),
            "SHOP_INVALID",
        ),
        (
            "key of mail",
            _request(shop="other.example", page_size=0).SerializeToString(),
            "FIELD_INVALID",
        ),
        ("key of mail", _request(shop="other.example").SerializeToString(), "SHOP_NOT_FOUND"),
    ],
)
def test_checks_come_in_their_order(
    guarded: _Guarded, key: str, request_bytes: bytes, reason: str
) -> None:
    assert statuses.reason(guarded.refused(request_bytes, key)) == reason
    assert guarded.calls == []


def test_an_unknown_shop_looks_just_like_a_foreign_one(guarded: _Guarded) -> None:
    foreign = guarded.refused(_request(shop="other.example"))
    guarded.error = errors.ShopNotFound()
    unknown = guarded.refused(_request())
    assert unknown.SerializeToString() == foreign.SerializeToString()


@pytest.mark.parametrize(
    "unreadable", [b"\xff", b"\x0a\x05ab", b"\x0a\x02\xc3\x28", b"{}", b"not a message"]
)
def test_bytes_that_are_no_message_are_unreadable(guarded: _Guarded, unreadable: bytes) -> None:
    status = guarded.refused(unreadable)
    assert (status.code, statuses.reason(status)) == (3, "REQUEST_UNREADABLE")


def test_a_call_without_a_shop_needs_none(guarded: _Guarded) -> None:
    listed = key_service_pb2.ListKeysRequest()
    assert guarded.run(listed, "key of a writer", _LIST) == "the answer"


def test_a_denied_role_is_named_with_those_that_may(guarded: _Guarded) -> None:
    status = guarded.refused(key_service_pb2.ListKeysRequest(), "key of mail", _LIST)
    info = statuses.detail(status, error_details_pb2.ErrorInfo)
    assert info is not None
    assert (status.code, dict(info.metadata)) == (7, {"role": "importer"})
    assert "operator or writer" in status.message


def test_every_field_that_breaks_its_rule_is_in_the_sentence(guarded: _Guarded) -> None:
    status = guarded.refused(_request(scope=0, page_size=1001))
    assert status.message.startswith("scope ")
    assert "page_size " in status.message
    broken = statuses.detail(status, error_details_pb2.BadRequest)
    assert broken is not None
    assert [one.field for one in broken.field_violations] == ["scope"]


def test_of_many_broken_fields_the_first_are_named_so_that_the_status_fits_its_headers(
    guarded: _Guarded,
) -> None:
    status = guarded.refused(_new_key(["a b"] * 1000), "key of a writer", _CREATE)
    assert status.message.count("shops[") == 5
    assert status.message.endswith(" 995 more are not valid.")
    assert len(status.SerializeToString()) < 8 * 1024


def test_of_a_list_that_is_too_long_only_its_length_is_judged(guarded: _Guarded) -> None:
    status = guarded.refused(_new_key(["a b"] * 100_000), "key of a writer", _CREATE)
    assert statuses.reason(status) == "FIELD_INVALID"
    assert status.message == "shops must contain no more than 1000 item(s)."


def test_a_request_of_more_than_a_mebibyte_is_not_even_read(guarded: _Guarded) -> None:
    status = guarded.refused(b"\xff" * (1024 * 1024 + 1))
    assert (status.code, statuses.reason(status)) == (8, "REQUEST_TOO_LARGE")
    assert statuses.reason(guarded.refused(b"\xff" * 1024 * 1024)) == "REQUEST_UNREADABLE"


def _new_key(shops: list[str]) -> key_service_pb2.CreateKeyRequest:
    return key_service_pb2.CreateKeyRequest(role=key_service_pb2.ROLE_WRITER, shops=shops)


def test_a_fault_tells_its_caller_and_the_log_nothing_of_its_text(
    guarded: _Guarded, log: _Log, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    guarded.run(_request())
    assert log.text == ""
    guarded.error = ValueError("amber.hill@example.com is no number")
    status = guarded.refused(_request())
    assert (status.code, statuses.reason(status)) == (13, "INTERNAL")
    assert b"amber" not in status.SerializeToString()
    assert "amber" not in log.text
    entry = _entry(log)
    assert entry["fault"][0] == "builtins.ValueError"
    assert any("test_policy.py" in frame for frame in entry["fault"])


def test_a_method_nobody_serves_is_a_fault_of_ours(guarded: _Guarded) -> None:
    assert statuses.reason(guarded.refused(_request(), method="/test/Nothing")) == "INTERNAL"


def test_a_call_is_logged_with_what_is_no_secret(guarded: _Guarded, log: _Log) -> None:
    guarded.run(_request(cursor="the-cursor"))
    entry = _entry(log)
    assert entry.pop("duration_ms") >= 0
    assert datetime.datetime.fromisoformat(entry.pop("time")).utcoffset() == datetime.timedelta(0)
    assert entry == {
        "method": _FETCH,
        "request_id": "r1",
        "key_id": "k1",
        "importer": "mail",
        "shop": "shop.example",
        "scope": 1,
        "code": "OK",
        "reason": "",
    }
    assert "the-cursor" not in log.text
    assert "key of mail" not in log.text


@pytest.mark.parametrize("key", ["key of nobody", "key of a writer", "key of mail"])
def test_a_refusal_is_logged_without_key_or_request(guarded: _Guarded, log: _Log, key: str) -> None:
    guarded.refused(_request(page_size=0, cursor="the-cursor"), key)
    entry = _entry(log)
    assert (entry["code"], entry["reason"]) in {
        ("UNAUTHENTICATED", "KEY_INVALID"),
        ("PERMISSION_DENIED", "ROLE_DENIED"),
        ("INVALID_ARGUMENT", "FIELD_INVALID"),
    }
    assert "the-cursor" not in log.text
    assert key not in log.text


def test_a_request_id_is_cut_and_keeps_the_line_whole(guarded: _Guarded, log: _Log) -> None:
    metadata = {"x-api-key": "key of mail", "x-request-id": 'a\n"b' * 100}
    guarded.policy.run(_FETCH, _request(), metadata)
    assert len(_entry(log)["request_id"]) == 128


def test_the_counts_of_an_answer_are_logged_and_nothing_else_of_it(
    guarded: _Guarded, log: _Log
) -> None:
    guarded.answer = feed_service_pb2.FetchPageResponse(record_count=3, cursor="the-cursor", page=2)
    guarded.run(_request())
    entry = _entry(log)
    assert entry["record_count"] == 3
    assert "the-cursor" not in log.text
    assert "page" not in entry


def _export() -> feed_service_pb2.ExportRecordsRequest:
    return feed_service_pb2.ExportRecordsRequest(
        shop="shop.example", scope=record_pb2.SCOPE_CUSTOMER
    )


def test_a_stream_is_guarded_and_logged_once(guarded: _Guarded, log: _Log) -> None:
    answers = guarded.policy.stream(_EXPORT, _export(), {"x-api-key": "key of mail"})
    assert list(answers) == [1, 2]
    assert _entry(log)["code"] == "OK"


def test_a_stream_that_may_not_be_read_gives_nothing(guarded: _Guarded) -> None:
    with pytest.raises(policy.Refused) as refused:
        next(guarded.policy.stream(_EXPORT, _export(), {}))
    assert statuses.reason(refused.value.status) == "KEY_MISSING"


def test_a_stream_that_breaks_is_refused_between_its_answers(guarded: _Guarded) -> None:
    guarded.error = errors.StoreUnavailable()
    answers = guarded.policy.stream(_EXPORT, _export(), {"x-api-key": "key of mail"})
    assert [next(answers), next(answers)] == [1, 2]
    with pytest.raises(policy.Refused) as refused:
        next(answers)
    assert refused.value.status.code == 14


def test_a_stream_its_caller_leaves_is_logged_as_cancelled(guarded: _Guarded, log: _Log) -> None:
    answers = guarded.policy.stream(_EXPORT, _export(), {"x-api-key": "key of mail"})
    next(answers)
    assert isinstance(answers, Iterator)
    answers.close()  # type: ignore[attr-defined]
    assert _entry(log)["code"] == "CANCELLED"
