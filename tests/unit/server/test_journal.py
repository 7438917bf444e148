from __future__ import annotations

import errno
import os
import pathlib
from concurrent import futures

import pytest

from pullfeed_server import errors, journal

_ENTRY = journal.Entry("erase", "shop.example", 1, 'c"1', 5)
_LINE = b'{"action":"erase","shop":"shop.example","scope":1,"id":"c\\"1","time_us":5}\n'


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "state" / "erasures.jsonl"


@pytest.fixture
def kept(path: pathlib.Path) -> journal.Journal:
    return journal.Journal(path)


def test_what_is_appended_is_read_in_its_order(kept: journal.Journal) -> None:
    later = _ENTRY._replace(action="lift", time_us=6)
    kept.append([_ENTRY, later])
    kept.append([_ENTRY._replace(id="ünï\n")])
    assert kept.read() == [_ENTRY, later, _ENTRY._replace(id="ünï\n")]


def test_an_entry_is_one_line(kept: journal.Journal, path: pathlib.Path) -> None:
    kept.append([_ENTRY])
    assert path.read_bytes() == _LINE


def test_no_file_is_an_empty_journal(kept: journal.Journal, path: pathlib.Path) -> None:
    assert kept.read() == []
    assert not path.exists()


def test_the_journal_is_its_owners_alone(kept: journal.Journal, path: pathlib.Path) -> None:
    kept.append([_ENTRY])
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_is_on_the_disk_before_append_returns(
    kept: journal.Journal, path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bytes] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        fsync(handle)
        synced.append(path.read_bytes())

    monkeypatch.setattr(os, "fsync", noted)
    kept.append([_ENTRY])
    # The file, then the folder that names it.
    assert synced == [_LINE, _LINE]
    kept.append([_ENTRY])
    assert synced[2:] == [_LINE * 2]


def test_a_line_that_a_crash_broke_off_is_dropped(
    kept: journal.Journal, path: pathlib.Path
) -> None:
    kept.append([_ENTRY])
    with path.open("ab") as file:
        file.write(_LINE[:20])
    assert kept.read() == [_ENTRY]
    kept.append([_ENTRY])
    assert path.read_bytes() == _LINE * 2


@pytest.mark.parametrize(
    "line",
    [
        b"no json\n",
        b"\n",
        b"[]\n",
        b"{}\n",
        _LINE.replace(b'"erase"', b'"other"'),
        _LINE.replace(b":1,", b':"1",'),
        _LINE.replace(b":5}", b":5.5}"),
        _LINE.replace(b":5}", b':5,"more":1}'),
    ],
)
def test_a_line_that_cannot_be_read_keeps_the_core_from_starting(
    kept: journal.Journal, path: pathlib.Path, line: bytes
) -> None:
    kept.append([_ENTRY])
    with path.open("ab") as file:
        file.write(line + _LINE)
    with pytest.raises(errors.Unusable) as refused:
        kept.read()
    assert f"{path} cannot be read at line 2" in refused.value.message
    assert "c1" not in refused.value.message


def test_a_file_that_cannot_be_read_keeps_the_core_from_starting(
    kept: journal.Journal, path: pathlib.Path
) -> None:
    path.mkdir(parents=True)
    with pytest.raises(errors.Unusable):
        kept.read()


def test_a_full_disk_leaves_no_part_of_an_entry(
    kept: journal.Journal, path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.append([_ENTRY])

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(errors.StorageFull):
            kept.append([_ENTRY._replace(id="c2")])
    assert path.read_bytes() == _LINE


def test_a_folder_that_cannot_be_written_is_a_refusal(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(errors.StoreUnavailable):
        journal.Journal(tmp_path / "file" / "erasures.jsonl").append([_ENTRY])


def test_cores_that_share_a_journal_do_not_mix_their_lines(path: pathlib.Path) -> None:
    def append(number: int) -> None:
        entries = [_ENTRY._replace(id=f"c{number}", time_us=index) for index in range(50)]
        journal.Journal(path).append(entries)

    with futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(append, range(16)))
    found = journal.Journal(path).read()
    assert len(found) == 16 * 50
    assert [entry.time_us for entry in found] == list(range(50)) * 16
