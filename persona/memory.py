"""What is remembered of the person: facts in their own words, found in what they said; a rolling summary. Pure.

It must not know where memories are stored; everything in here is shown to the person, who may correct or delete it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from analysis.korean import Morpheme, join, morphemes
from analysis.speech_level import sentences
from persona.slips import corrected
from persona.tables import table
from persona.types import Fact, Line

MOST_FACTS = 60
# One value only; a new one replaces the old. Every other slot collects.
SINGLE = frozenset({"name", "age", "birthday", "job", "home", "hometown", "mbti", "school"})

_TABLES = table("memory")
_SURNAMES: str = _TABLES["surnames"]
_MBTI_SPOKEN: dict[str, str] = _TABLES["spoken_mbti"]  # 엔프피 → ENFP
_NOT_NAMES = frozenset(_TABLES["not_names"])
_JOB_ENDS = tuple(_TABLES["job_ends"])
_KIN, _PETS, _EVENTS = _TABLES["kin"], _TABLES["pets"], _TABLES["events"]

_IS = r"(?:이에요|예요|에요|이예요|입니다|이야|야|이고|고요?|이고요|구요?|이구요|인데요?|이라고|라고|요|이요|$)"
_NAME = r"[가-힣]{2,4}?"
_AGE = re.compile(
    r"(?P<number>\d{2})\s?(?:살|세)(?![가-힣]*때)"
    r"|(?P<word>(?:스물|서른|마흔|쉰)(?:하나|한|둘|두|셋|세|넷|네|다섯|여섯|일곱|여덟|아홉)?)\s?(?:살)?(?=이|예|입|요|\.|$)"
    r"|(?P<born>\d{2,4})년생"
)
_WHEN = r"(오늘|내일|모레|이번\s?주말?|다음\s?주말?|다음\s?달|주말|[월화수목금토일]요일|곧|조만간|\d+월|\d+일)"


def extract(text: str, asked: str = "") -> list[tuple[str, str]]:
    """(slot, value) pairs `text` tells of its speaker; `asked` is the line it answers ("성함이 어떻게 되세요?")."""
    found: list[tuple[str, str]] = []
    before = (re.split(r"(?<=[.!?…~])\s+", asked.strip()) or [""])[-1]  # only what she asked in the end
    for sentence in sentences(corrected(text.strip()[:600])):
        if sentence.rstrip().endswith("?") or not sentence:
            continue
        if whose := _not_ones_own_name(sentence, before):
            found.append(whose)
        else:
            found += _patterns(sentence, before)
        before = f"{before} {sentence}" if any(pet in sentence for pet in (*_PETS, *_KIN)) else before
        found += _preferences(sentence)
    return list(dict.fromkeys(found))


@lru_cache(maxsize=2048)
def told(text: str, asked: str = "") -> tuple[tuple[str, str], ...]:
    """`extract`, remembered: a call's history is read again for every reply."""
    return tuple(extract(text, asked))


def facts_in(history: Sequence[Line], session: int = 1, at: str = "") -> list[Fact]:
    """Every fact the person told in this call, in order."""
    found: list[Fact] = []
    turn, asked = 0, ""
    for line in history:
        if line.role == "assistant":
            asked = line.text if line.text.rstrip().endswith("?") else ""
            continue
        turn += 1
        found += [Fact(slot, value, session, turn, at) for slot, value in told(line.text[:600], asked[-300:])]
    return found


def merged(old: Iterable[Fact], new: Iterable[Fact]) -> tuple[Fact, ...]:
    """All that is known: a new value of a single slot replaces the old; what is disliked now is liked no more."""
    kept: dict[tuple[str, str], Fact] = {}
    for fact in (*old, *new):
        slot_key = (fact.slot, "" if fact.slot in SINGLE else fact.value)
        kept.pop(slot_key, None)  # said again: it moves to the end
        # "고양이", and later "고양이 나비": the fuller one is enough.
        for known in [known for known in kept if known[0] == fact.slot and f"{fact.value} ".startswith(f"{known[1]} ")]:
            kept.pop(known, None)
        for opposite in {"likes": ("dislikes",), "hobby": ("dislikes",), "dislikes": ("likes", "hobby")}.get(
            fact.slot, ()
        ):
            kept.pop((opposite, fact.value), None)
        kept[slot_key] = fact
    facts = list(kept.values())
    # The person themselves first: what is asked for most must never be pushed out by the many likes.
    single = [fact for fact in facts if fact.slot in SINGLE]
    others = [fact for fact in facts if fact.slot not in SINGLE]
    return tuple(single + others[-(MOST_FACTS - len(single)) :])


