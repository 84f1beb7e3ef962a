"""A browser on a closed network may use nothing but the relay it is told of, and the call comes about all the same."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from signaling.ice import Ice
from tests.signaling import coturn
from tests.signaling.service import agreed, running

PATIENCE = 30_000  # ms
CLOSED = """
  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Peer {
    constructor(wishes) { super({ ...wishes, iceTransportPolicy: "relay" }); }
  };
"""


async def test_a_page_that_can_only_be_relayed_calls_through_our_turn_server(visit, tmp_path: Path, complaints):
    with coturn.running(tmp_path) as relay:
        folder = tmp_path / "service"
        async with running(folder, ice=Ice(turn_url=relay.url, secret=coturn.SECRET)) as service:
            await agreed(service.store, "guest")
            async with visit(service.url, script=CLOSED) as page:
                await page.get_by_role("button", name="이서아 님 만나기").click()
                calibrate = page.get_by_label("전화를 걸면 먼저 내 기준 맞추기")
                if await calibrate.is_checked():
                    await calibrate.uncheck()
                await page.locator("#start-call").click(timeout=PATIENCE)
                await expect(page.locator("#captions .line").first).to_contain_text("네.", timeout=PATIENCE)
                [call] = service.calls.of("guest")
                assert call.state == "connected"
                await page.locator("#hang-up").click()
                await call.over.wait()
        assert complaints == []
    assert "guest" not in relay.log
    assert "session" in relay.log
