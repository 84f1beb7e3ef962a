"""signaling/metrics.py and `/metrics`: what happened is counted, and nothing in it is about a person."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from analysis.types import AnalyzerFault
from media.timeline import Timeline
from persona.types import DialogueFault, TurnDelays
from signaling.metrics import Metrics
from signaling.routes.service import may_see_metrics
from tests.signaling.service import running

REPORT = {"reason": "hung_up", "dropped": {"audio_chunks": 3, "pictures": 7}}


def value(text: str, name: str, **labels: str) -> float:
    found = [s.value for f in parse(text) for s in f.samples if s.name == f"deyeonso_{name}" and s.labels == labels]
    assert len(found) == 1, (name, labels, found)
    return found[0]


async def test_a_calls_turns_delays_faults_and_drops_are_counted() -> None:
    metrics, timeline = Metrics(), Timeline()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(metrics.follow(timeline))
        await asyncio.sleep(0)
        timeline.append(TurnDelays(2.0, 1, 0.31, 0.0, 0.2, None, 1.4))
        timeline.append(AnalyzerFault(2.1, "face", "analyzer_failed", "이서아"))
        timeline.append(DialogueFault(2.2, "model_slow", "…"))
        await asyncio.sleep(0)
        timeline.close()
    metrics.ended(REPORT, lost=2)
    metrics.swept({"turns": 4})
    text = metrics.expose(active=1, limit=8, unsaved=5, writing=6).decode()
    assert value(text, "calls_begun_total") == 1
    assert value(text, "calls_ended_total", reason="hung_up") == 1
    assert value(text, "turns_total") == 1
    assert value(text, "turn_seconds_sum", step="total") == pytest.approx(1.4)
    assert value(text, "turn_seconds_bucket", step="endpointing", le="0.3") == 0
    assert value(text, "turn_seconds_bucket", step="endpointing", le="0.5") == 1
    assert 'step="first_sound"' not in text  # it was not measured
    assert value(text, "faults_total", part="face", code="analyzer_failed") == 1
    assert value(text, "faults_total", part="dialogue", code="model_slow") == 1
    assert value(text, "dropped_total", what="pictures") == 7
    assert value(text, "call_documents_lost_total") == 2
    assert value(text, "call_documents_unsaved") == 5
    assert value(text, "store_writes_waiting") == 6
    assert value(text, "store_swept_total", kind="turns") == 4
    assert "이서아" not in text


async def test_requests_are_counted_by_route_and_outcome_never_by_path(tmp_path: Path) -> None:
    async with running(tmp_path) as service, aiohttp.ClientSession() as http:
        for path in ("/personas/seoa", "/personas/nobody-of-this-name", "/calls/some-private-id", "/no/such/place"):
            async with http.get(service.url + path):
                pass
        async with http.get(f"{service.url}/metrics") as response:
            assert response.content_type == "text/plain"
            text = await response.text()
    requests = {"method": "GET", "route": "/personas/{id}"}
    assert value(text, "http_request_seconds_count", **requests, status="200") == 1
    assert value(text, "http_request_seconds_count", **requests, status="404") == 1
    assert value(text, "http_request_seconds_count", method="GET", route="none", status="404") == 1
    assert value(text, "http_errors_total", code="persona_unknown") == 1
    assert value(text, "http_errors_total", code="call_unknown") == 1
    assert value(text, "calls_limit") == 8
    for private in ("nobody-of-this-name", "some-private-id", "/no/such/place", "guest"):
        assert private not in text


@pytest.mark.parametrize(
    ("remote", "headers", "token", "may"),
    [
        ("127.0.0.1", {}, "", True),
        ("::1", {}, "", True),
        ("192.0.2.7", {}, "", False),
        (None, {}, "", False),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, "", False),
        ("127.0.0.1", {}, "word", False),
        ("192.0.2.7", {"Authorization": "Bearer word"}, "word", True),
        ("192.0.2.7", {"Authorization": "Bearer other"}, "word", False),
        ("192.0.2.7", {"Authorization": "Bearer "}, "", False),
    ],
)
def test_only_this_machine_or_who_knows_the_token_may_look(remote, headers, token, may) -> None:
    assert may_see_metrics(remote, headers, token) is may


async def test_others_are_refused_with_the_one_error(tmp_path: Path) -> None:
    async with (
        running(tmp_path, metrics_token="열쇠") as service,
        aiohttp.ClientSession() as http,
        http.get(f"{service.url}/metrics") as response,
    ):
        assert response.status == 403
        assert (await response.json())["error"]["code"] == "forbidden"