def value_of(facts: Iterable[Fact], slot: str) -> str:
    """The newest value of `slot`, "" if unknown."""
    return next((fact.value for fact in reversed(tuple(facts)) if fact.slot == slot), "")


def values_of(facts: Iterable[Fact], slot: str, most: int = 3) -> str:
    """The newest values of `slot`, oldest of them first, as one phrase: "등산, 사진 찍기"."""
    return ", ".join([fact.value for fact in facts if fact.slot == slot][-most:])


def label(slot: str) -> str:
    """What a slot is called on a page: "job" → "하는 일"."""
    return str(_TABLES["labels"].get(slot, slot))


def given_name(name: str) -> str:
    """What to call somebody: "김민수" → "민수"; a name of two syllables stays."""
    return name[1:] if len(name) == 3 and name[0] in _SURNAMES else name


def summarised(summary: str, history: Sequence[Line], longest: int = 600) -> str:
    """`summary` with this call's gist added: what the person said that had content, newest kept when it is too long."""
    said = [line.text.strip() for line in history if line.role == "user" and len(line.text.strip()) >= 8]
    gist = " / ".join(text[:60] for text in said[-8:])
    whole = f"{summary} / {gist}" if summary and gist else summary or gist
    return whole if len(whole) <= longest else "…" + whole[-longest + 1 :]


_ASKS_NAME = re.compile(r"성함|(?<![가-힣]\s)이름이 (?:뭐|어떻게)|어떻게 불러|뭐라고 (?:불러|부르)")


def _not_ones_own_name(sentence: str, before: str) -> tuple[str, str] | None:
    """ "(고양이를 키워요.) 이름은 나비예요" names the cat: the fact about it; ("", "") for somebody else's name."""
    if "이름" not in sentence and not re.search(r"이름이|이름은", before):
        return None
    about = f"{before} {sentence}"
    other = next((word for word in (*_PETS, *_KIN, "친구") if word in about), "")
    if not other or re.search(r"(?:제|내) 이름|저는|나는", sentence):
        return None
    named = re.search(rf"(?:이름(?:은|이)\s?)?([가-힣]{{1,6}}?){_IS}[.!~]*$", sentence)
    if not named or named[1] in _NOT_NAMES:
        return None
    return ("pet" if other in _PETS else "family" if other in _KIN else "friend", f"{other} {named[1]}")


