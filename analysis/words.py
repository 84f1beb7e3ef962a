"""The words of a turn: speech level, feeling, empathy, politeness, questions and follow-ups, and the scores of them.

Pure over text; it must not know sound (but for one number: how far the pitch rose at the end), personas or reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from analysis.expressions import EMPTY, EXPRESSIONS, FILLERS
from analysis.korean import Morpheme, morphemes
from analysis.questions import is_question
from analysis.rate import spoken_syllables
from analysis.readings import Evidence, Expected, Mention, MentionKind, Score, Scores, WordReading, not_measured
from analysis.scoring import band, fuse
from analysis.sentiment import feelings, sentiment
from analysis.speech_level import sentence_levels
from media.types import Span

WEIGHTS = {"sentiment": 0.35, "empathy": 0.35, "politeness": 0.30}
POLITENESS = {"level": 0.60, "polite": 0.25, "not_interrupting": 0.15}
POSITIVE_BAND = (0.0, 0.7, 1.0, 9.0)  # share of positive among the words of feeling
EMPATHY_BAND = (-0.2, 0.4, 2.0, 9.0)  # empathic expressions a sentence: none is not nothing
POLITE_BAND = (-0.1, 0.3, 3.0, 9.0)  # polite expressions a sentence
FULL_SENTENCES = 12  # sentences for full confidence
EMPATHIC: tuple[MentionKind, ...] = ("backchannel", "feeling", "agreement", "appreciation")


def read(
    text: str,
    *,
    span: Span | None = None,
    turn: int = 0,
    said_before: str = "",
    final_rise: float | None = None,
    expected: Expected = "존댓말",
) -> WordReading:
    """One turn's words. `said_before`: the partner's last turn, for follow-ups; `final_rise`: semitones at the end."""
    span = span or Span(0.0, 0.0)
    text = text.strip()
    levels = sentence_levels(text)
    reading = WordReading(
        span=span,
        turn=turn,
        text=text,
        sentences=tuple(sentence for sentence, _ in levels),
        levels=tuple("unknown" if found.weak and found.polite is False else found.level for _, found in levels),
        syllables=spoken_syllables(text) or 0,
        mentions=_once(sorted(_mentions(text, said_before, final_rise), key=lambda mention: mention.start)),
        lemmas=lemmas(text),
        sentiment=sentiment(feelings(text)) if text else None,
        expected=expected,
    )
    return replace(reading, scores=pool([reading]))


def pool(readings: Sequence[WordReading], *, not_interrupting: Score | None = None) -> Scores:
    """Sentiment, empathy, politeness and word_choice of many turns; n counts words of feeling, and sentences."""
    readings = [reading for reading in readings if reading.sentences]
    sentences = sum(len(reading.sentences) for reading in readings)
    if not sentences:
        return dict.fromkeys((*WEIGHTS, "word_choice"), not_measured("no_text"))
    if not any(reading.syllables for reading in readings):
        return dict.fromkeys((*WEIGHTS, "word_choice"), not_measured("not_korean", sentences))
    sure = min(1.0, sentences / FULL_SENTENCES)
    empathic = sum(reading.count(*EMPATHIC) for reading in readings)
    parts = {
        "sentiment": _sentiment(readings),
        "empathy": Score(
            band(min(empathic / sentences, 2.0), *EMPATHY_BAND), sure, sentences, None, _evidence("empathy", readings)
        ),
        "politeness": politeness(readings, not_interrupting),
    }
    return {**parts, "word_choice": fuse(parts, WEIGHTS)}


def politeness(readings: Sequence[WordReading], not_interrupting: Score | None = None) -> Score:
    """.60 sentences at the level agreed on + .25 polite expressions + .15 not interrupting (where it is known)."""
    levels = [(reading, level) for reading in readings for level in reading.levels if level != "unknown"]
    if not levels:
        return not_measured("no_speech_level")
    right = [fits(level, reading.expected) for reading, level in levels]
    sure = min(1.0, len(levels) / FULL_SENTENCES)
    slips = [reading for (reading, _), fitting in zip(levels, right, strict=True) if not fitting]
    evidence = tuple(
        Evidence("politeness", slip.span.start, slip.span.end, 0.0, slip.text[:60], "improve", "casual_slip")
        for slip in dict.fromkeys(slips[:2])
    )
    parts = {"level": Score(100.0 * sum(right) / len(right), sure, len(levels), None, evidence)}
    distant = [reading for reading in readings if reading.expected == "존댓말"]
    if distant:
        sentences = sum(len(reading.sentences) for reading in distant)
        polite = sum(reading.count("polite") for reading in distant) / sentences
        parts["polite"] = Score(band(min(polite, 3.0), *POLITE_BAND), sure, sentences)
    if not_interrupting is not None:
        parts["not_interrupting"] = not_interrupting
    return fuse(parts, POLITENESS)


def fits(level: str, expected: Expected) -> bool:
    """Whether a sentence's speech level is the one agreed on."""
    return (level in ("하십시오체", "해요체")) == (expected == "존댓말")


