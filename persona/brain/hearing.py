"""Understands what the person said: acts, questions, feelings, topics, the noun worth talking about. Pure.

It must not know who answers or how; patterns and word lists are data in this folder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from analysis.hangul import syllables
from analysis.korean import morphemes
from analysis.speech_level import sentences
from persona.brain.frames import frame_of
from persona.brain.lines import data, key
from persona.brain.matching import Index, nouns
from persona.sentences import split
from persona.slips import corrected

_GRAMMAR = data("grammar")
_ASKING = frozenset(_GRAMMAR["asking_endings"])
_WHAT = frozenset(_GRAMMAR["question_words"])
_PLAIN_ENDINGS = frozenset(_GRAMMAR["endings_asking_with_a_question_word"])
_OTHERS = frozenset(data("nouns")["people"]["words"]) | {"분", "팀장", "사장", "교수", "원장", "상사"}
_ORDERS = ("주", "말", "계시", "보")  # "해 주세요", "가지 마세요" order; they do not ask
_NEGATIVE = frozenset(_GRAMMAR["negations"])
_DENIED_BEFORE = re.compile(r"(?:안|별로|전혀)$")  # "안 힘들어요", "긴장 안 돼요": denied feelings are none
_DENIED_AFTER = re.compile(r".{0,3}(?:지않|진않|지는않|안돼|안되|안해|없|으면)")


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence of the person."""

    text: str
    act: str = ""  # the dialogue act its wording shows, "" for a plain statement or question
    question: bool = False
    feeling: str = ""
    topics: tuple[str, ...] = ()  # ids of topics.json, strongest first
    noun: str = ""  # the word worth a follow-up
    kind: str = ""  # its class in nouns.json
    negative: bool = False
    frame: str = ""  # what kind of thing a statement tells (persona.brain.frames)


@dataclass(frozen=True, slots=True)
class Heard:
    """One turn of the person; `state` says whether it can be answered at all."""

    text: str
    clauses: tuple[Clause, ...]
    state: str = ""  # "", "silent", "emoji", "foreign", "noise"

    @property
    def main(self) -> Clause:
        """The clause to answer: the last question, else the last that says something she can take up."""
        said = tuple(reversed(self.clauses))
        asked = [clause for clause in said if clause.question]
        rich = [clause for clause in said if clause.kind or clause.feeling or clause.topics]
        return (*asked, *rich, *(clause for clause in said if clause.noun), self.clauses[-1])[0]

    @property
    def unsaid(self) -> bool:
        """Whether there was nothing in it to answer: silence, or only "음…"."""
        return self.state == "silent" or (len(self.clauses) == 1 and self.clauses[0].act == "hmm")

    def has(self, act: str) -> bool:
        return any(clause.act == act for clause in self.clauses)


def understand(text: str) -> Heard:
    """What `text` (as the recogniser wrote it) says; of an over-long one, its first 600 characters."""
    return _understand(corrected(text[:600].strip()))


@lru_cache(maxsize=2048)
def _understand(text: str) -> Heard:
    state = _state(text)
    # By its signs, and what a recogniser wrote without any by its endings.
    parts = [part for sentence in split(text) for part in sentences(sentence)] if not state else []
    clauses = tuple(_clause(part) for part in parts if key(part))
    return Heard(text, clauses or (Clause(text),), state or ("" if clauses else "silent"))


def _state(text: str) -> str:
    if not text:
        return "silent"
    letters = [char for char in text if char.isalpha()]
    if not letters:
        return "emoji" if any(ord(char) > 0x2190 for char in text) else "" if re.search(r"\d", text) else "silent"
    if all("ㄱ" <= char <= "ㅣ" for char in letters):
        return "" if set(letters) <= set("ㅋㅎ") else "emoji" if set(letters) <= set("ㅠㅜ") else "silent"
    korean = syllables(text)
    if korean * 3 < len(letters) and not re.search(r"\b(?:ai|gpt|mbti|[ei][ns][tf][jp])\b", text, re.IGNORECASE):
        return "foreign"
    return ""


def _clause(sentence: str) -> Clause:
    compact = key(sentence)
    tokens = morphemes(sentence)
    noun, kind = _noun(sentence)
    act = _act(compact)
    asked = is_question(sentence) and not (act in _NEVER_ASKING and not _asks_more(sentence, act))
    topics = tuple(topic_ids()[match.entry] for match in topic_index().find(sentence))
    if asked and not topics and len(compact) <= 9:  # a question must be about something: listen again with a kinder ear
        topics = tuple(topic_ids()[match.entry] for match in topic_index().find(sentence, by_sound=True))[:1]
    feeling = "" if asked else _feeling(compact, sentence)
    negative = any(token.form in _NEGATIVE and token.tag in ("MAG", "VX", "VA", "VV", "VCN") for token in tokens)
    frame = "" if asked else frame_of(sentence)
    return Clause(sentence, act, asked, feeling, topics, noun, kind, negative, frame)


# "하루에 세 잔?": an answer that is not quite sure.
_UNSURE = re.compile(r"(?:\d|한|두|세|네|다섯|여섯)\s?(?:잔|번|시간|시|개|명|년|달|살|병|마리)(?:쯤|정도)?\?$")
# "예쁘세요", "안녕하세요?" have the form of a question and are none.
_NEVER_ASKING = ("greet", "bye", "thanks", "sorry", "compliment", "ack")


