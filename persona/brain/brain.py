"""The offline brain: decides what kind of turn is due and lets the other rooms word it. Pure and deterministic.

It must not do I/O or keep anything between turns: one prompt in, one or two sentences out.
"""

from __future__ import annotations

from collections.abc import Callable

from analysis import korean
from persona import memory, safety
from persona.brain import answers, reactions, steering
from persona.brain.hearing import understand, wonders
from persona.brain.lines import data, fill
from persona.brain.mirror import mirrored
from persona.brain.scene import Scene
from persona.engines import Prompt
from persona.register import to_casual
from persona.sentences import split

_DATA = (
    "topics",
    "nouns",
    "acts",
    "feelings",
    "frames",
    "common",
    "lines",
    "stopwords",
    "recall",
    "road",
    "grammar",
)
Room = Callable[[Scene], list[str | None] | None]


def load() -> None:
    """Read the data and warm up the morphology: blocking, seconds. Afterwards a reply takes milliseconds."""
    korean.load()
    for name in _DATA:
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
    if state == "silent" and scene.unsaid_running % 3 == 2:  # nothing twice over: she takes the floor herself
        return [scene.voice.insist(scene.lines["silence_ok"]), steering.new_topic(scene)]
    return [scene.voice.insist(scene.lines["noise" if scene.heard.has("noise") else state])]


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


# What is praised in her; praise of anything else is not for her.
_HERS = ("", "모습", "웃음", "미소", "목소리", "인상", "말투", "눈", "얼굴", "성격", "센스", "표정", "스타일", "기억력")
# Answered first, gravest first, whatever else the turn says.
_URGENT = (
    "insult", "bye", "remember", "unheard", "test", "doing", "slower", "manner", "dull", "meet", "like_you",
    "time", "recommend", "not_yet", "will_try", "compute", "hope", "advice", "silence_ok", "hmm",
)  # fmt: skip


def _small_acts(scene: Scene) -> list[str | None] | None:
    """Acts that have their own lines, whatever the topic."""
    lines, voice, heard = scene.lines, scene.voice, scene.heard
    act = next((a for a in _URGENT if heard.has(a)), "")
    if act == "bye" and scene.times("bye") > 1:
        return [voice.insist(lines["bye_again"])]
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
    if act == "recommend" and (
        own := next(filter(None, (answers.more_about(scene, t) for t in scene.main.topics)), None)
    ):
        return [own]
    if act == "hmm" and scene.unsaid_running > 1:
        return [voice.insist(lines["go_on"]), steering.new_topic(scene)]
    if act:
        return [voice.insist(lines[act]), steering.new_topic(scene) if act == "silence_ok" else None]
    if scene.main.question:
        return None
    # "귀여우세요" after a talk of one's father or cat praises them.
    others = scene.before.main.kind in ("people", "pet") or scene.main.kind in ("people", "pet", "place", "food")
    act = next((a for a in ("compliment", "sorry") if heard.has(a)), "")
    if act and not (act == "compliment" and (others or scene.main.noun not in _HERS)):
        return [voice.insist(lines[act]), steering.new_topic(scene) if act == "sorry" else None]
    if heard.has("thanks") and scene.heavy:
        return [voice.insist(lines["thanks_heavy"])]
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
    # Short keys last: "일" is in many words; and "고양이 이름" asks for the cat's.
    for slot in sorted(asked, key=("name", "home", "job").__contains__):
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
        said = _and_you(scene)
    else:
        said = answers.answer(scene, main) or (
            scene.voice.insist(scene.lines["really"]) if main.act == "really" else answers.unknown(scene, main)
        )
    lead = _lead(scene)
    if said and len(split(said)) == 1 and not said.endswith("?"):
        return [lead, said] if lead else [said, answers.bounce(scene, main)]
    return [lead, said]


