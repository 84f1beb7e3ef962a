"""Keeps the conversation moving: follow-up questions, new topics, callbacks to what was told earlier.

It must not answer anything about her; it only decides what to ask next.
"""

from __future__ import annotations

from persona.brain.lines import data
from persona.brain.scene import Scene, topics

# A first date's usual road: easy things first, the heart later.
_ROAD: list[str] = data("road")["topics"]
_KNOWN_BY: dict[str, str] = data("road")["answered_by_fact"]  # topic → the slot that answers it already


def follow_up(scene: Scene) -> str | None:
    """A question about what was just said: its noun, else its topic, else the telling itself."""
    clause, voice = scene.main, scene.voice
    kinds = data("nouns")
    if clause.noun and clause.kind and not clause.negative:
        asked = voice.say(kinds[clause.kind]["more"], n=clause.noun)
        if asked:
            return asked
    for topic in (*clause.topics, *scene.asked_topics):
        asked = voice.say(topics()[topic]["more"])
        if asked and not clause.negative:
            return asked
    if clause.noun and not clause.negative and voice.chance(0.6):
        asked = voice.say(scene.lines["more_noun"], n=clause.noun)
        if asked:
            return asked
    return voice.say(scene.lines["more_plain"])


def new_topic(scene: Scene) -> str | None:
    """A question that opens something not yet talked about; her own questions come in between."""
    voice = scene.voice
    if not scene.voice.slots.get("who") and scene.turn >= 2 and "name" not in scene.visited and not scene.casual:
        asked = voice.say(topics()["name"]["ask"])
        if asked:
            return asked
    if scene.turn >= 6 and voice.chance(0.3) and (again := callback(scene)):
        return again
    if voice.chance(0.35) and (own := voice.say(scene.persona.asks)):
        return own
    told = {fact.slot for fact in scene.known}
    open_roads = [t for t in _ROAD if t not in scene.visited and _KNOWN_BY.get(t, "-") not in told]
    for topic in open_roads[:3] if len(open_roads) > 3 else open_roads:
        asked = voice.say(topics()[topic]["ask"])
        if asked and voice.chance(0.6):
            return asked
    everything = [question for topic in (*open_roads, *_ROAD) for question in topics()[topic]["ask"]]
    return voice.say(everything) or voice.say(scene.persona.asks)


def bridged(scene: Scene, question: str) -> str:
    """`question` with a word that says the subject changes."""
    starts = scene.lines["bridge"]
    if any(start.strip(" ,")[-4:] in question[:12] for start in starts):
        return question
    return f"{scene.voice.pick(starts)} {question}"


def callback(scene: Scene) -> str | None:
    """Back to something the person told a while ago."""
    worth = [
        fact.value
        for fact in scene.told
        if fact.slot in ("likes", "hobby", "pet", "plan", "job") and fact.turn <= scene.turn - 4
    ]
    return scene.voice.say(scene.lines["callback"], fact=worth[scene.turn % len(worth)]) if worth else None
