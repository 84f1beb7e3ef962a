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
    """A question about what was just said: its noun, its topic, the kind of thing it tells, what is talked of."""
    clause, voice = scene.main, scene.voice
    if clause.noun and clause.kind:
        entry = data("nouns")[clause.kind]
        own = entry.get(f"more_{clause.frame}")
        if (own or not (clause.negative or clause.frame in ("cannot", "pity"))) and (
            asked := voice.say(own or entry["more"], n=clause.noun)
        ):
            return asked
    framed = voice.say(data("frames").get(clause.frame, {}).get("more", ()))
    if clause.frame in ("cannot", "pity", "wish", "plan", "long", "short"):
        return framed
    if not clause.negative:
        own_thing = clause.frame == "like" and clause.noun and not clause.topics
        if framed and (own_thing or clause.frame == "enjoyed" or (clause.frame == "past" and voice.chance(0.5))):
            return framed
        for topic in (*clause.topics, *scene.asked_topics):
            if asked := voice.say(topics()[topic]["more"]):
                return asked
        if framed and clause.frame in ("like", "often", "past") and (clause.noun or clause.topics or scene.asked):
            return framed
        if scene.topic and not clause.act and clause.frame in ("years", "piece", "being", "now") and not clause.noun:
            return voice.say(topics()[scene.topic]["more"])
        if (
            clause.noun
            and clause.frame in ("like", "piece")
            and (asked := voice.say(scene.lines["more_noun"], n=clause.noun))
        ):
            return asked
    return None


def new_topic(scene: Scene) -> str | None:
    """A question that opens something not yet talked about; her own questions come in between."""
    voice = scene.voice
    if not voice.slots.get("who") and scene.turn >= 2 and "name" not in scene.visited and not scene.casual:
        asked = voice.say(topics()["name"]["ask"])
        if asked:
            return asked
    if scene.turn <= 2 and not scene.visited & {"today", "well", "mood"}:
        return voice.say(scene.lines["opening"])
    if scene.turn >= 8 and voice.chance(0.25) and (again := callback(scene)):
        return again
    if scene.turn >= 4 and voice.chance(0.3) and (own := voice.say(scene.persona.asks)):
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
    """`question` with a word that says the subject changes, not one she used a moment ago."""
    recent = " ".join(line.text for line in scene.history[-10:] if line.role == "assistant")
    starts = [start for start in scene.lines["bridge"] if start not in recent]
    formal = question.startswith(("실례", "혹시", "그러고", "저는"))
    if not starts or formal or any(start.strip(" ,")[-4:] in question[:12] for start in scene.lines["bridge"]):
        return question
    return f"{scene.voice.pick(starts)} {question}"


def callback(scene: Scene) -> str | None:
    """Back to something the person told a while ago."""
    mentioned = " ".join(line.text for line in scene.history if line.role == "assistant")
    worth = [
        fact.value
        for fact in scene.told
        if fact.slot in ("likes", "hobby", "pet", "job") and fact.turn <= scene.turn - 4 and fact.value not in mentioned
    ]
    return scene.voice.say(scene.lines["callback"], fact=worth[scene.turn % len(worth)]) if worth else None
