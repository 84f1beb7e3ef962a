"""Digits, Latin letters and signs spelled out in Hangul, as a Korean would read them aloud.

It must not know how Hangul sounds. What cannot be spoken (emoji, ㅠㅠ, ^^) disappears.
"""

from __future__ import annotations

import re
import unicodedata

from analysis.latin import spell_latin

_SINO = "영일이삼사오육칠팔구"
_DIGIT = "공일이삼사오육칠팔구"  # one by one, as in telephone numbers
_NATIVE_ONES = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
_NATIVE_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_MYRIADS = ("", "만", "억", "조", "경")

# Counters that take native numbers. Longer ones that start alike but take Sino-Korean numbers are named in _NOT_NATIVE.
_NATIVE_COUNTERS = (
    "시간|시|살|명|개|번째|번|마리|잔|권|병|장|대|벌|송이|그루|채|켤레|가지|달|사람|군데|곡|끼|통|판|줄|바퀴|모금"
    "|조각|쌍|그릇|숟갈|배|방울|접시|봉지|상자|박스|캔|컵|자루|마디|걸음|입|팀|골|학기"
)
_NOT_NATIVE = "달러|개월|개국|개년|시즌|시리즈|대째|장학|통신|판매|병원|명령|배수|줄기|차로|번지|번길|번호"
_NATIVE = re.compile(rf"(?<![\d.])(\d+)\s?(?!{_NOT_NATIVE})({_NATIVE_COUNTERS})")
_NATIVE_RANGE = re.compile(rf"(?<![\d.])([1-9])\s?[~∼–-]\s?([1-9])\s?(?!{_NOT_NATIVE})({_NATIVE_COUNTERS})")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_UNITS = {
    "%": "퍼센트", "℃": "도", "°C": "도", "°": "도", "㎏": "킬로그램", "kg": "킬로그램", "㎞": "킬로미터",
    "km": "킬로미터",
    "㎝": "센티미터", "cm": "센티미터", "㎜": "밀리미터", "mm": "밀리미터", "ml": "밀리리터", "mL": "밀리리터",
    "㎡": "제곱미터",
    "GB": "기가바이트", "MB": "메가바이트", "g": "그램", "m": "미터", "L": "리터",
}  # fmt: skip
_UNIT = re.compile(rf"(?<=\d)\s?({'|'.join(map(re.escape, _UNITS))})(?![A-Za-z])")
_MONEY = {"$": "달러", "₩": "원", "￦": "원", "€": "유로", "£": "파운드", "¥": "엔"}
_LAUGHS = {"ㅋ": "크", "ㅎ": "흐"}
_QUOTES = str.maketrans(dict.fromkeys("“”‘’\"'`*_#()[]{}<>《》〈〉「」『』", " "))
_SIGNS = str.maketrans({"&": " 앤 ", "+": " 더하기 ", "=": " 는 ", "@": " 골뱅이 ", "·": " ", "／": "/"})
_COMMAS = str.maketrans({"、": ",", "，": ",", ";": ",", ":": ",", "—": ",", "–": ",", "。": ".", "？": "?", "！": "!"})


def sino(number: int) -> str:
    """Sino-Korean: 2024 → 이천이십사, 12300 → 만 이천삼백. Beyond 경 the digits are read one by one."""
    if number == 0:
        return "영"
    if number >= 10**20:
        return digits(str(number))
    groups: list[str] = []
    for myriad in _MYRIADS:
        number, group = divmod(number, 10_000)
        # "만", not "일만"; but "일억".
        if group == 1 and myriad == "만" and not number:
            groups.append("만")
        elif group:
            groups.append(_below_myriad(group) + myriad)
        if not number:
            break
    return " ".join(reversed(groups))


def _below_myriad(number: int) -> str:
    spoken = ""
    for power, name in ((1000, "천"), (100, "백"), (10, "십"), (1, "")):
        digit, number = divmod(number, power)
        if digit:
            spoken += ("" if digit == 1 and name else _SINO[digit]) + name
    return spoken


