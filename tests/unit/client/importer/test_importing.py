"""A careful import: stored, noted, committed; killed at any point it goes on and lacks nothing."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator

import pytest
from tests.conformance import loopback, right_server

from pullfeed_client.importer import contract, copy, importing, state, transport, walk


class Killed(Exception):
    """The importer ends here."""


class Until:
    """A transport that kills the importer at its n-th request, before or after it arrives."""

    def __init__(self, way: transport.Transport, count: int, *, arrives: bool) -> None:
        self._way = way
        self._left = count
        self._arrives = arrives

    def post(self, target: str, body: bytes) -> transport.Answer:
        self._left -= 1
        if self._left == 0:
            if self._arrives:
                self._way.post(target, body)
            raise Killed
        return self._way.post(target, body)


@pytest.fixture
def server() -> Iterator[loopback.Server]:
    with loopback.Server(right_server.Callback()) as server:
        yield server


@pytest.fixture
def way(server: loopback.Server) -> Iterator[transport.Http]:
    http = transport.Http(server.url, right_server.KEY)
    yield http
    http.close()


def order(folder: pathlib.Path, mode: walk.Mode = "cursor") -> importing.Order:
    return importing.Order(
        contract.SCOPES["customer"], right_server.SHOP, mode, 25, "each",
        folder / "out.jsonl", folder / "out.state",
    )  # fmt: skip


def ids(folder: pathlib.Path) -> list[str]:
    text = (folder / "out.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["customer_id"] for line in text.splitlines()]


ALL = [f"c{number:04}" for number in range(1, 121)]


@pytest.mark.parametrize("mode", ["cursor", "page"])
def test_an_import_stores_and_commits_every_page_and_leaves_no_state(
    server: loopback.Server, way: transport.Http, tmp_path: pathlib.Path, mode: walk.Mode
) -> None:
    stands = importing.run(way, order(tmp_path, mode))

    assert ids(tmp_path) == ALL
    assert (stands.pages, stands.records, stands.commits, stands.position) == (5, 120, 5, 120)
    assert stands.invalid == {}
    assert server.callback.committed["customers"] == 120
    assert not (tmp_path / "out.state").exists()


@pytest.mark.parametrize("mode", ["cursor", "page"])
@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("count", range(1, 11))
def test_an_import_killed_at_any_request_goes_on_and_doubles_nothing(
    server: loopback.Server,
    way: transport.Http,
    tmp_path: pathlib.Path,
    mode: walk.Mode,
    arrives: bool,
    count: int,
) -> None:
    with pytest.raises(Killed):
        importing.run(Until(way, count, arrives=arrives), order(tmp_path, mode))

    importing.run(way, order(tmp_path, mode))

    assert ids(tmp_path) == ALL
    assert server.callback.committed["customers"] == 120


def test_an_import_killed_between_storing_and_committing_goes_on(
    server: loopback.Server, way: transport.Http, tmp_path: pathlib.Path
) -> None:
    def seen(page: walk.Page) -> None:
        if page.number == 3:
            raise Killed

    with pytest.raises(Killed):
        importing.run(way, order(tmp_path), seen)
    assert server.callback.committed["customers"] == 50

    assert importing.run(way, order(tmp_path)).records == 120
    assert ids(tmp_path) == ALL


def test_what_was_half_written_is_cut_off(way: transport.Http, tmp_path: pathlib.Path) -> None:
    with pytest.raises(Killed):
        importing.run(Until(way, 4, arrives=False), order(tmp_path))
    with (tmp_path / "out.jsonl").open("ab") as file:
        file.write(b'{"customer_id":"c00')

    importing.run(way, order(tmp_path))

    assert ids(tmp_path) == ALL


def test_the_state_of_another_import_is_refused(
    way: transport.Http, tmp_path: pathlib.Path
) -> None:
    with pytest.raises(Killed):
        importing.run(Until(way, 4, arrives=False), order(tmp_path))

    with pytest.raises(state.Unreadable, match=r"customers of right\.example, by cursor"):
        importing.run(way, order(tmp_path, "page"))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"place":{}}', '{"place":7}'])
def test_a_file_that_is_no_state_is_refused(
    way: transport.Http, tmp_path: pathlib.Path, text: str
) -> None:
    (tmp_path / "out.state").write_text(text, encoding="utf-8")

    with pytest.raises(state.Unreadable, match="remove it to begin anew"):
        importing.run(way, order(tmp_path))


def test_a_copy_that_lost_something_is_not_gone_on_with(
    way: transport.Http, tmp_path: pathlib.Path
) -> None:
    with pytest.raises(Killed):
        importing.run(Until(way, 4, arrives=False), order(tmp_path))
    (tmp_path / "out.jsonl").write_bytes(b"")

    with pytest.raises(copy.Shrunk, match="shorter than"):
        importing.run(way, order(tmp_path))


def test_records_that_break_a_rule_are_kept_and_counted(
    server: loopback.Server, way: transport.Http, tmp_path: pathlib.Path
) -> None:
    feed = server.callback.feeds["customers"]
    feed[7] |= {"gender": "M", "mobile": "0155"}
    feed[8] |= {"gender": ""}

    stands = importing.run(way, order(tmp_path))

    assert stands.invalid == {"gender-words": 1, "phones": 1, "required-fields": 1}
    assert stands.invalid_records == 2
    assert ids(tmp_path) == ALL