def _patterns(sentence: str, asked: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if name := _name(sentence, asked):
        found.append(("name", name))
    if age := _AGE.search(sentence):
        whole = age.group().strip()
        found.append(("age", whole + "살" if age["word"] and not whole.endswith("살") else whole))
    if (birthday := re.search(r"(\d{1,2}월\s?\d{1,2}일)", sentence)) and "생일" in sentence + asked:
        found.append(("birthday", birthday[1]))
    if mbti := re.search(r"(?<![A-Z])([EI][NS][TF][JP])(?![A-Z])", sentence.upper()):
        found.append(("mbti", mbti[1]))
    found += [("mbti", code) for spoken, code in _MBTI_SPOKEN.items() if spoken in sentence]
    if home := re.search(
        r"([가-힣]{2,8}?)(?:에서|에)\s?(?:혼자\s?|같이\s?|가족이랑\s?)?(?:살아|살고|산 지|삽니다|살거든|거주|자취)",
        sentence,
    ):
        found.append(("home", home[1]))
    elif re.search(r"(?:사는|사시는) (?:동네|곳)|어디 (?:사|살)", asked) and (short := _short_noun(sentence)):
        found.append(("home", short))
    if hometown := re.search(
        rf"고향(?:은|이)?\s?([가-힣]{{2,8}}?){_IS}|([가-힣]{{2,6}}) 출신|([가-힣]{{2,6}}?)에서 (?:태어|자랐|자라)",
        sentence,
    ):
        found.append(("hometown", next(filter(None, hometown.groups()))))
    elif "고향" in asked and (short := _short_noun(sentence)):
        found.append(("hometown", short))
    if major := re.search(r"([가-힣]{2,10}?)(?:을|를)?\s?(?:전공)|전공(?:은|이)?\s?([가-힣]{2,10}?)" + _IS, sentence):
        found.append(("school", next(filter(None, major.groups()), "")))
    for kin in _KIN:
        if re.search(rf"(?<![가-힣]){kin}(?:이|가|도|만|은|는)?\s?(?:하나|한 명|둘|두 명|셋|세 명|있)", sentence):
            found.append(("family", kin))
            break
    if "외동" in sentence:
        found.append(("family", "외동"))
    if "키우" in sentence or "키워" in sentence or "같이 살" in sentence:
        found += [("pet", pet) for pet in _PETS if pet in sentence][:1]
    if (when := re.search(_WHEN, sentence)) and (event := next((each for each in _EVENTS if each in sentence), "")):
        found.append(("plan", f"{when[1]} {event}"))
    if not name and (job := _job(sentence, asked)):
        found.append(("job", job))
    if hobby := re.search(rf"취미(?:는|가)?\s?([가-힣 ]{{2,12}}?){_IS}", sentence):
        # "그림 그리는 거" is kept as "그림 그리기".
        found.append(("hobby", re.sub(r"([가-힣])는\s?(?:거|것|걸)$", r"\1기", hobby[1].strip())))
    elif "취미" in asked and (short := _short_noun(sentence)):
        found.append(("hobby", short))
    return [(slot, value) for slot, value in found if value]


def _name(sentence: str, asked: str) -> str:
    patterns = [
        rf"이름(?:은|이)\s?({_NAME}){_IS}",
        rf"(?:저는|전|저|나는|난)\s({_NAME})(?:이라고|라고)\s?(?:해|합니다|불러|하는데|하고)",
        rf"({_NAME})(?:이라고|라고)\s?(?:불러|해요|합니다|부르)",
        rf"(?:^|\s)(?:저는|전|나는|난)\s({_NAME})(?:이에요|예요|입니다|이야|야)",
    ]
    if _ASKS_NAME.search(asked):
        patterns.append(
            rf"^(?:네|예|아|음|저는|전|나는)?[,.…]*\s*({_NAME})"
            r"(?:(?:이에요|예요|입니다|이요|요|이야|야)[.!~]*$|이?라고 )"
        )
        patterns.append(r"^([가-힣]{2,4})[.!]?$")
    for number, pattern in enumerate(patterns):
        found = re.search(pattern, sentence)
        if not found:
            continue
        name = found[1]
        if name in _NOT_NAMES or any(name.startswith(word) and len(word) > 1 for word in _NOT_NAMES):
            continue
        if number == 3 and not _looks_like_name(name, sentence):
            continue
        if number > 3 and not all(token.is_noun for token in morphemes(name)):
            continue  # "그래", "꺼져": a short answer, but no name
        return name
    return ""


def _looks_like_name(name: str, sentence: str) -> bool:
    """ "저는 민수예요" names, "저는 개발자예요" does not: Kiwi's proper noun, or a surname with two more syllables."""
    tokens = [
        token
        for token in morphemes(sentence)
        if len(token.form) > 1 and (token.form in name or token.form == f"{name}이")
    ]
    if any(token.tag == "NNP" for token in tokens):
        return True
    return len(name) == 3 and name[0] in _SURNAMES and not any(token.form == name for token in tokens)


def _job(sentence: str, asked: str) -> str:
    me = re.search(r"(?:^|\s)(?:저는|전|제가|나는|난|저)\s", sentence)
    if work := re.search(r"(?:직업은|직업이|하는 일은)\s?([가-힣A-Za-z ]{2,14}?)" + _IS, sentence):
        return re.sub(r"^(?:그|저|음|어)\s", "", work[1].strip())
    if work := re.search(r"([가-힣A-Za-z]{2,10})(?:으로|로)\s?(?:일하|일해|일합|근무)", sentence):
        return work[1]
    work = re.search(r"([가-힣A-Za-z]{2,10}(?:\s일)?)(?:을|를)?\s?(?:하고 있|합니다|하는 중)", sentence)
    if work and (work[1].endswith("일") or re.search(r"어떤 일|무슨 일|직업", asked)):
        return re.sub(r"에서 일$", "에서 하는 일", work[1].strip())
    if work := re.search(r"([가-힣A-Za-z]{2,12})에서 (?:일해|일하|일합|근무|다니)", sentence):
        return work[1] + "에서 하는 일"
    if work := re.search(r"([가-힣A-Za-z]{2,12})에서 .{0,12}(?:가르치|가르쳐)", sentence):
        return work[1] + "에서 가르치는 일"
    if found := re.search(
        r"([가-힣A-Za-z]{2,10}?)(?:이에요|예요|입니다|이야|야|이고|인데요?|거든요|이거든요|요)[.!~]*$", sentence
    ):
        noun = found[1]
        likely = noun.endswith(_JOB_ENDS) and noun not in ("사람", "본인", "남자", "여자", "혼자", "연인", "주인")
        likely = likely and all(token.is_noun or token.tag in ("XSN", "XPN") for token in morphemes(noun))
        if likely and (me or re.search(r"어떤 일|무슨 일|직업|하시는 일", asked)):
            return noun
    return ""


def _short_noun(sentence: str) -> str:
    """The noun of a short answer: "부산이요", "음, 성수동이에요"."""
    tokens = [token for token in morphemes(sentence) if token.is_noun]
    if len(morphemes(sentence)) > 7 or not tokens:
        return ""
    return tokens[-1].form


def _preferences(sentence: str) -> list[tuple[str, str]]:
    tokens = morphemes(sentence)
    if any(token.form in ("너", "당신", "그쪽", "서아") for token in tokens):
        return []
    for index in range(len(tokens)):
        slot = _preference(tokens, index)
        if not slot:
            continue
        denied = any(t.form in ("안", "별로") and t.tag == "MAG" for t in tokens[max(0, index - 3) : index]) or any(
            t.form in ("않", "못하") for t in tokens[index + 1 : index + 4]
        )
        if denied and slot == "likes":
            slot = "dislikes"
        if tokens[index + 1 : index + 2] and tokens[index + 1].tag == "ETM":
            value = _after(tokens, index)  # "좋아하는 음식은 떡볶이예요"
        else:
            value = _object(tokens[:index], sentence)
        if value:
            return [(slot, value)]
    return []


def _preference(tokens: Sequence[Morpheme], index: int) -> str:
    """The slot a verb opens: likes, dislikes, or none."""
    token = tokens[index]
    if token.form in ("좋아하", "즐기", "사랑하") and token.tag in ("VV", "VA"):
        return "likes"
    if token.form == "좋" and token.tag == "VA" and any(t.form in ("제일", "가장") for t in tokens[:index]):
        return "likes"
    if token.form == "빠지" and any(t.form == "있" for t in tokens[index:]):
        return "likes"
    if token.form == "싫어하" or (token.form == "싫" and token.tag == "VA"):
        return "dislikes"
    if token.form == "먹" and any(t.form == "못" for t in tokens[max(0, index - 2) : index]):
        return "dislikes"
    return ""


def _object(before: Sequence[Morpheme], sentence: str) -> str:
    """The noun phrase a preference is about: the nouns last said before the verb, with their verb if it has one."""
    end = len(before)
    while (end and before[end - 1].tag in ("MAG", "JX", "JKO", "JKS", "JKB", "XSN")) or (
        end and before[end - 1].form in ("진짜", "정말", "제일", "너무")
    ):
        end -= 1
    if not end:
        return ""
    last = before[end - 1]
    if last.tag == "NNB" and end >= 3:  # "영화 보는 거", "혼자 걷는 것"
        start = end - 1
        while start and before[start - 1].tag not in ("JX", "EC", "EF", "SP") and before[start - 1].tag != "NP":
            start -= 1
        verb = before[end - 3] if before[end - 2].tag == "ETM" else None
        if verb is None or verb.tag not in ("VV", "VA", "VX", "XSV"):
            return ""
        lead = sentence[before[start].start : verb.start]
        return lead + join([(verb.form, verb.exact), ("기", "ETN")])  # "사진 찍는 거" is kept as "사진 찍기"
    if not last.is_noun or last.form in ("저", "나"):
        return ""
    start = end - 1
    while start and before[start - 1].is_noun and before[start - 1].form not in ("요즘", "오늘"):
        start -= 1
    return sentence[before[start].start : last.end].strip()


def _after(tokens: Sequence[Morpheme], index: int) -> str:
    """ "좋아하는 음식은 떡볶이예요": the noun before the copula."""
    for at in range(len(tokens) - 1, index, -1):
        if tokens[at].tag == "VCP" and tokens[at - 1].is_noun:
            return tokens[at - 1].form
    return ""
