"""The plan for many shops adds up, and names what runs out first."""

from __future__ import annotations

from bench.engines import capacity

FIGURES, SERVER = capacity.Figures(), capacity.Server()
LOAD = capacity.Load(shops=200, records=10**6)


def first(load: capacity.Load, server: capacity.Server = SERVER) -> str:
    needed = capacity.needs(FIGURES, load, capacity.played(load), server)
    return max(needed, key=lambda need: need.share).name


def test_a_day_has_every_page_of_every_shop() -> None:
    pages = sum(capacity.played(LOAD).pages)
    # The last page of a shop is not full.
    assert LOAD.records / capacity.PAGE <= pages <= LOAD.records / capacity.PAGE + LOAD.shops


def test_imports_are_begun_within_the_window() -> None:
    pages = capacity.played(LOAD._replace(window_h=1.0)).pages
    longest = max(minute for minute, count in enumerate(pages) if count)
    assert longest < 60 + LOAD.records / capacity.PAGE / 600


def test_the_same_seed_plays_the_same_day() -> None:
    assert capacity.played(LOAD) == capacity.played(LOAD)
    assert capacity.played(LOAD) != capacity.played(LOAD._replace(seed=2))


def test_bytes_grow_with_the_records() -> None:
    tenfold = LOAD._replace(records=10 * LOAD.records)
    assert capacity.bytes_of(FIGURES, tenfold) == 10 * capacity.bytes_of(FIGURES, LOAD)


def test_a_database_that_fits_into_memory_reads_nothing_from_disk() -> None:
    needed = capacity.needs(FIGURES, LOAD, capacity.played(LOAD), SERVER)
    assert {need.name: need.peak for need in needed}["blocks read from disk a second"] == 0


def test_what_runs_out_first_is_named() -> None:
    large = LOAD._replace(records=10**9, window_h=1.0)
    assert first(large) == "blocks read from disk a second"
    assert first(large, SERVER._replace(memory_gib=1000)) != "blocks read from disk a second"
    assert first(LOAD._replace(changes=10**6)) == "write-ahead log, MiB/s"
    assert "Remedy" in list(capacity.report(FIGURES, large, SERVER))[-1]
