"""Reacts to what the person told: with feeling, with recognition, by saying it back, by giving something of hers.

It must not answer questions or choose the next topic.
"""

from __future__ import annotations

from persona.brain.answers import disclosure
from persona.brain.hearing import Clause
from persona.brain.lines import data
from persona.brain.mirror import mirrored
from persona.brain.scene import Scene


def react(scene: Scene, clause: Clause) -> str | None:
    """One sentence that shows she has listened."""
    lines, voice = scene.lines, scene.voice
    if any(fact.slot == "name" for fact in scene.new) and (said := voice.say(lines["named"])):
        return said
    if clause.feeling:
        return feel(scene, clause.feeling)
    if clause.act in ("yes", "no", "dont_know"):
        return voice.insist(lines[clause.act])
    ways = [_shared, _mirror, _kind] if voice.chance(0.5) else [_shared, _kind, _mirror]
    for way in ways:
        if said := way(scene, clause):
            return said
    if (
        clause.noun
        and not clause.negative
        and voice.chance(0.4)
        and (said := voice.say(lines["noun_echo"], n=clause.noun))
    ):
        return said
    return voice.insist(lines["react_bad" if clause.negative and not clause.noun else "react_plain"])


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
    for topic in (*clause.topics, *scene.asked_topics):
        if said := disclosure(scene, topic):
            return said
    return None


def _shared(scene: Scene, clause: Clause) -> str | None:
    attitude = scene.attitude(clause.noun) if clause.noun and not clause.negative else ""
    if attitude == "likes":
        return scene.voice.say(scene.lines["link_like"], n=clause.noun)
    if attitude == "dislikes":
        return scene.voice.say(scene.lines["link_dislike"], n=clause.noun)
    return None


def _mirror(scene: Scene, clause: Clause) -> str | None:
    said = mirrored(clause.text)
    return scene.voice.say(scene.lines["echo"], echo=said) if said else None


def _kind(scene: Scene, clause: Clause) -> str | None:
    if not clause.kind or clause.negative:
        return None
    return scene.voice.say(data("nouns")[clause.kind]["react"], n=clause.noun)
