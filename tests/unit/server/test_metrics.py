"""The numbers for Prometheus."""

from __future__ import annotations

import collections
import contextlib
import pathlib
import urllib.request
from collections.abc import Iterator

import prometheus_client
import pytest
from google.protobuf import message

from pullfeed.v1 import feed_service_pb2 as feed_pb
from pullfeed.v1 import record_pb2
from pullfeed.v1 import record_service_pb2 as record_pb
from pullfeed_server import deliveries, errors, metrics, policy, renewal
from pullfeed_server.store import Store
from pullfeed_server.store.sql import SqlStore

_CUSTOMER, _ORDER = record_pb2.SCOPE_CUSTOMER, record_pb2.SCOPE_ORDER


class _Survey:
    """What is odd; how often that was asked; an error in its place."""

    def __init__(self) -> None:
        self.count = 0
        self.error: errors.PullfeedError | None = None

    def __call__(self) -> deliveries.Odd:
        self.count += 1
        if self.error is not None:
            raise self.error
        return deliveries.Odd(
            collections.Counter({("mail", 1): 2}),
            collections.Counter({("sms", 3): 1}),
            collections.Counter({("sms", 1): 3}),
        )


@pytest.fixture
def survey() -> _Survey:
    return _Survey()


class _Renewing(renewal.Renewal):
    """Has done some rows, and knows what is left."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.reencoding.count = 700

    def left(self) -> renewal.Left:
        return renewal.Left(encoding=2, rules=0)


@pytest.fixture
def counted(survey: _Survey, tmp_path: pathlib.Path) -> Iterator[metrics.Metrics]:
    with contextlib.closing(SqlStore(f"sqlite:///{tmp_path}/pullfeed.db")) as store:
        yield metrics.Metrics(survey, lambda: 4, _Renewing(store))


def test_what_is_renewed_and_what_is_left_are_told(counted: metrics.Metrics) -> None:
    numbers = _numbers(counted)
    assert numbers['pullfeed_renewed_rows_total{what="encoding"}'] == 700
    assert numbers['pullfeed_outdated_feeds{what="encoding"}'] == 2
    assert numbers['pullfeed_renewed_rows_total{what="rules"}'] == 0
    assert numbers['pullfeed_outdated_feeds{what="rules"}'] == 0


def _call(
    method: str,
    request: message.Message | None = None,
    response: message.Message | None = None,
    code: str = "OK",
) -> policy.Call:
    return policy.Call(f"/pullfeed.v1.{method}", code, 0.01, "mail", request, response)


def _numbers(counted: metrics.Metrics) -> dict[str, float]:
    lines = prometheus_client.generate_latest(counted.registry).decode().splitlines()
    told = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in told if "_created" not in name}


def test_calls_are_counted_by_method_and_code(counted: metrics.Metrics) -> None:
    counted.observe(_call("FeedService/FetchPage", code="NOT_FOUND"))
    counted.observe(_call("FeedService/FetchPage", code="NOT_FOUND"))
    numbers = _numbers(counted)
    name = 'pullfeed_calls_total{code="NOT_FOUND",method="FeedService/FetchPage"}'
    assert numbers[name] == 2
    assert numbers['pullfeed_call_seconds_count{method="FeedService/FetchPage"}'] == 2


def test_records_of_pages_are_counted_by_importer_and_scope(counted: metrics.Metrics) -> None:
    request = feed_pb.FetchPageRequest(shop="shop.example", scope=_ORDER)
    response = feed_pb.FetchPageResponse(record_count=50)
    counted.observe(_call("FeedService/FetchPage", request, response))
    numbers = _numbers(counted)
    assert numbers['pullfeed_page_records_total{importer="mail",scope="order"}'] == 50


@pytest.mark.parametrize(
    ("received", "served", "difference"), [(48, 50, 1), (50, 50, 0), (None, 50, 0), (48, None, 0)]
)
def test_a_commit_counts_with_its_receipt(
    counted: metrics.Metrics, received: int | None, served: int | None, difference: int
) -> None:
    rejected = [feed_pb.RejectedRecord(id="7")]
    request = feed_pb.CommitRequest(scope=_CUSTOMER, received=received, rejected=rejected)
    response = feed_pb.CommitResponse(advanced=True, served_count=served)
    counted.observe(_call("FeedService/Commit", request, response))
    numbers = _numbers(counted)
    feed = 'importer="mail",scope="customer"'
    assert numbers[f'pullfeed_commits_total{{advanced="true",{feed}}}'] == 1
    assert numbers[f"pullfeed_rejected_records_total{{{feed}}}"] == 1
    assert numbers.get(f"pullfeed_count_differences_total{{{feed}}}", 0) == difference


def test_outcomes_of_puts_are_counted(counted: metrics.Metrics) -> None:
    request = record_pb.PutRecordsRequest(scope=_CUSTOMER)
    response = record_pb.PutRecordsResponse(stored_count=3, unchanged_count=2)
    response.stale.add(id="c1")
    response.withheld.add(id="c2")
    counted.observe(_call("RecordService/PutRecords", request, response))
    numbers = _numbers(counted)
    assert {
        outcome: numbers[f'pullfeed_put_records_total{{outcome="{outcome}",scope="customer"}}']
        for outcome in ("stored", "unchanged", "stale", "withheld", "erased")
    } == {"stored": 3, "unchanged": 2, "stale": 1, "withheld": 1, "erased": 0}


def test_who_is_silent_is_looked_up_once_in_a_while(
    counted: metrics.Metrics, survey: _Survey
) -> None:
    first = _numbers(counted)
    numbers = _numbers(counted)
    assert first == numbers
    assert numbers['pullfeed_silent_importers{importer="mail",scope="customer"}'] == 2
    assert numbers['pullfeed_long_walks{importer="sms",scope="product"}'] == 1
    assert numbers['pullfeed_dead_notices{importer="sms",scope="customer"}'] == 3
    assert numbers["pullfeed_ledger_lost_pages_total"] == 4
    assert survey.count == 1


def test_what_the_database_cannot_tell_is_left_out(
    counted: metrics.Metrics, survey: _Survey
) -> None:
    survey.error = errors.StoreUnavailable()
    assert "pullfeed_silent_importers" not in "".join(_numbers(counted))
    survey.error = None
    assert "pullfeed_silent_importers" in "".join(_numbers(counted))


@pytest.fixture
def endpoint(counted: metrics.Metrics) -> Iterator[metrics.Endpoint]:
    opened = metrics.Endpoint("127.0.0.1:0", counted)
    yield opened
    opened.stop()


def test_the_numbers_are_served_over_http(endpoint: metrics.Endpoint) -> None:
    with urllib.request.urlopen(f"http://{endpoint.address}/metrics", timeout=10) as answer:
        assert b"pullfeed_ledger_lost_pages_total 4.0" in answer.read()


def test_a_taken_port_is_a_sentence_that_names_the_setting(
    endpoint: metrics.Endpoint, counted: metrics.Metrics
) -> None:
    with pytest.raises(errors.Unusable, match="--metrics-listen"):
        metrics.Endpoint(endpoint.address, counted)


@pytest.mark.parametrize("listen", ["9464", "127.0.0.1:", "127.0.0.1:x", ":1"])
def test_what_is_no_address_is_a_sentence_that_names_the_setting(
    counted: metrics.Metrics, listen: str
) -> None:
    with pytest.raises(errors.Unusable, match="metrics-listen"):
        metrics.Endpoint(listen, counted)
