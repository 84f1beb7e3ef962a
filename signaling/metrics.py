"""What the service did, as numbers for Prometheus: calls, turns, delays, drops, errors, the store's queue.

It must not know any person: no label holds an id, a name or a path as it was asked for.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from analysis.types import AnalyzerFault
from media.clock import monotonic
from media.timeline import Timeline
from persona.types import DialogueFault, TurnDelays
from signaling.errors import CODE, Handler

DELAYS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 5, 10)  # s
REQUESTS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # s
LAGS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1)  # s
LAG_EVERY = 0.25  # s
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Metrics:
    """One service's figures. `Calls` tells it of each call, the middleware of each request."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        its: dict[str, Any] = {"namespace": "deyeonso", "registry": self.registry}
        self._active = Gauge("calls_active", "Calls that are on", **its)
        self._limit = Gauge("calls_limit", "Calls that may be on at once", **its)
        self._begun = Counter("calls_begun", "Calls that began", **its)
        self._ended = Counter("calls_ended", "Calls that ended, by why", ["reason"], **its)
        self._turns = Counter("turns", "Turns of people that were answered", **its)
        self._delays = Histogram("turn_seconds", "Where a turn's time went", ["step"], buckets=DELAYS, **its)
        self._faults = Counter("faults", "Parts of calls that failed", ["part", "code"], **its)
        self._dropped = Counter("dropped", "Sound and pictures given up because a reader was slow", ["what"], **its)
        self._requests = Histogram(
            "http_request_seconds", "Requests", ["method", "route", "status"], buckets=REQUESTS, **its
        )
        self._errors = Counter("http_errors", "Requests that failed, by the code they were told", ["code"], **its)
        self._unsaved = Gauge("call_documents_unsaved", "Documents of calls that wait for the store", **its)
        self._lost = Counter("call_documents_lost", "Documents of calls that the store never took", **its)
        self._writing = Gauge("store_writes_waiting", "Writes the store has not acknowledged yet", **its)
        self._swept = Counter("store_swept", "Documents deleted because their time was over", ["kind"], **its)
        self._lag = Histogram("loop_lag_seconds", "How late the event loop wakes up", buckets=LAGS, **its)

    async def follow(self, timeline: Timeline) -> None:
        """Count what happens in one call, until its timeline closes."""
        self._begun.inc()
        with timeline.subscribe() as events:
            async for event in events:
                match event:
                    case TurnDelays():
                        self._turns.inc()
                        for step, seconds in asdict(event).items():
                            if step not in ("t", "turn") and seconds is not None:
                                self._delays.labels(step).observe(seconds)
                    case AnalyzerFault():
                        self._faults.labels(event.analyzer, event.code).inc()
                    case DialogueFault():
                        self._faults.labels("dialogue", event.code).inc()

    def ended(self, report: dict[str, Any], lost: int) -> None:
        """A call is over: its report, and how many of its documents were never stored."""
        self._ended.labels(report["reason"] or "crashed").inc()
        for what, count in report["dropped"].items():
            self._dropped.labels(what).inc(count)
        self._lost.inc(lost)

    def swept(self, counts: dict[str, int]) -> None:
        """Retention took these."""
        for kind, count in counts.items():
            self._swept.labels(kind).inc(count)

    async def watch_the_loop(self) -> None:
        """Measure the event loop's lag, for ever."""
        while True:
            asked = monotonic()
            await asyncio.sleep(LAG_EVERY)
            self._lag.observe(max(0.0, monotonic() - asked - LAG_EVERY))

    def expose(self, *, active: int, limit: int, unsaved: int, writing: int) -> bytes:
        """Everything in Prometheus' text format."""
        for gauge, value in (
            (self._active, active),
            (self._limit, limit),
            (self._unsaved, unsaved),
            (self._writing, writing),
        ):
            gauge.set(value)
        return generate_latest(self.registry)

    @web.middleware
    async def count_requests(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The outermost middleware: what every request took and how it ended, by route and not by path."""
        began = monotonic()
        status = 500
        try:
            response = await handler(request)
            status = response.status
            if code := response.get(CODE):
                self._errors.labels(code).inc()
            return response
        finally:
            if status != 101:  # a WebSocket lasts as long as it is wanted
                method = request.method if request.method in _METHODS else "other"
                self._requests.labels(method, _route(request), status).observe(monotonic() - began)


METRICS = web.AppKey("metrics", Metrics)
METRICS_TOKEN = web.AppKey("metrics_token", str)


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return "none" if resource is None else resource.canonical
