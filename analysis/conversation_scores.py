"""What the words and turns of a whole call come to: asking, following up, agreeing level, topic starts, share, answers.

Pure over readings and spans; it must not know faces, voices or the report. Every count is also given as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from analysis import exchange, words
from analysis.events import PersonaSpoke
from analysis.readings import Evidence, Score, WordReading, not_measured
from analysis.scoring import band
from analysis.sentiment import feelings
from analysis.types import Utterance
from media.types import Span

ASKING_BAND = (0.0, 1.5, 4.0, 7.0)  # questions a minute (initiative)
QUESTIONS_BAND = (0.0, 2.5, 7.0, 13.0)  # the same with follow-ups counted twice (Huang 2017: they matter most)
TOPICS_BAND = (-0.2, 0.8, 3.0, 6.0)  # topic starts a minute; who only answers is not at 0
LEAST_TURNS = 2
LEAST_MINUTES = 0.5  # shorter calls are counted as if they lasted that long: one question is no barrage
FULL_MINUTES = 3.0
FULL_TURNS = 8
QUOTE = 60  # characters
TOLD = 2  # content words from which a line tells something one can ask about


@dataclass(frozen=True, slots=True)
class Conversation:
    """One call's turns of both, in order of time."""

    utterances: tuple[Utterance, ...]
    said: tuple[WordReading, ...]
    hers: tuple[PersonaSpoke, ...]

    @property
    def spoken(self) -> list[Span]:
        """The person's turns with a length: a typed line has none."""
        return [one.span for one in self.utterances if one.span.seconds > 0]

    @property
    def heard(self) -> list[Span]:
        return [one.span for one in self.hers if one.span.seconds > 0]

    @property
    def turns(self) -> int:
        return sum(bool(one.text.strip()) for one in self.utterances)

    @property
    def minutes(self) -> float:
        spans = [*(one.span for one in self.utterances), *self.heard]
        if not spans:
            return 0.0
        return (max(one.end for one in spans) - min(one.start for one in spans)) / 60

    @property
    def arrived(self) -> float:
        """Share of the person's turns that the network delivered."""
        whole = sum(span.seconds for span in self.spoken)
        return 1 - sum(gap.seconds for one in self.utterances for gap in one.gaps) / whole if whole else 1.0


def conversation_scores(call: Conversation) -> tuple[dict[str, Score], dict[str, float]]:
    """Scores by name, and the plain counts beside them."""
    judged = [one for one in call.said if one.sentences and one.syllables]
    questions = sum(one.count("question") for one in judged)
    follow_ups = sum(one.count("follow_up") for one in judged)
    topics = topic_starts(judged, call.hers)
    answered = exchange.answers(call.spoken, call.heard)
    found = [seconds for seconds, _ in answered]
    share = exchange.talk_share(call.spoken, call.heard)
    counts: dict[str, float] = {"turns": call.turns, "minutes": call.minutes}
    if judged:
        counts |= {"questions": questions, "follow_ups": follow_ups, "topic_starts": len(topics)}
    if share is not None and call.heard and call.spoken:
        counts["talk_share"] = share
    if found:
        counts["latency"] = median(found)
    asked = tuple(_asked(judged))
    chances = missed_chances(judged, call.hers)
    empathy = words.pool(judged)["empathy"]
    started = tuple(Evidence("topic_starts", o.span.start, o.span.end, 1.0, o.text[:QUOTE], "good") for o in topics[:2])
    return {
        "questions": _per_minute(questions + follow_ups, QUESTIONS_BAND, judged, call, (*asked, *chances["questions"])),
        "asking": _per_minute(questions, ASKING_BAND, judged, call, _as("asking", (*asked, *chances["questions"]))),
        "topic_starts": _per_minute(len(topics), TOPICS_BAND, judged, call, started),
        "talk_share": _network(exchange.share_score(call.spoken, call.heard), call),
        "latency": _network(replace(exchange.latency_score(found), evidence=_paces(answered, judged)), call),
        "level_match": level_match(judged),
        "empathy": replace(empathy, evidence=(*empathy.evidence, *chances["empathy"])),
    }, counts


def _asked(said: Sequence[WordReading]) -> list[Evidence]:
    """Up to three questions, follow-ups first."""
    kinds = {one: "follow_up" if one.count("follow_up") else "question" for one in said if one.count("question")}
    ranked = sorted(kinds, key=lambda one: (kinds[one] != "follow_up", one.span.start))[:3]
    return [
        Evidence("questions", one.span.start, one.span.end, float(one.count("question")),
                 next(m.quote for m in one.mentions if m.kind == kinds[one])[:QUOTE], "good",
                 "good" if kinds[one] == "question" else "follow_up")
        for one in ranked
    ]  # fmt: skip