def lemmas(text: str) -> frozenset[str]:
    """Content words: nouns, verbs and adjectives that say what a turn is about."""
    return frozenset(
        token.form
        for token in morphemes(text)
        if (token.is_noun or token.tag in ("VV", "VA", "XR", "NNP")) and token.form not in EMPTY
    )


def _mentions(text: str, said_before: str, final_rise: float | None) -> Iterator[Mention]:
    for kind, pattern in EXPRESSIONS:
        yield from (Mention(kind, found[0], found.start(), found.end()) for found in pattern.finditer(text))
    for feeling in feelings(text):
        if feeling.valence and not (feeling.others and feeling.valence < 0):
            kind = "positive" if feeling.valence > 0 else "negative"
            yield Mention(kind, text[feeling.start : feeling.end], feeling.start, feeling.end)
    before = lemmas(said_before) if said_before else frozenset()
    position = 0
    found = sentence_levels(text)
    for number, (sentence, _) in enumerate(found):
        start = text.find(sentence, position)
        position = end = start + len(sentence)
        yield from _in_sentence(sentence, start)
        if is_question(sentence, final_rise if number == len(found) - 1 else None):
            yield Mention("question", sentence, start, end)
            if before & lemmas(sentence):
                yield Mention("follow_up", sentence, start, end)


def _once(mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    """Without those that overlap one of the same kind: 괜찮으시면 is one polite expression, not two."""
    kept: list[Mention] = []
    for mention in mentions:
        if not any(other.kind == mention.kind and other.end > mention.start for other in kept):
            kept.append(mention)
    return tuple(kept)


def _in_sentence(sentence: str, offset: int) -> Iterator[Mention]:
    """What only morphemes tell: a guess at the other's feeling, an honouring -시-, a filler standing alone."""
    tokens = morphemes(sentence)
    mine = any(token.tag == "NP" and token.form in ("저", "제", "나", "내") for token in tokens)
    felt = {one.end for one in feelings(sentence) if one.valence}
    stem: Morpheme | None = None
    for index, token in enumerate(tokens):
        if token.tag in ("VV", "VA", "VX", "XR", "NNG"):
            stem = token
        honoured = token.tag == "EP" and token.form in ("시", "으시")
        asks_for = stem is not None and (stem.form in ("알", "모르") or stem.form.endswith("주"))
        if honoured or (token.tag == "EF" and token.form in ("세요", "으세요", "셔요", "으셔요")):
            yield Mention("polite", sentence[stem.start if stem else token.start : token.end], offset + token.start,
                          offset + token.end)  # fmt: skip
        if token.form == "겠" and token.tag == "EP" and stem is not None and not asks_for and not mine:
            guessed = stem.end in felt or any(t.form in ("시", "으시") for t in tokens[max(0, index - 3) : index])
            if guessed:
                start = offset + stem.start
                yield Mention("feeling", sentence[stem.start :].rstrip(".?! "), start, offset + len(sentence))
        if token.tag in ("IC", "MM", "NP") and token.form in FILLERS and _alone(sentence, token):
            yield Mention("filler", token.form, offset + token.start, offset + token.end)


def _alone(sentence: str, token: Morpheme) -> bool:
    """A word of its own that belongs to nothing: an interjection, or set off by a comma or dots."""
    before, behind = sentence[: token.start], sentence[token.end :]
    if (before and not before[-1].isspace()) or (behind and behind[0] not in " ,.…~"):
        return False
    return token.tag == "IC" or behind[:1] in (",", "…", ".", "~")


def _sentiment(readings: Iterable[WordReading]) -> Score:
    readings = list(readings)
    positive = sum(reading.count("positive") for reading in readings)
    found = positive + sum(reading.count("negative") for reading in readings)
    if not found:
        return not_measured("no_words_of_feeling")
    value = band(positive / found, *POSITIVE_BAND)
    return Score(value, min(1.0, found / 8), found, None, _evidence("sentiment", readings))


def _evidence(metric: str, readings: Iterable[WordReading]) -> tuple[Evidence, ...]:
    """The first two turns that show it well."""
    kinds: tuple[MentionKind, ...] = EMPATHIC if metric == "empathy" else ("positive",)
    moments = [
        Evidence(
            metric, reading.span.start, reading.span.end, float(reading.count(*kinds)), _quote(reading, kinds), "good"
        )
        for reading in readings
        if reading.count(*kinds)
    ]
    return tuple(moments[:2])


def _quote(reading: WordReading, kinds: tuple[MentionKind, ...]) -> str:
    """The sentence in which the first of these mentions stands."""
    at = next(mention.start for mention in reading.mentions if mention.kind in kinds)
    position = 0
    for sentence in reading.sentences:
        position = reading.text.find(sentence, position) + len(sentence)
        if at < position:
            return sentence[:60]
    return reading.text[:60]
