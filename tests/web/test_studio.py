"""Making a persona without code: written, corrected, rehearsed, kept, called and deleted, all in the page.

It must not know how the form is drawn, beyond the fields' names.
"""

from __future__ import annotations

from playwright.async_api import Page, ViewportSize, expect

PATIENCE = 40_000  # ms; two cores may be busy with other tests
ABOUT = "부산에서 작은 책방을 하는 차분한 사람. 비 오는 날과 재즈를 좋아해요."


async def begin(page: Page, name: str) -> None:
    await page.get_by_role("link", name="새로 만들기").click()
    await page.get_by_label("이름").fill(name)
    await page.get_by_label("어떤 사람인가요?").fill(ABOUT)
    await page.get_by_role("button", name="초안 만들기").click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible(timeout=PATIENCE)


async def test_a_persona_is_written_corrected_rehearsed_kept_called_and_deleted(server, visit, complaints):
    async with visit(f"{server.url}/studio") as page:
        await expect(page.locator("#mine-none")).to_be_visible()
        await begin(page, "박책방")

        # What is wrong is said at its field while one writes; nothing is kept or spoken until it is right.
        age = page.get_by_label("나이 (만)")
        await age.fill("17")
        await age.blur()
        await expect(page.locator("#persona-form")).to_contain_text(
            "만 19세 이상 어른만 만들 수 있어요.", timeout=PATIENCE
        )
        await expect(age).to_have_attribute("aria-invalid", "")
        await page.locator("#studio-save").click()
        await expect(age).to_be_focused()
        await expect(page.locator("#studio-call")).to_be_hidden()
        await page.get_by_label("말 걸기").fill("안녕하세요!")
        await page.get_by_role("button", name="보내기").click()
        await expect(page.locator("#rehearsal-fault")).to_contain_text("고치면")
        await age.fill("33")
        await expect(page.locator("#studio-said")).to_have_text("이대로 저장할 수 있어요.", timeout=PATIENCE)
        await expect(age).not_to_have_attribute("aria-invalid", "")

        await page.get_by_text("자기 이야기").click()
        own = page.get_by_role("group", name="이야기 1", exact=True)
        await own.get_by_label("이렇게 말해요").fill("저는 박책방이에요. 책방을 하니까 다들 그렇게 불러요.")
        say = page.get_by_label("말 걸기")
        await say.fill("성함이 어떻게 되세요?")
        await say.press("Enter")
        await expect(page.locator("#rehearsal-log .hers")).to_contain_text("박책방이에요", timeout=PATIENCE)
        await expect(page.locator("#rehearsal-log .mine")).to_have_text("나성함이 어떻게 되세요?")

        await page.locator("#studio-save").click()
        await expect(page.locator("#studio-said")).to_contain_text("저장했어요", timeout=PATIENCE)
        await page.goto(f"{server.url}/")
        await expect(page.get_by_role("heading", name="박책방 33세")).to_be_visible()
        await page.goto(f"{server.url}/studio")
        await page.get_by_role("link", name="박책방 님 만나기").click()
        await page.locator("#calibrate-on").uncheck()
        await page.locator("#start-call").click(timeout=PATIENCE)
        await expect(page.locator("#captions .hers")).to_contain_text("박책방", timeout=PATIENCE)
        await page.locator("#hang-up").click()

        await page.goto(f"{server.url}/studio")
        await page.get_by_role("link", name="박책방 33세").click()
        await expect(page.get_by_label("나이 (만)")).to_have_value("33")
        await page.locator("#studio-delete").click()
        await page.get_by_role("dialog").get_by_role("button", name="지우기").click()
        await expect(page.locator("#mine-none")).to_be_visible(timeout=PATIENCE)
        await page.goto(f"{server.url}/")
        await expect(page.get_by_role("heading", name="이서아")).to_be_visible()
        await expect(page.get_by_role("heading", name="박책방")).to_have_count(0)
    assert complaints == []


async def test_the_studio_fits_a_phone(server, visit, complaints):
    async with visit(f"{server.url}/studio/new", size=ViewportSize(width=390, height=844)) as page:
        await page.get_by_label("이름").fill("박책방")
        await page.get_by_label("어떤 사람인가요?").fill(ABOUT)
        await page.get_by_role("button", name="초안 만들기").click()
        for section in await page.locator(".studio-section summary:visible").all():
            if await section.evaluate("summary => !summary.parentElement.open"):
                await section.click()
        assert not await page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert complaints == []
