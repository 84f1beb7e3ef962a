"""The offline brain: decides what kind of turn is due and lets the other rooms word it. Pure and deterministic.

It must not do I/O or keep anything between turns: one prompt in, one or two sentences out.
"""

from __future__ import annotations

from collections.abc import Callable

from analysis import korean
from persona import memory, safety
from persona.brain import answers, reactions, steering
from persona.brain.hearing import understand
from persona.brain.lines import data, fill
from persona.brain.mirror import mirrored
from persona.brain.scene import Scene
from persona.engines import Prompt
from persona.register import to_casual
from persona.sentences import split

Room = Callable[[Scene], list[str | None] | None]


def load() -> None:
    """Read the data and warm up the morphology: blocking, seconds. Afterwards a reply takes milliseconds."""
    korean.load()
    for name in ("topics", "nouns", "acts", "feelings", "lines", "stopwords", "recall", "road", "grammar"):
        data(name)
    # One sentence through every part compiles the patterns, builds the index and warms Kiwi's joining up.
    understand("혹시 이런 날씨 좋아하세요?")
    memory.extract("저는 마포에 살아요.")
    to_casual(mirrored("어제 영화 봤어요.") or "")


def reply(prompt: Prompt) -> list[str]:
    """Her next turn as sentences: at most as many as the persona speaks at once, none of them said before."""
    scene = Scene(prompt)
    for room in _ROOMS:
        said = room(scene)
        if said is not None:
            return _trimmed(scene, [text for text in said if text])
    return _trimmed(scene, [])


def _greeting(scene: Scene) -> list[str | None] | None:
    if scene.history:
        return None
    lines, voice = scene.lines, scene.voice
    if scene.prompt.session <= 1:
        return [voice.say(scene.persona.openers)]
    hello = voice.say(lines["greet_named"]) or voice.say(lines["greet_again"])
    worth = [f.value for f in scene.prompt.facts if f.slot in ("plan", "likes", "hobby", "pet", "job")]
    return [
        hello,
        voice.say(lines["callback_greet"], fact=worth[-1]) if worth else voice.say(["그동안 잘 지내셨어요?"]),
    ]


def _unheard(scene: Scene) -> list[str | None] | None:
    state = scene.heard.state
    if not state and not scene.heard.has("noise"):
        return None
    name = "noise" if scene.heard.has("noise") else {"silent": "unclear"}.get(state, state)
    return [scene.voice.insist(scene.lines[name])]


def _care(scene: Scene) -> list[str | None] | None:
    concern = safety.concern_of(scene.history)
    if concern is None:
        return None
    said = scene.voice.say(safety.written_answers(scene.persona, concern))
    return [said or scene.voice.insist(safety.essence(scene.persona, concern))]


def _about_ai(scene: Scene) -> list[str | None] | None:
    if scene.prompt.aim == "honest" or scene.prompt.aim == "deflect":
        sincere = scene.prompt.aim == "honest"
    elif scene.heard.has("ai"):
        text = scene.heard.text
        sincere = scene.times("ai") > 1 or any(word in text for word in ("솔직", "진지", "장난", "진심", "제발"))
    else:
        return None
    return [scene.voice.insist(scene.persona.safety.honest if sincere else scene.persona.deflections)]


def _level(scene: Scene) -> list[str | None] | None:
    lines, voice = scene.lines, scene.voice
    aim = scene.prompt.aim
    if aim in ("agree_casual", "agreed_casual", "decline_casual", "back_to_polite", "casual_refused"):
        return [voice.insist(lines[aim])]
    if aim == "propose_casual":
        return [reactions.react(scene, scene.main), voice.insist(lines["propose_casual"])]
    if scene.heard.has("back_to_polite"):
        return [voice.insist(lines["already_polite"])]
    if scene.heard.has("propose_casual"):
        return [voice.insist(lines["already_casual" if scene.casual else "decline_casual"])]
    return None


def _boundary(scene: Scene) -> list[str | None] | None:
    said = answers.boundary(scene, scene.heard.text)
    return [said] if said else None


def _small_acts(scene: Scene) -> list[str | None] | None:
    """Acts that have their own lines, whatever the topic."""
    lines, voice, heard = scene.lines, scene.voice, scene.heard
    urgent = ("insult", "bye", "remember", "unheard", "slower", "meet", "compute", "silence_ok", "hmm")
    act = next((a for a in urgent if heard.has(a)), "")
    if act == "bye":
        return [voice.say(lines["bye_named"]) or voice.insist(lines["bye"])]
    if act == "remember":
        return [_recall(scene)]
    if act == "unheard":
        last = split(scene.her_last)[-1:]
        return [
            f"{lead} {last[0]}"
            if (lead := voice.insist(["네, 다시 말할게요.", "제 말이 잘 안 들렸죠?"])) and last
            else None
        ]
    if act:
        return [voice.insist(lines[act]), steering.new_topic(scene) if act == "silence_ok" else None]
    if scene.main.question:
        return None
    act = next((a for a in ("like_you", "compliment", "sorry", "advice") if heard.has(a)), "")
    if act:
        return [voice.insist(lines[act]), steering.new_topic(scene) if act == "sorry" else None]
    if heard.has("thanks") and not scene.main.topics and not scene.main.feeling:
        return [voice.insist(lines["thanks"]), steering.new_topic(scene)]
    if heard.has("laugh") and not scene.main.noun:
        return [voice.insist(lines["laugh"]), steering.new_topic(scene)]
    return None


