"""The report's Korean: what was good, what to try, a summary. Friendly 해요체, no verdicts.

It must not know how anything is measured; it only puts given numbers and moments into words.
"""

from __future__ import annotations

from collections.abc import Mapping

from analysis.readings import Evidence, Score

WAITING = "AI와 대화를 2회 이상 나누면 자동으로 분석이 시작됩니다."
PARTIAL = "아직 총점을 낼 만큼 충분히 보고 듣지 못했어요. 잰 것만 알려 드릴게요."
# sub-metric → (what was good, what to try)
PHRASES: Mapping[str, tuple[str, str]] = {
    "questions": ("상대에게 관심을 담은 질문을 잘 건넸어요", "상대 이야기에 이어서 한 번 더 물어봐요"),
    "asking": ("질문으로 대화를 잘 이끌었어요", "궁금한 걸 조금 더 자주 물어봐요"),
    "empathy": ("공감하는 말로 분위기를 따뜻하게 했어요", '"그랬군요", "저도요" 같은 공감 한마디를 더해 봐요'),
    "talk_share": ("말하기와 듣기의 균형이 좋았어요", "말하는 시간과 듣는 시간의 균형을 맞춰 봐요"),
    "latency": ("상대 말에 자연스럽게 바로 반응했어요", "상대 말이 끝나면 짧게라도 바로 반응해 봐요"),
    "level_match": ("말투가 관계에 잘 어울렸어요", "지금 사이에 맞는 말투를 끝까지 지켜 봐요"),
    "warm_voice": ("목소리에 생기가 있었어요", "반가운 마음을 목소리에 조금 더 실어 봐요"),
    "smile": ("들을 때의 미소가 편안했어요", "상대 이야기를 들을 때 살짝 웃어 봐요"),
    "pitch": ("목소리의 높낮이가 풍부했어요", "목소리에 높낮이를 조금 더 주어 봐요"),
    "rate": ("말하는 속도가 듣기 편했어요", "말하는 속도를 조금 조절해 봐요"),
    "volume": ("목소리 크기가 고르고 또렷했어요", "말끝까지 같은 크기로 또렷하게 말해 봐요"),
    "topic_starts": ("새로운 이야기를 먼저 잘 꺼냈어요", "내 쪽에서 새로운 이야기를 먼저 꺼내 봐요"),
    "gaze_listening": ("들을 때 화면 속 상대를 잘 바라봤어요", "상대가 말할 때 화면을 조금 더 바라봐요"),
    "gaze_speaking": ("말할 때도 시선이 자연스러웠어요", "말할 때도 가끔 화면 속 상대를 바라봐요"),
    "fixation": ("시선이 차분했어요", "시선을 한곳에 조금 더 오래 두어 봐요"),
    "presence": ("화면 안에 잘 자리 잡고 있었어요", "얼굴이 화면 가운데에 오도록 앉아 봐요"),
    "blinking": ("눈 깜빡임이 자연스러웠어요", "눈의 힘을 풀고 편하게 깜빡여 봐요"),
    "posture_roll": ("고개를 바르게 두었어요", "기울어진 고개를 살짝 바로 세워 봐요"),
    "posture_pitch": ("고개 높이가 편안했어요", "고개를 화면 높이에 편하게 맞춰 봐요"),
    "posture_distance": ("화면과의 거리가 알맞았어요", "화면과의 거리를 처음처럼 유지해 봐요"),
    "posture_sway": ("몸이 안정되어 있었어요", "몸을 조금 덜 움직이고 편하게 앉아 봐요"),
}  # fmt: skip
LABELS = {"likability": "호감도", "tone": "목소리 톤", "initiative": "주도성", "concentration": "화면 집중"}


def strength(name: str, score: Score) -> str:
    """One sentence, with its moment where there is one."""
    moment = next((one for one in score.evidence if one.direction == "good"), None)
    return _with_moment(PHRASES[name][0], moment)


def improvement(name: str, score: Score) -> str:
    moment = next((one for one in score.evidence if one.direction == "improve"), None)
    return _with_moment(PHRASES[name][1], moment)


def summary(status: str, scores: Mapping[str, Score], good: str | None, to_try: str | None) -> str:
    """A few short sentences; the numbers are those of the scores."""
    if status == "waiting":
        return WAITING
    parts = []
    numbers = [f"{label} {round(value)}" for name, label in LABELS.items() if (value := scores[name].value) is not None]
    if numbers:
        parts.append(f"{' · '.join(numbers)} · 참고용 연습 지표예요.")
    if status == "partial":
        parts.append(PARTIAL)
    if good:
        parts.append(f"잘한 점: {good}.")
    if to_try:
        parts.append(f"해 볼 점: {to_try}.")
    return " ".join(parts)


def clock(t: float) -> str:
    """Call time as 02:14."""
    return f"{int(t) // 60:02d}:{int(t) % 60:02d}"


def _with_moment(phrase: str, moment: Evidence | None) -> str:
    if moment is None:
        return phrase
    quote = f" '{moment.quote}'" if moment.quote else ""
    return f"{phrase} ({clock(max(0.0, moment.t0))}{quote})"
