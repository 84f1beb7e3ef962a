"""Eight emotions from words and voice: right on sentences the lexicon was not made from, and silent when unsure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis import emotion
from analysis.readings import EMOTIONS, Emotion, ToneReading, VoiceBaseline
from tests.analysis import ears, synth

# Written after the lexicon, by feeling and not by its words; none was used to make it.
HELD_OUT: dict[Emotion, str] = {
    "기쁨": """드디어 취직했어요, 너무 기뻐요! | 오랜만에 친구를 만나서 정말 즐거웠어요. |
        오늘 하루 종일 기분이 좋아요. | 아이가 처음 걸어서 행복했어요. | 선생님께 칭찬받아서 뿌듯해요. |
        내일 여행 가서 너무 설레요. | 생일 선물이 마음에 쏙 들어요. |
        웃겨서 배꼽 빠지는 줄 알았어요, 재밌었어요. | 만나서 반가워요. | 도와주셔서 정말 고마웠어요.""",
    "슬픔": """강아지가 죽어서 너무 슬퍼요. | 요즘 좀 우울해요. | 혼자 있으니까 외로워요. |
        시험에 떨어져서 속상했어요. | 친구가 약속을 잊어서 서운했어요. | 할머니가 그리워요. |
        영화를 보다가 눈물이 났어요. | 열심히 했는데 결과가 아쉬워요. | 여자 친구랑 헤어졌어요. |
        요즘 일이 많아서 지쳤어요.""",
    "분노": """새치기하는 사람 때문에 화가 났어요. | 진짜 짜증나네요. | 제 잘못이 아닌데 혼나서 억울해요. |
        층간 소음 때문에 열받아요. | 약속을 세 번이나 어겨서 화났어요. | 거짓말한 게 괘씸해요. |
        말이 안 통해서 답답했어요. | 사람들 앞에서 욱했어요.""",
    "놀람": """갑자기 나타나서 깜짝 놀랐어요. | 헐, 그게 진짜예요? | 값이 두 배로 올라서 충격이었어요. |
        갑작스러운 질문이라 당황했어요. | 우와, 어떻게 그런 일이! | 믿을 수 없는 소식이에요. |
        세상에, 벌써 그렇게 됐어요?""",
    "두려움": """밤길이 무서워요. | 발표할 때마다 떨려요. | 면접이 걱정돼요. | 결과가 나쁠까 봐 불안해요. |
        높은 곳은 겁나요. | 수술을 앞두고 두려워요. | 귀신 나올까 봐 오싹했어요. | 소개팅이라서 긴장돼요.""",
    "혐오": """음식에서 벌레가 나와서 역겨웠어요. | 그 사람 태도는 정말 싫어요. | 화장실이 너무 더러웠어요. |
        그 냄새는 토할 것 같았어요. | 바퀴벌레는 징그러워요. | 같은 반찬만 먹으니 질렸어요. |
        손을 안 씻어서 찝찝해요.""",
    "경멸": """그런 변명은 한심해요. | 잘난 척하는 게 우스워요. | 하는 짓이 유치하네요. |
        그 정도 실력은 하찮죠. | 남을 깔보는 사람이에요. | 돈 몇 푼에 치사하게 굴더라고요. |
        그 사람 수준이 낮아요.""",
    "중립": """저는 서울에 살아요. | 내일은 회의가 두 번 있어요. | 버스를 타고 왔어요. |
        점심에는 김밥을 먹었어요. | 형이 한 명 있어요. | 회사는 강남에 있어요. | 보통 일곱 시에 일어나요. |
        어제 책을 샀어요. | 많이 힘드셨겠어요. | 무섭지 않아요.""",
}  # fmt: skip


def sentences() -> list[tuple[str, Emotion]]:
    return [(one.strip(), label) for label, text in HELD_OUT.items() for one in text.split("|")]


def reading(wave_hz: float, level: float = 1.0) -> ToneReading:
    return ears.read(level * synth.voice(3, wave_hz, synth.melody(3)))


CALM = VoiceBaseline(pitch=140.0, spread=2.0, level=-20.0, rate=None, voiced=30.0)


def test_words_name_the_feeling_of_sentences_never_seen() -> None:
    wrong = [(text, label, found) for text, label in sentences() if (found := emotion.read(text).label) != label]

    assert len(sentences()) >= 60
    assert 1 - len(wrong) / len(sentences()) >= 0.8, wrong


def test_valence_is_surer_than_the_class() -> None:
    negative: tuple[Emotion, ...] = ("슬픔", "분노", "두려움", "혐오", "경멸")
    expected = {"기쁨": "긍정", "중립": "중립", **dict.fromkeys(negative, "부정")}
    judged = [(text, label) for text, label in sentences() if label in expected]

    right = sum(emotion.read(text).polarity == expected[label] for text, label in judged)

    assert right / len(judged) >= 0.8


def test_a_label_needs_to_be_likely_and_clearly_ahead() -> None:
    rest = dict.fromkeys(EMOTIONS, 0.0)

    assert emotion.decide({**rest, "기쁨": 0.58, "놀람": 0.42})[0] == "기쁨"
    assert emotion.decide({**rest, "기쁨": 0.56, "놀람": 0.44})[0] == "중립"
    assert emotion.decide({**rest, "기쁨": 0.48, "놀람": 0.2, "중립": 0.32})[0] == "중립"


def test_missing_sources_are_left_out_and_lower_the_confidence_only() -> None:
    face = {**dict.fromkeys(EMOTIONS, 0.0), "기쁨": 1.0}
    text = {**dict.fromkeys(EMOTIONS, 0.0), "기쁨": 1.0}

    assert emotion.fuse({"text": text})["기쁨"] == emotion.fuse({"text": text, "face": face})["기쁨"] == 1.0
    assert emotion.read("정말 기뻐요").confidence < emotion.read("정말 기뻐요", face=face).confidence


def test_the_face_can_tip_what_words_leave_open() -> None:
    happy = {**dict.fromkeys(EMOTIONS, 0.0), "기쁨": 1.0}

    before, after = emotion.read("저는 서울에 살아요."), emotion.read("저는 서울에 살아요.", face=happy)

    assert after.probabilities["기쁨"] == pytest.approx((0.45 * before.probabilities["기쁨"] + 0.20) / 0.65, abs=1e-6)
    assert after.label == "중립"


def test_a_high_loud_voice_is_aroused_and_a_low_quiet_one_is_not() -> None:
    up, down = emotion.arousal(reading(190, 1.5), CALM), emotion.arousal(reading(115, 0.4), CALM)

    assert up is not None
    assert down is not None
    assert up > 0.5
    assert down < -0.5


def test_without_the_speakers_own_baseline_the_voice_says_nothing() -> None:
    assert emotion.arousal(reading(190), None) is None
    assert "voice" not in emotion.read("저는 서울에 살아요.", reading(190)).sources


def test_an_aroused_voice_parts_anger_from_sadness() -> None:
    text = "오늘 정말 별로였어요."  # bad, in a way the words leave open
    loud, low = (emotion.read(text, tone, CALM).probabilities for tone in (reading(200, 2.0), reading(110, 0.3)))

    assert loud["분노"] > loud["슬픔"]
    assert low["슬픔"] > low["분노"]


def test_nothing_heard_and_nothing_seen_is_no_feeling() -> None:
    nothing = emotion.read("")

    assert nothing.label is None
    assert nothing.polarity is None
    assert nothing.reason == "nothing_to_read"


def test_the_other_persons_sorrow_is_not_ones_own() -> None:
    assert emotion.read("정말 속상하셨겠어요.").label == "중립"
    assert emotion.read("정말 속상했어요.").label == "슬픔"


def test_a_doubtful_transcript_is_a_doubtful_feeling() -> None:
    assert (
        emotion.read("기뻐요", text_confidence=0.4).confidence < emotion.read("기뻐요", text_confidence=0.95).confidence
    )


def test_a_clipped_voice_is_not_called_loud() -> None:
    tone = reading(140)
    louder = replace(tone, level=(tone.level or 0) + 20)

    assert (emotion.arousal(louder, CALM) or 0) > 0.5
    assert abs(emotion.arousal(replace(louder, clipped=True), CALM) or 0) < 0.2


def test_probabilities_always_sum_to_one() -> None:
    for text, _ in sentences():
        assert np.isclose(sum(emotion.read(text).probabilities.values()), 1.0)