def _asks_more(sentence: str, act: str) -> bool:
    wondering = any(token.form in _WHAT for token in morphemes(sentence))
    return wondering or (act != "greet" and sentence.rstrip().endswith("?"))


@lru_cache(maxsize=1)
def _acts() -> list[tuple[str, re.Pattern[str]]]:
    return [(entry["act"], re.compile("|".join(f"(?:{each})" for each in entry["any"]))) for entry in data("acts")]


def _act(compact: str) -> str:
    compact = compact.rstrip("ㅋㅎㅠㅜ") or compact
    return next((act for act, pattern in _acts() if pattern.search(compact)), "")


def _feeling(compact: str, sentence: str) -> str:
    tries = any(
        token.form == "보" and token.tag == "VX" for token in morphemes(sentence)
    )  # "가 보고 싶어요" misses nobody
    for entry in data("feelings"):
        for word in entry["any"]:
            at = -1 if tries and word == "보고싶" else compact.find(word)
            denied = _DENIED_BEFORE.search(compact[:at]) or _DENIED_AFTER.match(compact[at + len(word) :])
            if at >= 0 and not denied:
                return str(entry["feeling"])
    return ""


def is_question(sentence: str) -> bool:
    """Whether `sentence` asks: by its sign, its ending, or a question word with a plain ending."""
    if sentence.rstrip().endswith(("?", "？")):
        return not _UNSURE.search(sentence)
    tokens = [token for token in morphemes(sentence) if not token.tag.startswith("S") or token.tag in ("SL", "SN")]
    if not tokens:
        return False
    last = tokens[-1]
    before = tokens[-2] if len(tokens) > 1 else None
    if last.form == "요" and before is not None:
        last, before = before, (tokens[-3] if len(tokens) > 2 else None)
    if last.tag in ("EF", "EC") and last.form in _ASKING:
        return last.form not in ("나", "니") or before is None or before.tag != "NP"
    wondering = any(token.form in _WHAT and token.tag in ("NP", "MM", "MAG", "IC", "VA") for token in tokens)
    wondering = wondering and not re.search(r"뭐라고|뭐라 |언젠가|누군가|어딘가|뭔가|왠지", sentence)
    if wondering and last.tag == "EF" and last.form in _PLAIN_ENDINGS:
        return True
    if not wondering and any(token.form in _OTHERS and token.is_noun for token in tokens):
        return False  # "저희 아버지는 무뚝뚝하세요" honours somebody else and asks nothing
    if last.tag == "EF" and last.form in ("세요", "으세요", "셔요"):
        return before is None or not (before.tag in ("VX", "VV") and before.form in _ORDERS)
    honorific = any(token.tag == "EP" and token.form in ("시", "으시") for token in tokens[-3:])
    return honorific and last.tag == "EF" and last.form in _PLAIN_ENDINGS


def wonders(sentence: str) -> bool:
    """Whether `sentence` asks for more than a yes or no: what, where, when, who, how."""
    return any(
        token.form in _WHAT and token.tag in ("NP", "MM", "MAG", "IC", "VA", "VV", "NR")
        for token in morphemes(sentence)
    )


@lru_cache(maxsize=1)
def topic_ids() -> list[str]:
    return [str(topic["id"]) for topic in data("topics")]


@lru_cache(maxsize=1)
def topic_index() -> Index:
    return Index(
        (word, number, float(topic.get("weight", 1)))
        for number, topic in enumerate(data("topics"))
        for word in topic["keys"]
    )


@lru_cache(maxsize=1)
def _kinds() -> dict[str, str]:
    return {word: kind for kind, entry in data("nouns").items() for word in entry["words"]}


@lru_cache(maxsize=1)
def _stopwords() -> frozenset[str]:
    return frozenset(data("stopwords"))


_ANYWHERE = ("place", "people", "job")  # kinds that are worth talking of in any role: "개발자로 일해요"
_OBLIQUE = ("에서", "에", "로", "으로", "에게", "한테", "보다", "부터", "까지", "처럼")


def _noun(sentence: str) -> tuple[str, str]:
    """The noun to follow up: one of a known class first, else the longest content noun; and its class.

    "카페에서 알바해요" is about 알바: a noun of place or means counts only where the place itself is talked of.
    """
    kinds = _kinds()
    tokens = morphemes(sentence)
    aside = {tokens[at - 1].form for at, token in enumerate(tokens) if at and token.form in _OBLIQUE}
    found = [word for word in nouns(sentence) if word not in _stopwords()]
    known = [word for word in found if word in kinds]
    central = [word for word in known if word not in aside] or [
        w for w in known if kinds[w] in ("place", "people", "job")
    ]
    if central:
        return central[-1], kinds[central[-1]]
    for word in reversed(found):  # "마케팅회사", "매운떡볶이": the last part gives the class
        ending = next((kinds[k] for k in sorted(kinds, key=len, reverse=True) if len(k) > 1 and word.endswith(k)), "")
        if ending and word not in kinds:
            return word, ending
    plain = [word for word in found if syllables(word) >= 2 and word not in kinds and word not in aside]
    return (max(plain, key=len), "") if plain else ("", "")
