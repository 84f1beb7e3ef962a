"""The account page and the consent step in a real browser: the whole application, and Supabase's REST on a socket.

They must not know how the pages are made, beyond the ids that name their parts.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, ViewportSize, expect

from signaling.auth import Auth
from signaling.context import SignIn
from storage import Consent
from tests.fakes.supabase import ANON_KEY, FakeSupabase, Script
from tests.signaling.service import Service, running

PHONE = ViewportSize(width=390, height=844)
PASSWORD = "correct horse"
BORA = "bora@example.com"


@dataclass
class World:
    """The service where people sign in, and the place where they do."""

    service: Service
    supabase: FakeSupabase

    @property
    def account(self) -> str:
        return f"{self.service.url}/account"


@asynccontextmanager
async def signing_in(folder: Path, **script: object) -> AsyncIterator[World]:
    async with FakeSupabase(Script(**script)) as supabase, Auth(supabase.url) as auth:
        supabase.add(BORA, PASSWORD)
        where = SignIn(True, supabase.url, ANON_KEY)
        async with running(folder, auth, sign_in=where, keep={"transcripts": dt.timedelta(days=90)}) as service:
            yield World(service, supabase)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with signing_in(tmp_path) as one:
        yield one


@pytest.fixture
async def guests(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(tmp_path) as one:
        yield one


async def sign_in(page: Page, email: str = BORA, password: str = PASSWORD) -> None:
    await page.locator("#email").fill(email)
    await page.locator("#password").fill(password)
    await page.locator("#sign-in-go").click()


async def held(page: Page) -> dict | None:
    """The session that the browser keeps."""
    return json.loads(await page.evaluate("localStorage.getItem('deyeonso.session')") or "null")


async def consents_of(service: Service, user_id: str = "guest") -> dict[str, bool]:
    found = [one async for one in service.store.each(Consent, owner=user_id)]
    return {one.to: one.granted for one in sorted(found, key=lambda one: one.created_at)}


async def keep(page: Page, session: dict) -> None:
    """Put a session into the browser and open the page anew."""
    await page.evaluate("kept => localStorage.setItem('deyeonso.session', kept)", json.dumps(session))
    await page.reload()


async def fits(page: Page) -> bool:
    return not await page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


async def test_a_stranger_is_led_to_the_door_signs_in_is_led_back_and_signs_out(world: World, visit, complaints):
    async with visit(f"{world.service.url}/?persona=haneul", agreed=False) as page:
        await expect(page.locator("#sign-in-title")).to_have_text("로그인")
        assert page.url.startswith(f"{world.account}?next=")
        await sign_in(page)
        await expect(page.locator("dialog h2")).to_have_text("통화하기 전에 동의가 필요해요")
        assert page.url == f"{world.service.url}/"
        await page.get_by_role("button", name="나중에").click()
        await page.goto(world.account)
        await expect(page.locator("#who-email")).to_have_text(BORA)
        await page.get_by_role("button", name="로그아웃").click()
        await expect(page.locator("#sign-in-title")).to_be_visible()
        assert await held(page) is None
        ways = ["/memory?x=1", "https://evil.example/", "//evil.example", "http://[", "/account", "javascript:alert(1)"]
        found = await page.evaluate(WAYS_BACK, ways)
        assert found == ["/memory?x=1", "/", "/", "/", "/", "/"]
    assert complaints == []


WAYS_BACK = """async (ways) => {
  const { wayBack } = await import("/static/js/door.js");
  return ways.map((way) => (history.replaceState(null, "", `/account?next=${encodeURIComponent(way)}`), wayBack()));
}"""


async def test_what_was_mistyped_is_told_at_its_place_and_a_new_person_signs_up(world: World, visit):
    async with visit(world.account, agreed=False) as page:
        await sign_in(page, "bora", "")
        await expect(page.locator("#email-wrong")).to_contain_text("이메일 주소를 다시 확인해 주세요")
        await expect(page.locator("#password-wrong")).to_contain_text("비밀번호를 적어 주세요")
        await sign_in(page, BORA, "a wrong one")
        await expect(page.locator("#sign-in-fault")).to_contain_text("이메일이나 비밀번호가 맞지 않아요")
        assert await held(page) is None
        await page.get_by_role("button", name="회원가입").click()
        await page.locator("#name").fill("새봄")
        await sign_in(page, "saebom@example.com", "short")
        await expect(page.locator("#password-wrong")).to_contain_text("6자 이상")
        await sign_in(page, "saebom@example.com", "long enough")
        await expect(page.locator("#who-email")).to_have_text("saebom@example.com")
    assert world.supabase.users["saebom@example.com"]["user_metadata"]["full_name"] == "새봄"


async def test_an_address_is_confirmed_by_the_link_of_a_mail(tmp_path: Path, visit):
    async with signing_in(tmp_path, confirm_email=True) as world, visit(world.account, agreed=False) as page:
        await page.get_by_role("button", name="회원가입").click()
        await sign_in(page, "saebom@example.com", "long enough")
        await expect(page.locator("#sign-in-fault")).to_contain_text("메일함을 확인해 주세요")
        world.supabase.users["saebom@example.com"]["email_confirmed_at"] = "2026-11-24T00:00:00Z"
        granted = json.loads(world.supabase._begin("saebom@example.com").body)
        brought = "&".join(f"{name}={granted[name]}" for name in ("access_token", "refresh_token", "expires_in"))
        await page.goto("about:blank")
        await page.goto(f"{world.account}#{brought}&token_type=bearer&type=signup")
        await expect(page.locator("#who-email")).to_have_text("saebom@example.com")
        assert page.url == world.account


async def test_a_token_is_renewed_before_it_expires_and_by_one_tab_for_all(tmp_path: Path, visit, complaints):
    async with signing_in(tmp_path, lifetime=60) as world, visit(world.account, agreed=False) as page:
        await sign_in(page)  # it has less than ninety seconds: due at once
        await expect(page.locator("#consents li").first).to_be_visible()
        first = await held(page)
        tabs = [page, *[await page.context.new_page() for _ in range(3)]]
        await asyncio.gather(*(tab.goto(f"{world.service.url}/memory") for tab in tabs))
        for tab in tabs:
            await expect(tab.locator("#memory-none")).to_be_visible()
        now = await held(page)
        assert now["access_token"] != first["access_token"]
        assert now["refresh_token"] in world.supabase._refresh  # the one that is still good: none was used twice
        assert BORA in world.supabase._sessions.values()
    assert complaints == []


async def test_a_refused_token_is_renewed_once_and_a_sign_in_that_is_down_ends_no_session(world: World, visit):
    async with visit(world.account, agreed=False) as page:
        await sign_in(page)
        first = page.locator("#consents li").first
        await expect(first).to_be_visible()
        refused = {**(await held(page)), "access_token": world.supabase.token(BORA, exp=1)}
        await keep(page, refused)
        await expect(first).to_be_visible()
        await expect(page.locator("#consents-fault")).to_be_empty()
        now = await held(page)
        assert now["access_token"] != refused["access_token"]

        world.supabase.script.token_statuses = [503] * 8
        await keep(page, {**now, "expires_at": 1})
        await expect(page.locator("#consents-fault")).to_contain_text("서버에 연결할 수 없어요")
        assert (await held(page))["refresh_token"] == now["refresh_token"]
        world.supabase.script.token_statuses = []
        await page.locator("#consents-fault").get_by_role("button", name="다시 시도하기").click()
        await expect(first).to_be_visible()
        assert (await held(page))["refresh_token"] != now["refresh_token"]


async def test_a_sign_in_that_was_ended_elsewhere_leads_to_the_door(world: World, visit):
    async with visit(world.account, agreed=False) as page:
        await sign_in(page)
        await expect(page.locator("#who-email")).to_have_text(BORA)
        other = await page.context.new_page()
        await other.goto(f"{world.service.url}/memory")
        await expect(other.locator("#memory-none")).to_be_visible()
        await page.get_by_role("button", name="로그아웃").click()
        await expect(other.locator("#sign-in-title")).to_be_visible()
        await sign_in(other)
        await other.wait_for_url(f"{world.service.url}/memory")
        world.supabase.revoke(BORA)  # an operator ends all sessions
        await keep(other, {**(await held(other)), "expires_at": 1})
        await expect(other.locator("#sign-in-title")).to_be_visible()
        assert await held(other) is None


async def test_consents_are_asked_for_one_by_one_before_the_first_call_only_once_and_can_be_changed(
    guests: Service, visit, complaints
):
    async with visit(guests.url, agreed=False) as page:
        meet = page.get_by_role("button", name="이서아 님 만나기")
        await meet.click()
        sheet = page.locator("dialog")
        await expect(sheet.get_by_role("heading")).to_have_text("통화하기 전에 동의가 필요해요")
        await page.keyboard.press("Escape")  # who does not agree yet stays in the lobby
        await expect(sheet).to_have_count(0)
        await expect(page.locator("#lobby-title")).to_be_visible()
        assert await consents_of(guests) == {}

        await meet.click()
        boxes = sheet.locator("li input")
        await expect(boxes).to_have_count(4)  # this service sends nothing abroad
        assert not any([await box.is_checked() for box in await boxes.all()])
        go = sheet.get_by_role("button", name="동의하고 계속하기")
        await sheet.get_by_label("목소리와 말 분석").check()
        await expect(go).to_be_disabled()
        await sheet.get_by_label("통화와 대화").check()
        await go.click()
        await expect(page.locator("#check-title")).to_be_visible()
        assert await consents_of(guests) == {
            "call": True,
            "voice_analysis": True,
            "face_analysis": False,
            "recording": False,
        }
        await page.reload()
        await meet.click()
        await expect(page.locator("#check-title")).to_be_visible()
        await expect(sheet).to_have_count(0)

        await page.goto(f"{guests.url}/account")
        await expect(page.locator("#consents li")).to_have_count(4)
        assert not await page.locator("#sign-in").is_visible()  # guests see no sign-in
        assert not await page.locator("#sign-out").is_visible()
        await page.get_by_role("switch", name="표정과 시선 분석").click()
        await expect(page.locator("#mine-said")).to_have_text("바꾼 내용을 저장했어요.")
        assert (await consents_of(guests))["face_analysis"] is True
        await page.get_by_role("switch", name="통화와 대화").click()
        await expect(page.locator("#consents li").first).to_contain_text("동의하지 않음")
        await page.goto(guests.url)
        await meet.click()
        await expect(sheet.locator("li")).to_have_count(1)  # what was refused and is needed is asked for again
        await expect(sheet).to_contain_text("통화와 대화")
    assert complaints == []


async def test_everything_of_mine_can_be_taken_along_and_erased_on_a_phone_too(world: World, visit, complaints):
    async with visit(world.account, size=PHONE, agreed=False) as page:
        await expect(page.locator("#sign-in-title")).to_be_visible()
        assert await fits(page)
        await sign_in(page)
        await page.get_by_role("switch", name="목소리와 말 분석").click()
        await expect(page.locator("#mine-said")).to_have_text("바꾼 내용을 저장했어요.")
        assert await fits(page)
        kept = page.locator("#kept div")
        await expect(kept.filter(has_text="나눈 이야기와 분석 결과")).to_contain_text("90일")
        await expect(kept.filter(has_text="녹화와 올린 파일")).to_contain_text("지울 때까지")
        async with page.expect_download() as coming:
            await page.get_by_role("button", name="모두 내려받기").click()
        saved = Path(await (await coming.value).path())
        names = zipfile.ZipFile(io.BytesIO(saved.read_bytes())).namelist()
        assert any("consent" in name for name in names)
        await expect(page.locator("#accesses li")).to_contain_text("나 · 내 정보 전체 내려받기")
        who = world.supabase.users[BORA]["id"]
        assert await consents_of(world.service, who)
        await page.get_by_role("button", name="모두 지우기").click()
        await page.get_by_role("dialog").get_by_role("button", name="그대로 두기").click()
        assert await consents_of(world.service, who)
        await page.get_by_role("button", name="모두 지우기").click()
        await page.get_by_role("dialog").get_by_role("button", name="모두 지우기").click()
        await expect(page.locator("#sign-in-title")).to_be_visible()
        assert await consents_of(world.service, who) == {}
    assert complaints == []


async def test_a_call_outlives_its_token_and_what_it_may_analyse_can_be_changed_in_it(
    tmp_path: Path, visit, complaints
):
    async with signing_in(tmp_path, lifetime=62) as world, visit(world.service.url, agreed=False) as page:
        await sign_in(page)
        await page.get_by_role("button", name="이서아 님 만나기").click()
        await page.get_by_label("통화와 대화").check()
        await page.get_by_role("button", name="동의하고 계속하기").click()
        await page.locator("#calibrate-on").uncheck()
        await page.locator("#camera-on").uncheck()
        await page.locator("#start-call").click()
        await expect(page.locator("#timer")).not_to_have_text("00:00", timeout=20_000)
        [call] = world.service.calls.of(world.supabase.users[BORA]["id"])
        first = call.lease.expires
        async with asyncio.timeout(20):  # a minute before the end the server asks for a new one: that is soon
            while call.lease.expires < first + dt.timedelta(seconds=3):
                await asyncio.sleep(0.1)
        assert call.state == "connected"
        await expect(page.locator("#toasts")).to_be_empty()  # nobody need know
        await page.locator("#coach-consents").click()
        await page.get_by_role("switch", name="목소리와 말 분석").click()
        await expect(page.get_by_role("switch", name="목소리와 말 분석")).to_be_checked()
        await page.get_by_role("button", name="닫기").click()
        assert (await consents_of(world.service, call.user_id))["voice_analysis"] is True
        assert (await call.report())["analysis"]["allowed"] == ["voice_analysis"]
        other = await page.context.new_page()
        await other.goto(world.account)
        await other.get_by_role("switch", name="통화와 대화").click()
        await expect(page.locator("#call-fault")).to_contain_text("동의를 거두어서 통화를 마쳤어요")
        assert call.reason == "consent_withdrawn"
