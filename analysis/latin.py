"""Latin words in Hangul: well-known ones by their Korean spelling, the rest letter by letter.

It must not know numbers or pronunciation rules.
"""

from __future__ import annotations

import re

_LETTERS = {
    "A": "에이", "B": "비", "C": "씨", "D": "디", "E": "이", "F": "에프", "G": "지", "H": "에이치", "I": "아이",
    "J": "제이",
    "K": "케이", "L": "엘", "M": "엠", "N": "엔", "O": "오", "P": "피", "Q": "큐", "R": "알", "S": "에스", "T": "티",
    "U": "유",
    "V": "브이", "W": "더블유", "X": "엑스", "Y": "와이", "Z": "지",
}  # fmt: skip

_WORDS = {
    "ok": "오케이", "okay": "오케이", "hi": "하이", "hello": "헬로", "bye": "바이", "yes": "예스", "no": "노",
    "good": "굿", "nice": "나이스", "sorry": "쏘리", "thank": "땡큐", "you": "유", "i": "아이", "my": "마이",
    "love": "러브", "happy": "해피", "date": "데이트", "coffee": "커피", "cafe": "카페", "latte": "라테",
    "netflix": "넷플릭스", "youtube": "유튜브", "instagram": "인스타그램", "insta": "인스타", "kakao": "카카오",
    "kakaotalk": "카카오톡", "google": "구글", "naver": "네이버", "apple": "애플", "samsung": "삼성",
    "iphone": "아이폰",
    "spotify": "스포티파이", "facebook": "페이스북", "twitter": "트위터", "tiktok": "틱톡", "chatgpt": "챗지피티",
    "blog": "블로그", "email": "이메일", "app": "앱", "game": "게임", "pop": "팝", "kpop": "케이팝", "k-pop": "케이팝",
    "rock": "록", "jazz": "재즈", "hiphop": "힙합", "bts": "비티에스", "ost": "오에스티", "tv": "티비", "pc": "피시",
    "vs": "대", "and": "앤드", "the": "더", "python": "파이썬", "excel": "엑셀", "wi-fi": "와이파이",
    "wifi": "와이파이",
    "online": "온라인", "team": "팀", "startup": "스타트업", "start": "스타트", "marketing": "마케팅",
    "brand": "브랜드",
    "design": "디자인", "news": "뉴스", "best": "베스트", "style": "스타일", "vlog": "브이로그", "live": "라이브",
    "music": "뮤직", "movie": "무비", "book": "북", "city": "시티", "seoul": "서울", "busan": "부산", "korea": "코리아",
    "asap": "에이에스에이피", "covid": "코비드", "zoom": "줌", "ppt": "피피티", "etc": "기타",
}  # fmt: skip


def spell_latin(text: str) -> str:
    """Every run of Latin letters in `text` replaced by Hangul."""
    return re.sub(r"[A-Za-zÀ-ÿ]+(?:-[A-Za-z]+)*", lambda word: _word(word[0]), text)


def _word(word: str) -> str:
    known = _WORDS.get(word.lower())
    if known is not None:
        return known
    if "-" in word:
        return " ".join(_word(part) for part in word.split("-"))
    return "".join(_LETTERS.get(letter, "") for letter in word.upper())
