"""Numbers for Prometheus: what was called, served, confirmed, put, and who fell silent.

No id, no shop, no value of a record is ever a label. Importers are: there are as
many as operators have made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import prometheus_client
from google.protobuf import message
from prometheus_client import core, registry

from pullfeed.v1 import feed_service_pb2 as feed_pb
from pullfeed.v1 import record_service_pb2 as record_pb
from pullfeed_server import deliveries, errors, policy, renewal
from pullfeed_server.encoding import scopes

T = TypeVar("T")

# Shops are looked through for what is odd at most this often, however often numbers are asked.
SURVEY_S = 60.0

_FEED = ("importer", "scope")
_OUTCOMES = ("stored", "unchanged", "stale", "withheld", "erased")


class Metrics:
    """Counts calls as the guard ends them. Made only where somebody listens."""

    def __init__(
        self,
        survey: Callable[[], deliveries.Odd],
        lost_pages: Callable[[], int],
        renewing: renewal.Renewal,
    ) -> None:
        """survey: what is odd over all shops. lost_pages: that the ledger does not know of."""
        self.registry = registry.CollectorRegistry()

        def counter(name: str, told: str, *labels: str) -> prometheus_client.Counter:
            return prometheus_client.Counter(name, told, labels, registry=self.registry)

        self._calls = counter("pullfeed_calls", "Calls, by method and code.", "method", "code")
        self._seconds = prometheus_client.Histogram(
            "pullfeed_call_seconds", "Time in the core.", ("method",), registry=self.registry
        )
        self._served = counter("pullfeed_page_records", "Records on served pages.", *_FEED)
        self._commits = counter(
            "pullfeed_commits", "Commits; did they move the position.", *_FEED, "advanced"
        )
        self._differences = counter(
            "pullfeed_count_differences", "Commits that counted another number than served.", *_FEED
        )
        self._rejected = counter(
            "pullfeed_rejected_records", "Records that importers could not take.", *_FEED
        )
        self._put = counter("pullfeed_put_records", "Records put.", "scope", "outcome")
        self.registry.register(_Odd(survey, lost_pages))
        self.registry.register(_Renewed(renewing))

    def observe(self, call: policy.Call) -> None:
        """Counts a call that has ended."""
        method = call.method.removeprefix("/pullfeed.v1.")
        self._calls.labels(method, call.code).inc()
        self._seconds.labels(method).observe(call.seconds)
        if isinstance(call.response, feed_pb.FetchPageResponse):
            self._served.labels(*_feed(call)).inc(call.response.record_count)
        elif isinstance(call.response, feed_pb.CommitResponse):
            self._commit(call, call.response)
        elif isinstance(call.response, record_pb.PutRecordsResponse):
            self._outcomes(call, call.response)

    def _commit(self, call: policy.Call, response: feed_pb.CommitResponse) -> None:
        feed = _feed(call)
        self._commits.labels(*feed, str(response.advanced).lower()).inc()
        request = call.request
        if not isinstance(request, feed_pb.CommitRequest):
            return
        self._rejected.labels(*feed).inc(len(request.rejected))
        is_compared = request.HasField("received") and response.HasField("served_count")
        if is_compared and request.received != response.served_count:
            self._differences.labels(*feed).inc()

    def _outcomes(self, call: policy.Call, response: record_pb.PutRecordsResponse) -> None:
        scope = _scope(call.request)
        counts = (
            response.stored_count,
            response.unchanged_count,
            len(response.stale),
            len(response.withheld),
            len(response.erased),
        )
        for outcome, count in zip(_OUTCOMES, counts, strict=True):
            self._put.labels(scope, outcome).inc(count)


class Endpoint:
    """The numbers over HTTP, at every path."""

    def __init__(self, listen: str, metrics: Metrics) -> None:
        """listen: HOST:PORT, port 0 for a free one. Raises Unusable."""
        host, _, port = listen.rpartition(":")
        if not host or not port.isdecimal():
            raise errors.Unusable(
                "The setting metrics-listen (PULLFEED_METRICS_LISTEN) is HOST:PORT, "
                f"and {listen!r} is not."
            )
        try:
            self._server, self._thread = prometheus_client.start_http_server(
                int(port), host.strip("[]"), metrics.registry
            )
        except (OSError, OverflowError) as error:
            raise errors.Unusable(
                f"The core cannot listen on {listen} for its metrics, it may be taken. Set "
                "another address: PULLFEED_METRICS_LISTEN, metrics-listen in [core], or "
                "--metrics-listen of pullfeed-server."
            ) from error
        self.address = f"{host}:{self._server.server_port}"

    def stop(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Odd(registry.Collector):
    """What is asked of the database when the numbers are."""

    def __init__(self, survey: Callable[[], deliveries.Odd], lost_pages: Callable[[], int]) -> None:
        self._survey = _Survey(survey)
        self._lost_pages = lost_pages

    def describe(self) -> list[core.Metric]:
        return []

    def collect(self) -> Iterator[core.Metric]:
        yield core.CounterMetricFamily(
            "pullfeed_ledger_lost_pages",
            "Served pages that the ledger does not know of.",
            value=self._lost_pages(),
        )
        odd = self._survey.told()
        # What is not known now is not told.
        if odd is not None:
            yield _gauge("pullfeed_silent_importers", "Shops not confirmed in time.", odd.silent)
            yield _gauge("pullfeed_long_walks", "Walks longer than twice the feed.", odd.too_long)
            yield _gauge("pullfeed_dead_notices", "Notices that were given up.", odd.dead)


class _Renewed(registry.Collector):
    """How far feeds of an older version were brought to this one."""

    def __init__(self, renewing: renewal.Renewal) -> None:
        self._renewing = renewing
        self._left = _Survey(renewing.left)

    def describe(self) -> list[core.Metric]:
        return []

    def collect(self) -> Iterator[core.Metric]:
        rows = core.CounterMetricFamily(
            "pullfeed_renewed_rows", "Rows that this core renewed.", labels=("what",)
        )
        rows.add_metric(("encoding",), self._renewing.reencoding.count)
        rows.add_metric(("rules",), self._renewing.reapplication.count)
        yield rows
        left = self._left.told()
        if left is not None:
            feeds = core.GaugeMetricFamily(
                "pullfeed_outdated_feeds", "Feeds of an older version.", labels=("what",)
            )
            feeds.add_metric(("encoding",), left.encoding)
            feeds.add_metric(("rules",), left.rules)
            yield feeds


class _Survey(Generic[T]):
    """What is asked over all shops, and not at each request."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._known: T | None = None
        self._asked_s = 0.0

    def told(self) -> T | None:
        """What is known of it; None where the database does not answer."""
        now_s = time.monotonic()
        if self._known is None or now_s - self._asked_s >= SURVEY_S:
            try:
                self._known = self._ask()
            except errors.PullfeedError:
                return None
            self._asked_s = now_s
        return self._known


def _gauge(name: str, told: str, counts: deliveries.Counts) -> core.GaugeMetricFamily:
    family = core.GaugeMetricFamily(name, told, labels=_FEED)
    for (importer, scope), count in counts.items():
        family.add_metric((importer, scopes.KINDS[scope].name), count)
    return family


def _feed(call: policy.Call) -> tuple[str, str]:
    return call.importer, _scope(call.request)


def _scope(request: message.Message | None) -> str:
    """The scope that a request which was answered names."""
    return scopes.KINDS[getattr(request, "scope")].name  # noqa: B009
