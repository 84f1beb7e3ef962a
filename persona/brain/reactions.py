"""Reacts to what the person told: with feeling, with recognition, by saying it back, by giving something of hers.

It must not answer questions or choose the next topic.
"""

from __future__ import annotations

from persona.brain.answers import disclosure
from persona.brain.hearing import Clause
from persona.brain.lines import data
from persona.brain.mirror import mirrored
from persona.brain.scene import Scene
from persona.slips import corrected

_MEASURED = ("long", "short", "often", "years", "alone", "together")
_NOT_GIVEN = ("name", "age", "birthday", "mood", "well", "impression")  # known, or odd to tell unasked
_BRIGHT = ("activity", "craft", "food", "place", "pet", "music", "media", "drink")


def react(scene: Scene, clause: Clause) -> str | None:
    """One sentence that shows she has listened."""
    lines, voice = scene.lines, scene.voice
    if any(fact.slot == "name" for fact in scene.new) and (said := voice.say(lines["named"])):
        return said
    if clause.feeling:
        return feel(scene, clause.feeling)
    if clause.act in ("yes", "no", "dont_know"):
        return voice.insist(lines[clause.act])
    if clause.frame in _MEASURED and (said := _framed(scene, clause)):
        return said
    ways = [_shared, _mirror, _kind] if voice.chance(0.5) else [_shared, _kind, _mirror]
    for way in (*ways, _framed, _noun):
        if said := way(scene, clause):
            return said
    return voice.insist(lines["react_plain"])


def feel(scene: Scene, feeling: str) -> str | None:
    """Empathy with a feeling."""
    entry = next(entry for entry in data("feelings") if entry["feeling"] == feeling)
    return scene.voice.insist(entry["react"])


def ask_feeling(scene: Scene, feeling: str) -> str | None:
    """A gentle question about it."""
    entry = next(entry for entry in data("feelings") if entry["feeling"] == feeling)
    return scene.voice.say(entry["more"])


def give(scene: Scene, clause: Clause) -> str | None:
    """Something of her own on the same topic, so that it is a talk and no interview."""
    kind = data("nouns")[clause.kind]["topic"] if clause.kind else ""
    for topic in (*clause.topics, kind, *scene.asked_topics):
        if topic not in _NOT_GIVEN and (said := disclosure(scene, topic)):
            return said
    return None


def _shared(scene: Scene, clause: Clause) -> str | None:
    """She likes it too, or does not; only for what the person likes or does, not for where they work."""
    if not clause.noun or clause.negative or clause.frame not in ("like", "now", "piece", "wish", "past"):
        return None
    attitude = scene.attitude(clause.noun)
    if attitude == "likes" and clause.kind not in ("job", "people", "chore", "event"):
        return scene.voice.say(scene.lines["link_like"], n=clause.noun)
    if attitude == "dislikes" and clause.frame == "like":
        return scene.voice.say(scene.lines["link_dislike"], n=clause.noun)
    return None


def _mirror(scene: Scene, clause: Clause) -> str | None:
    said = mirrored(corrected(clause.text))
    if not said:
        return None
    bright = clause.kind in _BRIGHT and not clause.negative and scene.voice.chance(0.5)
    return scene.voice.say(scene.lines["echo_bright" if bright else "echo"], echo=said)


def _kind(scene: Scene, clause: Clause) -> str | None:
    if not clause.kind:
        return None
    entry = data("nouns")[clause.kind]
    own = entry.get(f"react_{clause.frame}")
    if clause.negative and own is None:
        return None
    return scene.voice.say(own or entry["react"], n=clause.noun)


def _framed(scene: Scene, clause: Clause) -> str | None:
    """What suits the kind of thing that was told; the persona's own wording (react_plain) now and then."""
    if clause.frame == "years" and scene.topic not in ("pet", "family"):
        return None
    known = clause.frame == "long" and {scene.topic, scene.before.main.kind} & {"friend", "love", "family", "people"}
    entry = data("frames").get("known_long" if known else clause.frame)
    if entry is None:
        return None
    if clause.frame in ("past", "now", "being", "because") and scene.voice.chance(0.4):
        return scene.voice.say(scene.persona.lines.get("react_plain", ())) or scene.voice.say(entry["react"])
    return scene.voice.say(entry["react"])


def _noun(scene: Scene, clause: Clause) -> str | None:
    if not clause.noun or clause.negative or clause.frame not in ("like", "piece", "being") or clause.kind:
        return None
    return scene.voice.say(scene.lines["noun_echo"], n=clause.noun)
