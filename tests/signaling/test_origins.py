"""Which pages may use the service: its own and the listed ones; a foreign one reads nothing and changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from signaling.origins import Origins, local
from tests.signaling.service import Service, running
from tests.signaling.test_auth import echo

SITE = "https://site.example"


@pytest.fixture
async def service(tmp_path) -> AsyncIterator[Service]:
    async with running(tmp_path, routes=[web.get("/ws/echo", echo)], origins=local([SITE])) as one:
        yield one


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


FOREIGN = ["null", "https://evil.example", "https://site.example.evil.example", "http://site.example", "", "file://",
           "http://localhost:1", "chrome-extension://abc", "http://[", "https://SITE.example/x"]  # fmt: skip


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_foreign_page_changes_nothing_and_opens_no_socket(service: Service, http, origin):
    headers = {"Origin": origin}
    for method, path in (("POST", "/calls"), ("POST", "/ws/tickets"), ("DELETE", "/calls/x"), ("PATCH", "/calls/x")):
        async with http.request(method, service.url + path, json={}, headers=headers) as response:
            assert response.status == 403, (method, path)
            assert (await response.json())["error"]["code"] == "origin_refused"
            assert "Access-Control-Allow-Origin" not in response.headers
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await http.ws_connect(service.url + "/ws/echo", headers=headers)
    assert caught.value.status == 403


async def test_a_foreign_page_cannot_read(service: Service, http):
    async with http.get(service.url + "/health", headers={"Origin": "https://evil.example"}) as response:
        assert "Access-Control-Allow-Origin" not in response.headers
        assert "Origin" in response.headers["Vary"]
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    async with http.options(service.url + "/calls", headers=asked) as response:
        assert response.status == 403


async def test_its_own_pages_and_listed_sites_may(service: Service, http):
    for origin in (service.url, SITE):
        async with http.post(service.url + "/ws/tickets", headers={"Origin": origin}) as response:
            assert response.status == 201
            assert response.headers.get("Access-Control-Allow-Origin") == (SITE if origin == SITE else None)
    asked = {"Origin": SITE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with http.options(service.url + "/calls", headers=asked) as response:
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Origin"] == SITE
        assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
    async with http.post(service.url + "/calls", headers={"Origin": SITE}) as response:
        assert response.status == 400 or response.status == 415
        assert response.headers["Access-Control-Allow-Origin"] == SITE  # so that the page can read what is wrong


async def test_a_form_of_a_foreign_page_without_an_origin_is_known_by_the_browsers_word(service: Service, http):
    async with http.post(service.url + "/ws/tickets", headers={"Sec-Fetch-Site": "cross-site"}) as response:
        assert response.status == 403


async def test_a_name_that_was_made_to_mean_this_machine_is_not_answered(service: Service, http):
    for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[", "10.0.0.7"):
        rebound = {"Host": host, "Origin": f"http://{host}"}
        async with http.get(service.url + "/personas", headers=rebound) as response:
            assert (response.status, (await response.json())["error"]["code"]) == (403, "host_refused")
    for host in ("localhost:1", "127.0.0.1", "[::1]:8000", "site.example"):
        async with http.get(service.url + "/personas", headers={"Host": host}) as response:
            assert response.status == 200


def test_a_service_for_many_people_answers_to_any_name():
    assert Origins().answers_to("app.example")
    assert Origins().welcomes("https://app.example", "app.example")
    assert not Origins().welcomes("https://app.example", "other.example")