def native(number: int) -> str:
    """Native Korean before a counter: 1 → 한, 20 → 스무, 28 → 스물여덟. Only 1…99 have one; others are Sino-Korean."""
    if not 1 <= number <= 99:
        return sino(number)
    return "스무" if number == 20 else _NATIVE_TENS[number // 10] + _NATIVE_ONES[number % 10]


def digits(text: str) -> str:
    """Each digit by itself, as in a telephone number: 010 → 공일공."""
    return "".join(_DIGIT[int(char)] for char in text)


def spell_out(text: str) -> str:
    """`text` in Hangul, spaces and , . ? ! … only. Nothing speakable gives ""."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"https?://\S+|www\.\S+", " 링크 ", text)
    text = _spell_numbers(text)
    text = re.sub(r"([ㅋㅎ])\1*", _laugh, text)
    text = spell_latin(text.translate(_QUOTES))
    text = re.sub(r"[~∼～〜]+", _wave, text).translate(_SIGNS).translate(_COMMAS)
    text = re.sub(r"[^가-힣\s,.?!…]", " ", text)
    text = re.sub(r"\.{2,}|…+", "…", text)
    text = re.sub(r"\s+([,.?!…])", r"\1", text)
    text = re.sub(r"([,.?!…])[,.?!…]+", lambda run: "?" if "?" in run[0] else run[1], text)
    text = re.sub(r"([,.?!…])(?=[가-힣])", r"\1 ", re.sub(r"\s+", " ", text)).lstrip(" ,").rstrip()
    return text if re.search(r"[가-힣]", text) else ""


def _spell_numbers(text: str) -> str:
    text = re.sub(r"(?<!\d)0\d{1,2}[- ]\d{3,4}[- ]\d{4}(?!\d)", lambda m: _phone(re.split("[- ]", m[0])), text)
    text = re.sub(r"(?<!\d)0\d{8,10}(?!\d)", lambda m: _phone([m[0][:3], m[0][3:-4], m[0][-4:]]), text)
    text = re.sub(r"(?<!\d)(\d{4})[-./]0?(\d{1,2})[-./]0?(\d{1,2})(?!\d)\.?", r"\1년 \2월 \3일", text)
    text = re.sub(r"(?<!\d)([01]?\d|2[0-4]):([0-5]\d)(?!\d)", _clock_time, text)
    text = re.sub(r"([$₩￦€£¥])\s?([\d,.]*\d)", lambda m: f"{m[2]} {_MONEY[m[1]]}", text)
    text = _UNIT.sub(lambda m: " " + _UNITS[m[1]], text)
    text = re.sub(r"(?<![\d가-힣A-Za-z)])[-−](?=\d)", "마이너스 ", text)
    text = _NATIVE_RANGE.sub(_native_range, text)
    text = re.sub(r"(?<=\d)\s?[~∼–]\s?(?=\d)", "에서 ", text)
    text = _NATIVE.sub(_counted, text)
    text = re.sub(r"(?<!\d)6월", "유월", text)
    text = re.sub(r"(?<!\d)10월", "시월", text)
    return re.sub(rf"({_NUMBER.pattern})(?=([가-힣])?)", _plain, text)


def _phone(parts: list[str]) -> str:
    return ", ".join(map(digits, parts))


def _clock_time(match: re.Match[str]) -> str:
    minutes = int(match[2])
    return f"{int(match[1])}시" + (f" {minutes}분" if minutes else "")


def _counted(match: re.Match[str]) -> str:
    number, counter = int(match[1]), match[2]
    if counter == "번째" and number == 1:
        return "첫 번째"
    age_group = counter == "대" and number >= 10 and number % 10 == 0  # 20대: 이십 대
    late_hour = counter == "시" and number > 12  # 15시: 십오 시
    return f"{sino(number) if age_group or late_hour else native(number)} {counter}"


def _native_range(match: re.Match[str]) -> str:
    """2~3명 → 두세 명; numbers that are not neighbours: 두 명에서 다섯 명 said short, 둘에서 다섯 명."""
    low, high, counter = int(match[1]), int(match[2]), match[3]
    neighbours = {(1, 2): "한두", (2, 3): "두세", (3, 4): "서너", (4, 5): "네다섯", (5, 6): "대여섯", (6, 7): "예닐곱"}
    return f"{neighbours.get((low, high), f'{native(low)} {counter}에서 {native(high)}')} {counter}"


def _plain(match: re.Match[str]) -> str:
    whole, _, fraction = match[1].replace(",", "").partition(".")
    leading_zero = len(whole) > 1 and whole[0] == "0"
    spoken = digits(whole) if leading_zero else sino(int(whole))
    if fraction:
        spoken += " 점 " + digits(fraction).replace("공", "영")
    # A counter is a word of its own; a particle belongs to the number.
    return spoken + (" " if match[2] and match[2] not in "에이을를은는" else "")


def _laugh(match: re.Match[str]) -> str:
    more = re.match(r"\s*\w", match.string[match.end() :])
    return ", " + _LAUGHS[match[1]] * min(3, max(2, len(match[0]))) + (", " if more else " ")


def _wave(match: re.Match[str]) -> str:
    """A drawn-out "네~" ends its phrase; before more words of the sentence it is a short pause."""
    rest = match.string[match.end() :].lstrip()
    return (", " if rest[:1].isalnum() else " ") if rest else "."
