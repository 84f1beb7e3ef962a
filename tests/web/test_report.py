"""From a report's document to what stands on the receipt: the page's own module, given reports of scripted calls.

They must not know how a report is drawn, beyond the names of its parts.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from analysis.feedback_text import WAITING
from tests.analysis.talks import LINES, PLAIN, report, talk, with_face

DRAW = """
  async (feedback) => {
    const { reportElement } = await import("/static/js/report.js");
    window.chosen = [];
    const place = document.createElement("div");
    place.id = "drawn";
    place.append(reportElement(feedback, ({ t0 }) => chosen.push(t0)));
    document.body.replaceChildren(place);
  }
"""
NAMES = {
    "likability": "호감도", "initiative": "주도성", "tone": "목소리 톤", "concentration": "화면 집중",
    "gaze_stability": "시선 안정", "posture": "자세", "blinking": "눈 깜빡임", "expression": "표정",
}  # fmt: skip


async def draw(page: Page, events: list[object]) -> dict[str, Any]:
    feedback: dict[str, Any] = report(events).document()["feedback"]
    await page.evaluate(DRAW, feedback)
    return feedback


async def test_a_whole_report_has_its_total_eight_parts_two_cards_and_moments(server, visit, complaints):
    async with visit(server.url) as page:
        told = await draw(page, with_face(talk(LINES)))
        drawn = page.locator("#drawn")
        await expect(drawn.locator(".total")).to_contain_text(f"{told['total_score']}점")
        await expect(drawn).to_contain_text("참고용 연습 지표예요")
        await expect(drawn.locator(".highlight.good")).to_contain_text(told["strength"]["text"])
        await expect(drawn.locator(".highlight.improve")).to_contain_text(told["improvement"]["text"])
        assert await drawn.locator(".score").evaluate_all("all => all.map(one => one.dataset.metric)") == list(NAMES)
        for name, label in NAMES.items():
            part = drawn.locator(f"[data-metric={name}] .score-head").first
            await expect(part).to_contain_text(label)
            if isinstance(told[name], int):
                await expect(part.locator(".score-value")).to_have_text(str(told[name]))
        # A part opens onto what it is made of, also by keyboard.
        await drawn.locator("[data-metric=likability] summary").press("Enter")
        await expect(drawn.locator("[data-metric=likability] .subscores")).to_contain_text("질문과 되묻기")
        # What was said at one moment is one entry, and choosing it tells when it was.
        times = await drawn.locator(".moment time").all_inner_texts()
        assert times == sorted(times)
        await drawn.locator(".moment").first.click()
        [chosen] = await page.evaluate("chosen")
        assert f"{int(chosen) // 60:02d}:{int(chosen) % 60:02d}" == times[0]
        assert not re.search("진단|판정", await drawn.inner_text())
    assert complaints == []


async def test_what_was_not_measured_is_said_with_its_reason_and_never_as_a_number(server, visit):
    async with visit(server.url) as page:
        told = await draw(page, talk(LINES))
        drawn = page.locator("#drawn")
        for name in ("gaze_stability", "posture", "blinking"):
            part = drawn.locator(f"[data-metric={name}] .score-head").first
            await expect(part).to_contain_text("아직 못 쟀어요 · 카메라를 켜지 않았어요")
            await expect(part.locator(".score-value, .bar")).to_have_count(0)
        assert told["total_score"] is not None


@pytest.mark.parametrize("turns", [0, 1])
async def test_before_two_turns_only_that_is_said(server, visit, turns):
    async with visit(server.url) as page:
        await draw(page, talk([PLAIN] * turns))
        await expect(page.locator("#drawn")).to_have_text(WAITING)
