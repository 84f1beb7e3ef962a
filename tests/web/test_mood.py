"""Her portrait shows the mood of what she says: another mouth, brows, glance and blush for each."""

from __future__ import annotations

import pytest

POSE = """async (mood) => {
  const { Motion } = await import("/static/js/motion.js");
  const motion = new Motion(() => 0.5);
  let pose;
  for (let t = 0; t < 4; t += 0.03) {
    pose = motion.step(t, 0.03, { doing: "speaking", mood, personSpeaks: false, level: 0, brightness: 0, still: true });
  }
  return pose;
}"""
BROW = """async (mood) => {
  const { Portrait, loadPortrait } = await import("/static/js/portrait.js");
  const svg = await loadPortrait("/static/portraits/seoa.svg");
  document.body.append(svg);
  const portrait = new Portrait(svg);
  Object.assign(portrait, { doing: "speaking", mood });
  portrait.start();
  await new Promise((done) => setTimeout(done, 700));
  portrait.stop();
  const turn = (id) => Number(svg.querySelector(id).getAttribute("transform").match(/rotate\\((\\S+)/)[1]);
  svg.remove();
  return [turn("#left-brow"), turn("#right-brow"), svg.dataset.mood];
}"""


@pytest.fixture
async def page(server, visit, complaints):
    async with visit(server.url) as opened:
        yield opened
    assert complaints == []


async def test_every_mood_has_a_face_of_its_own(page):
    moods = ("calm", "happy", "playful", "tender", "shy", "hurt", "serious")
    poses = {mood: await page.evaluate(POSE, mood) for mood in moods}
    assert poses["hurt"]["smile"] < poses["tender"]["smile"] < poses["calm"]["smile"] < poses["happy"]["smile"]
    assert poses["serious"]["frown"] < -2 < poses["calm"]["frown"] < 2 < poses["tender"]["frown"]
    assert poses["shy"]["blush"] > poses["calm"]["blush"] + 0.1
    drawn = {tuple(round(pose[name], 1) for name in ("smile", "brows", "frown", "blush")) for pose in poses.values()}
    assert len(drawn) == len(moods)


async def test_the_drawing_takes_the_mood_on(page):
    left, right, mood = await page.evaluate(BROW, "hurt")
    assert mood == "hurt"
    assert left < -4  # inner ends up: a hurt look, the same on both sides
    assert right == -left
    assert await page.evaluate(BROW, "calm") == [0, 0, "calm"]
