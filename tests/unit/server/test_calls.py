from __future__ import annotations

import pathlib
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any

import pytest
import trustme
from tests import importer_server
from tests.importer_server import Server

from pullfeed_server import addresses, calls

_BODY = b'{"shop":"shop.example"}'
_HEADERS = {"Content-Type": "application/json", "X-Api-Key": "a key"}
_TOTAL_S = 0.4


@pytest.fixture
def server() -> Iterator[Server]:
    with importer_server.serving() as running:
        yield running


def _post(url: str, *, allow_private: bool = True) -> calls.Outcome:
    return calls.Calls(_TOTAL_S).post(url, _HEADERS, _BODY, allow_private=allow_private)


def _word(url: str, **how: bool) -> str:
    outcome = _post(url, **how)
    assert not outcome.is_success
    return outcome.text


def test_a_call_posts_the_body_and_the_headers_to_the_path_of_the_url(server: Server) -> None:
    outcome = _post(f"{server.url}/a%20b?shop=1&x")
    assert outcome == calls.Outcome(is_success=True, text="HTTP 204")
    (told,) = server.calls
    assert (told.path, told.body) == ("/commit/a%20b?shop=1&x", _BODY)
    assert told.headers["host"] == f"127.0.0.1:{server.port}"
    assert told.headers["x-api-key"] == "a key"
    assert told.headers["content-length"] == str(len(_BODY))
    assert told.headers["user-agent"] == "pullfeed"


def test_a_url_without_a_path_means_its_root(server: Server) -> None:
    _post(f"http://127.0.0.1:{server.port}?a=b")
    assert server.calls[0].path == "/?a=b"


@pytest.mark.parametrize("code", [200, 201, 204, 299])
def test_any_2xx_is_a_success(server: Server, code: int) -> None:
    server.answers = [importer_server.status(code)]
    assert _post(server.url) == calls.Outcome(is_success=True, text=f"HTTP {code}")


@pytest.mark.parametrize("code", [300, 304, 400, 401, 404, 409, 429, 500, 503])
def test_any_other_status_is_none(server: Server, code: int) -> None:
    server.answers = [importer_server.status(code)]
    assert _word(server.url) == f"HTTP {code}"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server: Server, code: int) -> None:
    server.answers = [importer_server.status(code, Location=server.url)]
    assert _word(server.url) == f"HTTP {code}"
    assert len(server.calls) == 1


def test_an_answer_that_comes_too_late_is_a_timeout(server: Server) -> None:
    server.answers = [server.late(30)]
    begun = time.monotonic()
    assert _word(server.url) == "TIMEOUT"
    assert time.monotonic() - begun < 10


def test_an_answer_that_drips_is_cut_off(server: Server) -> None:
    server.answers = [server.dripping]
    begun = time.monotonic()
    assert _word(server.url) == "TIMEOUT"
    assert time.monotonic() - begun < 10


def test_a_body_without_an_end_is_not_waited_for(server: Server) -> None:
    def answer(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        server.is_over.wait(30)

    server.answers = [answer]
    begun = time.monotonic()
    assert _post(server.url).text == "HTTP 200"
    assert time.monotonic() - begun < 10


def test_a_connection_that_breaks_off_is_said_so(server: Server) -> None:
    server.answers = [importer_server.drop]
    assert _word(server.url) == "CONNECTION_BROKEN"


def test_what_is_no_http_is_said_so(server: Server) -> None:
    server.answers = [lambda handler: handler.wfile.write(b"hello\r\n\r\n")]
    assert _word(server.url) == "CONNECTION_BROKEN"


def test_nobody_listening_is_said_so() -> None:
    with socket.socket() as bound:  # and not listening: connections are refused
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        assert _word(f"http://127.0.0.1:{port}/") == "CONNECTION_REFUSED"


def test_a_name_that_leads_nowhere_is_said_so() -> None:
    assert _word("https://nowhere.invalid/") == "NAME_NOT_FOUND"


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "http://1.1.1.1/",
    ],
)
def test_the_inside_is_not_called_and_nothing_without_tls(url: str) -> None:
    assert _word(url, allow_private=False) == "ADDRESS_REFUSED"


def test_the_address_that_was_checked_is_the_one_that_is_called(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "of", lambda *_, **__: ["127.0.0.1"])
    assert _post(f"http://importer.example:{server.port}/").is_success
    assert server.calls[0].headers["host"] == f"importer.example:{server.port}"


def test_an_address_nobody_answers_on_gives_way_to_the_next(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "of", lambda *_, **__: ["127.0.0.2", "127.0.0.1"])
    assert _post(f"http://importer.example:{server.port}/").is_success


@pytest.fixture
def authority(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority that this system trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    monkeypatch.setattr(addresses, "of", lambda *_, **__: ["127.0.0.1"])
    return made


def _tls(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_the_certificate_is_the_names_though_the_address_is_called(
    authority: trustme.CA,
) -> None:
    with importer_server.serving(tls=_tls(authority, "importer.example")) as server:
        url = f"https://importer.example:{server.port}/"
        assert _post(url, allow_private=False).text == "HTTP 204"
        assert server.calls[0].headers["host"] == f"importer.example:{server.port}"


def test_a_certificate_of_another_name_is_refused(authority: trustme.CA) -> None:
    with importer_server.serving(tls=_tls(authority, "other.example")) as server:
        assert _word(f"https://importer.example:{server.port}/") == "TLS_FAILED"
        assert server.calls == []


def test_a_certificate_of_an_authority_nobody_trusts_is_refused(authority: trustme.CA) -> None:
    with importer_server.serving(tls=_tls(trustme.CA(), "importer.example")) as server:
        assert _word(f"https://importer.example:{server.port}/") == "TLS_FAILED"
        assert server.calls == []


def test_a_server_without_tls_is_not_talked_to_in_clear(server: Server) -> None:
    assert _word(f"https://127.0.0.1:{server.port}/") == "TLS_FAILED"
    assert server.calls == []
