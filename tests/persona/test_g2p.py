"""Written Korean is read as 표준 발음법 says. The expected readings are the standard's own and the dictionary's."""

from __future__ import annotations

import json

import pytest

from media.weights import Weights
from persona.korean.g2p import phonemes, to_ipa
from persona.korean.pronunciation import pronounce

STANDARD = """
같이=가치 굳이=구지 해돋이=해도지 밭이=바치 붙이다=부치다 붙여=부처 벼훑이=벼훌치 닫히다=다치다 묻혀=무처
땀받이=땀바지
좋아요=조아요 많아=마나 않은=아는 싫어요=시러요 닳아=다라 괜찮아요=괜차나요 쌓이다=싸이다 놓고=노코 좋던=조턴
쌓지=싸치 많고=만코 닳지=달치
닿소=다쏘 많소=만쏘 싫소=실쏘 놓는=논는 않네=안네 뚫는=뚤른 좋습니다=조씀니다 그렇게=그러케 어떻게=어떠케
못해요=모태요 각하=가카 밝히다=발키다 맏형=마텽 좁히다=조피다 넓히다=널피다 꽂히다=꼬치다 앉히다=안치다 축하=추카
입학=이팍
넋이=넉씨 앉아=안자 닭을=달글 젊어=절머 곬이=골씨 핥아=할타 읊어=을퍼 값을=갑쓸 없어=업써 옷이=오시 있어=이써
꽃을=꼬츨 앞으로=아프로
닦다=닥따 키읔=키윽 웃다=욷따 빚다=빋따 꽃=꼳 솥=솓 덮다=덥따 넋=넉 앉다=안따 여덟=여덜 넓다=널따 외곬=외골 핥다=할따
값=갑 닭=닥 흙과=흑꽈
맑다=막따 늙지=늑찌 삶=삼 젊다=점따 읊고=읍꼬 맑게=말께 읽고=일꼬 닭과=닥꽈 삶과=삼과 밟다=밥따 밟는=밤는 밟고=밥꼬
넓죽하다=넙쭈카다
먹는=멍는 깎는=깡는 닫는=단는 옷맵시=온맵씨 있는=인는 꽃망울=꼰망울 밟네=밤네 없는=엄는 앞마당=암마당 합니다=함니다
흙만=흥만 값매다=감매다
심리=심니 침략=침냑 강릉=강능 대통령=대통녕 막론=망논 협력=혐녁 십리=심니 독립=동닙 법률=범뉼
난로=날로 신라=실라 칼날=칼랄 물난리=물랄리 줄넘기=줄럼끼 설날=설랄 연락=열락 의견란=의견난 생산량=생산냥
상견례=상견녜 온라인=온나인
국밥=국빱 깎다=깍따 삯돈=삭똔 닭장=닥짱 옷고름=옫꼬름 있던=읻떤 꽃다발=꼳따발 넓게=널께 학교=학꾜 떫지=떨찌 앉고=안꼬
닮고=담꼬 굶다=굼따
갈등=갈뜽 발전=발쩐 결정=결쩡 열심히=열씸히 일주일=일쭈일 절대=절때 실제로=실쩨로 출장=출짱 활동=활똥 솔직히=솔찌키
일정=일쩡
김밥=김빱 점심시간=점심씨간 성격=성껵 인기=인끼 문법=문뻡 술자리=술짜리 눈동자=눈똥자 손가락=손까락 글자=글짜
용돈=용똔
꽃잎=꼰닙 꽃잎이=꼰니피 나뭇잎=나문닙 십육=심뉵 한여름=한녀름 색연필=생년필 서울역=서울력 담요=담뇨 볼일=볼릴
물약=물략 스물여덟=스물려덜
서른여섯=서른녀섣 홑이불=혼니불 식용유=시굥뉴 검열=검녈 별일=별릴
첫인상=처딘상 겉옷=거돋 헛웃음=허두슴 맛없다=마덥따 값어치=가버치 맛있어요=마시써요 멋있다=머싣따 값있는=가빈는
몇월=며둴
의사=의사 주의=주이 협의=혀비 희망=히망 무늬=무니 띄어쓰기=띠어쓰기 회의에서=회이에서 시계=시게 지혜=지헤 가져=가저
다쳐=다처 예의=예이 차례=차례
할게요=할께요 할걸=할껄 할지=할찌 할수록=할쑤록 갈게=갈께 어떨지=어떨찌 알지=알지 살지=살지 길게=길게 힘들지=힘들지
즐거워요=즐거워요 만들게=만들게
물건=물건 불고기=불고기 감기=감기 신발=신발 전화=전화 방법=방법 준비=준비 사람=사람
"""
WORDS = [tuple(pair.split("=")) for pair in STANDARD.split()]