def _as(metric: str, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    return tuple(replace(one, metric=metric) for one in evidence)


def missed_chances(said: Sequence[WordReading], hers: Sequence[PersonaSpoke]) -> dict[str, tuple[Evidence, ...]]:
    """Where she told something that nobody asked on about, and something felt that nobody felt with her.

    The moment is hers, its value the words she said: there the person could have come in.
    """
    found: dict[str, tuple[Evidence, ...]] = {"questions": (), "empathy": ()}
    for index, reply in enumerate(hers):
        until = hers[index + 1].span.start if index + 1 < len(hers) else float("inf")
        answer = [one for one in said if reply.span.start < one.span.start < until]
        told = reply.text.strip()
        if not answer or not told or told.endswith("?"):
            continue
        felt = any(feeling.valence for feeling in feelings(told))
        missing = {"questions": not any(one.count("question") for one in answer),
                   "empathy": felt and not any(one.count(*words.EMPATHIC) for one in answer)}  # fmt: skip
        for name, tip in (("questions", "follow_up"), ("empathy", "empathy")):
            if missing[name] and len(words.lemmas(told)) >= TOLD:
                moment = Evidence(name, reply.span.start, reply.span.end, len(told.split()), told[:QUOTE], tip_id=tip)
                found[name] = (*found[name], moment)
    return {name: tuple(sorted(some, key=lambda one: -one.value)[:1]) for name, some in found.items()}


def _paces(answered: Sequence[tuple[float, Span]], said: Sequence[WordReading]) -> tuple[Evidence, ...]:
    """The slowest answer, if it was slow, and the one that came most easily; values in seconds."""
    if not answered:
        return ()
    quotes = {one.span.start: one.text[:QUOTE] for one in said}
    (slow, at), (quick, there) = max(answered, key=lambda one: one[0]), min(answered, key=lambda one: abs(one[0] - 0.5))
    found = []
    if slow > exchange.LATENCY_BAND[2]:
        found.append(Evidence("latency", at.start - slow, at.start, slow, quotes.get(at.start)))
    if exchange.LATENCY_BAND[1] <= quick <= exchange.LATENCY_BAND[2]:
        found.append(Evidence("latency", there.start - quick, there.start, quick, quotes.get(there.start), "good"))
    return tuple(found)


def topic_starts(said: Sequence[WordReading], hers: Sequence[PersonaSpoke]) -> list[WordReading]:
    """Turns that bring up something new: content that neither has named lately, and no answer to a question of hers."""
    found = []
    for index, one in enumerate(said):
        before = [reply for reply in hers if reply.span.start < one.span.end]
        known = words.lemmas(" ".join(reply.text for reply in before[-2:]))
        known |= {lemma for earlier in said[max(0, index - 2) : index] for lemma in earlier.lemmas}
        answers = bool(before) and before[-1].text.rstrip().endswith("?") and not one.count("question")
        if one.lemmas and not one.lemmas & known and not answers:
            found.append(one)
    return found


def level_match(said: Sequence[WordReading]) -> Score:
    """Share of the sentences in the level the two had agreed on by then; n counts sentences with a known level."""
    levels = [(one, level) for one in said for level in one.levels if level != "unknown"]
    if not levels:
        return not_measured("no_speech_level")
    right = [words.fits(level, one.expected) for one, level in levels]
    slips = dict.fromkeys(one for (one, _), fitting in zip(levels, right, strict=True) if not fitting)
    evidence = tuple(
        Evidence("level_match", one.span.start, one.span.end, 0.0, one.text[:QUOTE], tip_id="casual_slip")
        for one in list(slips)[:2]
    )
    kept = [one for (one, _), fitting in zip(levels, right, strict=True) if fitting and one not in slips]
    if kept:
        evidence += (Evidence("level_match", kept[0].span.start, kept[0].span.end, 1.0, kept[0].text[:QUOTE], "good"),)
    return Score(100.0 * sum(right) / len(right), min(1.0, len(levels) / FULL_TURNS), len(levels), None, evidence)


def _per_minute(
    count: int,
    to: tuple[float, float, float, float],
    said: Sequence[WordReading],
    call: Conversation,
    evidence: tuple[Evidence, ...] = (),
) -> Score:
    """n counts the turns it was looked for in."""
    if len(said) < LEAST_TURNS:
        return not_measured("too_few_turns" if not said and not call.turns else "too_little_text", len(said))
    sure = min(1.0, call.minutes / FULL_MINUTES, len(said) / FULL_TURNS)
    return Score(band(count / max(call.minutes, LEAST_MINUTES), *to), sure * call.arrived, len(said), None, evidence)


def _network(score: Score, call: Conversation) -> Score:
    return Score(score.value, score.confidence * call.arrived, score.n, score.reason, score.evidence)
