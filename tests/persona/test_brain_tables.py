"""What is asked and what is told, by table: the brain answers on topic, for all six personas."""

from __future__ import annotations

import pytest

from persona import Persona
from persona.brain.lines import key
from persona.sentences import split
from tests.persona.talking import PERSONAS, answer

pytestmark = pytest.mark.usefixtures("brain")

# What is asked → words of which the answer must hold one. As the recogniser writes it: signs missing, small slips.
SEOA_ON_TOPIC = {
    "이름이 뭐예요": "서아",
    "나이가 어떻게 되세요?": "스물여덟 97년생",
    "몇 살이에요": "스물여덟 97년생",
    "무슨 일 하세요?": "마케 스타트업 광고",
    "직업이 뭐예요": "마케 스타트업 광고",
    "왜 그 일을 시작하셨어요?": "마음 빵집",
    "어디 사세요": "성수동",
    "고향이 어디예요?": "부산",
    "취미가 뭐예요?": "카메라 카페 전시",
    "친미가 뭐예요?": "카메라 카페 전시",
    "시간 날 때 뭐 하세요?": "카메라 카페 전시",
    "무슨 음식 좋아하세요": "떡볶이 마라탕 국밥",
    "커피 좋아하세요?": "라테 카페",
    "술은 좀 하세요?": "맥주 하이볼",
    "오이 드세요?": "오이",
    "매운 거 잘 드세요?": "매운 불닭 울면서",
    "음악은 뭐 들으세요?": "재즈 인디 라이브 러닝",
    "영화 좋아하세요?": "로맨스 극장 비포",
    "무서운 영화 잘 보세요?": "공포 무서",
    "책 읽으세요?": "에세이 사진집 열 장",
    "여행 좋아하세요?": "제주도 교토 리스본",
    "주말엔 뭐 하세요": "늦잠 서촌 한강",
    "오늘 뭐 했어요?": "회의 떡볶이",
    "가족이 어떻게 되세요?": "남동생 빵집 서준",
    "강아지 키우세요?": "호두 강아지",
    "운동하세요?": "러닝 헬스",
    "꿈이 뭐예요?": "책방 사진전",
    "이상형이 어떻게 되세요?": "대화 웃고",
    "남자친구 있으세요?": "연애",
    "엠비티아이가 뭐예요?": "ENFP 엔프피",
    "성격이 어떤 편이에요?": "밝다 궁금 감정",
    "스트레스는 어떻게 푸세요?": "떡볶이 말하면서",
    "요리 잘하세요?": "파스타 집밥",
    "담배 피우세요?": "담배",
    "전공이 뭐예요?": "광고홍보 동아리",
    "생일이 언제예요?": "12월",
    "언제 제일 행복하세요?": "필름 호두",
    "어떤 계절 좋아해요?": "봄",
    "노래방 좋아하세요?": "노래방",
    "게임 하세요?": "게임",
    "바다 좋아해요?": "바다 파도",
    "밥 먹었어요?": "떡볶이 샌드위치",
    "떡볶이 좋아하세요?": "떡볶이",
    "저 첫인상 어때요?": "목소리 다정",
    "연락처 알려 주세요": "연락처 번호",
    "혼자 사세요?": "성수동 원룸",
    "퇴근하고 뭐 하세요?": "한강 집밥",
    "아침형이세요?": "아침 저녁형",
    "친구 많으세요?": "친구",
    "잘하는 게 뭐예요?": "친해지는 맛집",
}


def test_at_least_eight_in_ten_questions_are_answered_on_topic(seoa: Persona) -> None:
    missed = [
        (question, said)
        for question, words in SEOA_ON_TOPIC.items()
        if not any(word in (said := answer(seoa, question)) for word in words.split())
    ]
    assert len(missed) <= 0.2 * len(SEOA_ON_TOPIC), missed