PHRASES = [
    ("옷 한 벌", "오 탄 벌"),
    ("꽃 한 송이", "꼬 탄 송이"),
    ("낮 한때", "나 탄때"),
    ("밭 아래", "바 다래"),
    ("늪 앞", "느 밥"),
    ("꽃 위", "꼬 뒤"),
    ("닭 앞에", "다 가페"),
    ("넋 없다", "너 겁따"),
    ("밥 먹는다", "밤 멍는다"),
    ("책 넣는다", "챙 넌는다"),
    ("흙 말리다", "흥 말리다"),
    ("옷 맞추다", "온 맏추다"),
    ("옷 입다", "온 닙따"),
    ("잘 입어요", "잘 리버요"),
    ("못 잊어요", "몬 니저요"),
    ("할 일이 있어요", "할 리리 이써요"),
    ("무슨 일이에요?", "무슨 니리에요?"),
    ("몇 살", "멷 쌀"),
    ("몇 시", "멷 씨"),
    ("몇 명", "면 명"),
    ("열 시", "열 씨"),
    ("여덟 개", "여덜 깨"),
    ("할 거예요", "할 꺼예요"),
    ("할거예요", "할꺼예요"),
    ("먹을 거야", "머글 꺼야"),
    ("할 것을", "할 꺼슬"),
    ("갈 데가", "갈 떼가"),
    ("할 바를", "할 빠를"),
    ("할 수 있어요", "할 쑤 이써요"),
    ("할 수는", "할 쑤는"),
    ("할 줄 몰라요", "할 쭐 몰라요"),
    ("갈 곳", "갈 꼳"),
    ("만날 사람", "만날 싸람"),
    ("선물을 줄게요", "선무를 줄께요"),
    ("책을 거의 다 읽었어요", "채글 거이 다 일거써요"),
    ("나의 꿈", "나에 꿈"),
    ("우리의 회의", "우리에 회이"),
    ("어떤 음식", "어떤 음식"),
    ("안 해요", "안 해요"),
    ("못 해요", "모 태요"),
    ("옷, 한 벌", "옫, 한 벌"),
    ("네. 알아요", "네. 아라요"),
]


@pytest.mark.parametrize(("written", "spoken"), WORDS)
def test_a_word_is_read_as_the_standard_says(written: str, spoken: str) -> None:
    assert pronounce(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), PHRASES)
def test_words_said_in_one_breath_change_each_other(written: str, spoken: str) -> None:
    assert pronounce(written) == spoken


def test_reading_what_is_already_a_reading_changes_little() -> None:
    """Most readings are spelled so that they read as themselves; a rule that runs away would not stop here."""
    again = [pronounce(spoken) for _, spoken in WORDS]
    assert sum(a == spoken for a, (_, spoken) in zip(again, WORDS, strict=True)) > 0.9 * len(WORDS)


@pytest.mark.parametrize(
    ("spoken", "ipa"),
    [
        ("가구", "kaɡu"),
        ("바보", "pabo"),
        ("시계", "ɕiɡje"),
        ("달력", "talljʌk"),
        ("나라", "naɾa"),
        ("공기", "koŋɡi"),
        ("가. 가", "ka. ka"),
    ],
)
def test_a_lax_consonant_is_voiced_between_voiced_sounds_only(spoken: str, ipa: str) -> None:
    assert to_ipa(spoken) == ipa


def test_every_phoneme_is_in_the_models_vocabulary(weights: Weights) -> None:
    vocabulary = json.loads(weights.path("kokoro/vocab.json").read_text("utf-8"))["vocab"]
    text = "".join(written for written, _ in WORDS) + " 뛰어, 쉬워! 왜? 얘 걔… 꽥 쯧 뷔페."
    assert set(phonemes(text)) <= set(vocabulary)


@pytest.mark.parametrize("text", ["", "   ", "🙂🎉", "^^", "ㅠㅠ", "...", "?!"])
def test_what_cannot_be_spoken_has_no_phonemes(text: str) -> None:
    assert phonemes(text) == ""