def _recall(scene: Scene) -> str | None:
    lines, voice = scene.lines, scene.voice
    text = scene.heard.text
    slots: dict[str, list[str]] = data("recall")  # slot → words that ask for it
    asked = [slot for slot, words in slots.items() if any(word in text for word in words)]
    for slot in sorted(asked, key=lambda slot: slot in ("job", "home")):  # short keys last: "일" is in many words
        if value := memory.values_of(scene.known, slot):
            return voice.insist(lines[f"recall_{slot}"], value=value)
    if asked:
        return voice.insist(lines["recall_nothing"])
    value = next((f.value for f in reversed(scene.known) if f.slot not in ("name", "age")), "")
    if value:
        return voice.say(lines["recall_all"], value=value) or voice.insist(lines["recall_all"][1:], value=value)
    return voice.insist(lines["recall_nothing"])


def _greet_back(scene: Scene) -> list[str | None] | None:
    main = scene.main
    if not scene.heard.has("greet") or main.question or main.feeling:
        return None
    if scene.turn > 2 and len(scene.heard.text) > 10:
        return None
    if scene.new:
        named = scene.voice.say(scene.lines["named"])
        return [named or scene.voice.insist(scene.lines["greet_back"]), steering.new_topic(scene)]
    return [scene.voice.insist(scene.lines["greet_back"]), steering.new_topic(scene)]


def _question(scene: Scene) -> list[str | None] | None:
    main = scene.main
    if not main.question and main.act not in ("why", "more", "you"):
        return None
    if main.act in ("why", "more"):
        said = _why(scene)
    elif main.act == "you" and not main.topics and not main.noun:
        topic = scene.asked_topics[0] if scene.asked_topics else scene.topic
        said = answers.more_about(scene, topic) or answers.unknown(scene, main)
    else:
        said = answers.answer(scene, main) or (
            scene.voice.insist(scene.lines["really"]) if main.act == "really" else answers.unknown(scene, main)
        )
    lead = _lead(scene)
    if said and len(split(said)) == 1 and not said.endswith("?"):
        return [lead, said] if lead else [said, answers.bounce(scene, main)]
    return [lead, said]


def _lead(scene: Scene) -> str | None:
    """A short word on what stood before the question: a greeting, a name, a feeling."""
    others = [clause for clause in scene.heard.clauses if clause is not scene.main]
    lines = scene.lines
    if any(fact.slot == "name" for fact in scene.new):
        return scene.voice.say(lines["named"])
    for clause in others:
        if clause.feeling:
            return reactions.feel(scene, clause.feeling)
        if clause.act in ("compliment", "thanks"):
            return scene.voice.say([line for line in lines[clause.act] if len(split(line)) == 1])
    return None


def _why(scene: Scene) -> str | None:
    for topic in (f"{scene.topic}_why", f"why{scene.topic}", scene.topic):
        if said := answers.more_about(scene, topic):
            return said
    name = "why" if scene.main.act == "why" else "react_plain"
    return scene.voice.insist(scene.lines[name])


def _statement(scene: Scene) -> list[str | None] | None:
    main = scene.main
    if main.act in ("really", "ack") and not main.feeling and not scene.asked:
        told = answers.more_about(scene, scene.topic) if scene.voice.chance(0.4) else None
        question = None if told else steering.new_topic(scene)
        first = told or scene.voice.insist(scene.lines[main.act])
        return [first, steering.bridged(scene, question) if question else None]
    noticed = scene.lines[f"cue_{scene.prompt.cue}"] if not main.feeling else []
    first = scene.voice.say(noticed) or reactions.react(scene, main)
    if any(fact.slot == "name" for fact in scene.new) and (question := steering.new_topic(scene)):
        return [first, question]
    if main.feeling:
        return [first, reactions.ask_feeling(scene, main.feeling)]
    dry = main.act in ("dont_know", "no") or scene.short_answers >= 2
    if dry or (main.act == "yes" and not scene.asked_topics):
        question = steering.new_topic(scene)
        return [first, steering.bridged(scene, question) if question else None]
    if scene.questions_running >= 2 and (own := reactions.give(scene, main)):
        return [first, own]
    if scene.questions_running >= 3 and (question := steering.new_topic(scene)):
        return [first, steering.bridged(scene, question)]
    return [first, steering.follow_up(scene) or steering.new_topic(scene)]


def _trimmed(scene: Scene, said: list[str]) -> list[str]:
    sentences = [sentence for text in said for sentence in split(text)][: scene.persona.speech.max_sentences]
    if sentences:
        return sentences
    rest = scene.voice.insist(scene.lines["last_resort"]) or steering.new_topic(scene)
    return split(rest) if rest else [fill("{me:이에요}.", {"me": scene.persona.name}) or ""]


_ROOMS: tuple[Room, ...] = (
    _greeting, _care, _unheard, _about_ai, _level, _boundary, _small_acts, _greet_back, _question, _statement,
)  # fmt: skip