# What is asked → the topic of the persona's own file that answers it.
ASKED_OF_ALL = {
    "성함이 어떻게 되세요?": "name",
    "나이가 어떻게 되세요?": "age",
    "생일이 언제예요?": "birthday",
    "무슨 일 하세요": "job",
    "일은 안 힘드세요?": "worklife",
    "MBTI가 뭐예요?": "mbti",
    "성격이 어떤 편이세요?": "personality",
    "취미가 뭐예요": "hobby",
    "요즘 뭐에 빠져 있어요?": "hobby",
    "음식은 뭐 좋아하세요": "food",
    "커피 좋아하세요?": "cafe",
    "술은 잘 드세요?": "alcohol",
    "음악은 뭐 들으세요?": "music",
    "영화는 자주 보세요?": "movie",
    "여행은 좋아하세요?": "travel",
    "주말에는 보통 뭐 하세요?": "weekend",
    "형제가 어떻게 되세요?": "family",
    "어디 사세요?": "home",
    "고향이 어디세요": "hometown",
    "강아지 키우세요?": "pet",
    "운동은 뭐 하세요?": "exercise",
    "꿈이 뭐예요?": "dream",
    "이상형이 어떻게 되세요?": "ideal",
    "연애는 얼마나 쉬셨어요?": "love",
    "결혼 생각은 있으세요?": "marriage",
    "스트레스는 어떻게 푸세요?": "stress",
    "요리는 좀 하세요?": "cooking",
    "지금 기분은 어떠세요?": "mood",
    "저 첫인상 어때요?": "impression",
    "밥은 먹었어요?": "ate",
}


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.id)
def test_everybody_answers_what_is_asked_from_their_own_file(persona: Persona) -> None:
    lines_of: dict[str, list[str]] = {}
    for entry in persona.about:
        lines_of.setdefault(entry.topic, []).extend(key(split(line)[0]) for line in entry.lines)
    asked = {question: topic for question, topic in ASKED_OF_ALL.items() if topic in lines_of}
    assert len(asked) >= 25
    missed = [
        (question, said)
        for question, topic in asked.items()
        if not any(line in key(said := answer(persona, question)) for line in lines_of[topic])
    ]
    assert len(missed) <= 0.2 * len(asked), missed


# What is told → words of which reaction or question must hold one. Typed as people and recognisers do.
TOLD = {
    "저는 등산을 자주 가요": "등산",
    "저는 백엔드 개발자로 일하고 있어요": "개발자 일",
    "초등학교에서 아이들 가르쳐요": "가르치 전공 학교 수업",
    "한 5년 정도 됐어요": "오래 년 눈 쉽지 금방 그냥",
    "일주일에 두 번 정도 해요": "꾸준 자주 생활 챙기",
    "요즘 야근이 좀 많아요": "야근 바쁘",
    "얼마 전에 오사카 다녀왔어요": "오사카",
    "다음에는 유럽에 가 보고 싶어요": "유럽",
    "이번 주말에 부산 갈 거예요": "부산",
    "저는 매운 걸 잘 못 먹어요": "사람마다 안 맞 하나쯤 억지로 이해 매운",
    "고양이 한 마리 키워요. 이름은 나비예요.": "고양이 나비 귀여 사랑",
    "영화 보는 거 좋아해요": "영화",
    "저는 재즈를 자주 들어요": "재즈 음악",
    "어제 친구랑 삼겹살 먹었어요": "삼겹살",
    "내일 면접이 있어요": "면접",
    "친구 결혼식에 다녀왔어요": "결혼식 좋은",
    "혼자 가요": "혼자",
    "얼마 전에 헤어졌어요": "슬프 마음 괜찮은 얘기",
    "승진했어요!": "축하 잘됐 대단",
    "오늘 너무 피곤하네요": "피곤 고생 눕 와 주셔",
    "강아지를 키우고 싶은데 시간이 없어서요": "마음 아쉬 시간 안 될",
    "그래서 요즘은 영어 학원을 다녀요": "다니 지내 어울 그런 영어 학원",
    "저는 부산에 살아요": "부산",
    "저도 한번 해 봐야겠어요": "해 보세요 좋은 생각 응원",
    "저는 ISFJ예요": "ISFJ",
    "배드멘턴 치는 거 조아해요": "배드민턴",
    "회를 조아해요": "회",
    "운동신경이 없어서 운동을 못해요": "운동 사정 그럴 이해 이유 하나쯤 사람마다",
    "팀장님이 커피를 사 주셨어요": "커피",
    "시간이 벌써 이렇게 됐네요": "시간 벌써 그러네요",
}


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.id)
def test_what_is_told_is_taken_up(persona: Persona) -> None:
    before = ("안녕하세요.", "네, 저는 민수예요.")
    said = {told: answer(persona, *before, told, seed=3) for told in TOLD}
    missed = [told for told, words in TOLD.items() if not any(word in said[told] for word in words.split())]
    assert len(missed) <= 0.2 * len(TOLD), {told: said[told] for told in missed}