def _and_you(scene: Scene) -> str | None:
    """ "그쪽은요?": on what the person told before it, else on what she had asked."""
    told = [topic for clause in scene.heard.clauses if clause is not scene.main for topic in clause.topics]
    kinds = [data("nouns")[clause.kind]["topic"] for clause in scene.heard.clauses if clause.kind]
    for topic in (*told, *kinds, *scene.asked_topics, scene.topic, *scene.before.main.topics):
        if said := answers.more_about(scene, topic):
            return said
    return answers.unknown(scene, scene.main)


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
        if clause.kind and not clause.question:
            return reactions.react(scene, clause)
    return None


def _why(scene: Scene) -> str | None:
    for topic in (f"{scene.topic}_why", f"why{scene.topic}", scene.topic):
        if said := answers.more_about(scene, topic):
            return said
    name = "why" if scene.main.act == "why" else "react_plain"
    return scene.voice.insist(scene.lines[name])


def _statement(scene: Scene) -> list[str | None] | None:
    main = scene.main
    if main.act in ("really", "ack") and not main.feeling and not (scene.asked and main.noun):
        return _moved_on(scene)
    if main.act == "yes" and not main.noun and not main.feeling and (said := _bare_yes(scene)):
        return said
    if scene.heavy and not main.feeling:  # what weighs on somebody is not left for the next question of a list
        stock = data("frames")["heavy"]
        felt = scene.voice.say(stock["react"]) or scene.voice.insist(scene.lines["react_plain"])
        return [felt, scene.voice.say(stock["more"]) if scene.questions_running < 2 else None]
    noticed = scene.lines[f"cue_{scene.prompt.cue}"] if not main.feeling else []
    first = scene.voice.say(noticed) or reactions.react(scene, main)
    if any(fact.slot == "name" for fact in scene.new):
        return [first, (steering.follow_up(scene) if main.kind else None) or steering.new_topic(scene)]
    if main.feeling:
        return [first, reactions.ask_feeling(scene, main.feeling)]
    dry = main.act in ("dont_know", "no") or scene.short_answers >= 2 or main.frame == "resolve"
    if scene.short_answers >= 2 and scene.turn % 2 and (own := reactions.give(scene, main)):
        return [first, own]  # who says little is told something rather than questioned on
    if dry or (scene.questions_running >= 3 and not main.kind):
        return [first, _new_topic(scene)]
    if scene.questions_running >= 2 and (own := reactions.give(scene, main)):
        return [first, own]
    return [first, steering.follow_up(scene) or _new_topic(scene)]


def _new_topic(scene: Scene) -> str | None:
    question = steering.new_topic(scene)
    return steering.bridged(scene, question) if question else None


def _moved_on(scene: Scene) -> list[str | None]:
    """ "그렇군요" to what she told: a little more of it, or on to something else."""
    told = answers.more_about(scene, scene.topic) if not scene.asked and scene.voice.chance(0.4) else None
    first = told or scene.voice.insist(scene.lines[scene.main.act])
    return [first, None if told else _new_topic(scene)]


def _bare_yes(scene: Scene) -> list[str | None] | None:
    """ "네" where it answers nothing: she had not asked, or asked for more than a yes."""
    if "들리" in scene.asked:
        return [scene.voice.insist(scene.lines["heard_yes"]), steering.new_topic(scene)]
    if not scene.asked:
        return [scene.voice.insist(scene.lines["go_on"]), steering.new_topic(scene)]
    if wonders(scene.asked):
        return [scene.voice.insist(scene.lines["vague"]), _new_topic(scene)]
    return None


def _trimmed(scene: Scene, said: list[str]) -> list[str]:
    sentences = [sentence for text in said for sentence in split(text)][: scene.persona.speech.max_sentences]
    if sentences:
        return sentences
    rest = scene.voice.insist(scene.lines["last_resort"]) or steering.new_topic(scene)
    return split(rest) if rest else [fill("{me:이에요}.", {"me": scene.persona.name}) or ""]


_ROOMS: tuple[Room, ...] = (
    _greeting, _care, _unheard, _about_ai, _level, _boundary, _small_acts, _greet_back, _question, _statement,
)  # fmt: skip
