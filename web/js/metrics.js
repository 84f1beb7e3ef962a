// What the report's numbers are called, why one may be missing, and what a moment shows: Korean for each stable name.
// It must not know the DOM, nor how anything is measured.

/**
 * @typedef {{metric: string, t0: number, t1: number, value: number, quote: string|null, direction: "good"|"improve",
 *   tip_id: string|null}} Moment t0, t1 in s of call time; value in the metric's own unit
 * @typedef {{value: number|string|null, reason: string|null, confidence: number, n: number, evidence?: Moment[],
 *   model?: string|null, shares?: Record<string, number>}} Metric value 0..100, or a word; confidence 0..1
 */

/** The parts of the total, in the order they are shown, with what each is made of. @type {[string, string[]][]} */
export const PARTS = [
  ["likability", ["questions", "empathy", "talk_share", "latency", "level_match", "warm_voice", "smile"]],
  ["initiative", ["asking", "talk_share", "topic_starts", "latency"]],
  ["tone", ["pitch", "rate", "volume"]],
  ["concentration", ["gaze_listening", "latency", "presence", "posture_sway"]],
  ["gaze_stability", ["gaze_listening", "gaze_speaking", "fixation"]],
  ["posture", ["posture_roll", "posture_pitch", "posture_distance", "posture_sway"]],
  ["blinking", []],
  ["expression", []],
];

/** @type {Record<string, string>} */
export const NAMES = {
  total_score: "총점",
  likability: "호감도",
  initiative: "주도성",
  tone: "목소리 톤",
  concentration: "화면 집중",
  gaze_stability: "시선 안정",
  posture: "자세",
  blinking: "눈 깜빡임",
  expression: "표정",
  questions: "질문과 되묻기",
  empathy: "공감하는 말",
  talk_share: "말과 듣기의 균형",
  latency: "대답하는 빠르기",
  level_match: "알맞은 말투",
  warm_voice: "목소리의 생기",
  smile: "들을 때의 미소",
  asking: "질문으로 이끌기",
  topic_starts: "새 이야기 꺼내기",
  pitch: "목소리의 높낮이",
  rate: "말 빠르기",
  volume: "고른 목소리 크기",
  gaze_listening: "들을 때의 시선",
  gaze_speaking: "말할 때의 시선",
  fixation: "차분한 시선",
  presence: "화면 안에 머물기",
  posture_roll: "고개 기울기",
  posture_pitch: "고개 높이",
  posture_distance: "화면과의 거리",
  posture_sway: "몸의 흔들림",
  not_interrupting: "끝까지 듣기",
  politeness: "정중함",
  sentiment: "긍정적인 말",
  warmth: "따뜻함",
  enthusiasm: "생기",
  confidence: "자신감",
  word_choice: "말 고르기",
};

/** @type {Record<string, string>} */
const REASONS = {
  too_few_turns: "대화를 조금 더 나누면 알려 드려요",
  too_little_speech: "말한 시간이 아직 짧아요",
  too_little_text: "알아들은 말이 아직 적어요",
  too_little_face: "얼굴이 보인 시간이 아직 짧아요",
  unsteady_baseline: "처음 몇 초 동안 시선이 여러 곳을 향해 기준을 못 잡았어요",
  no_camera: "카메라를 켜지 않았어요",
  no_face: "화면에 얼굴이 보이지 않았어요",
  low_frame_rate: "영상이 끊겨서 재지 못했어요",
  sound_lost: "연결이 불안정해서 소리를 놓쳤어요",
  no_speech: "말소리를 듣지 못했어요",
  no_voice: "목소리를 또렷이 듣지 못했어요",
  no_text: "알아들은 말이 없었어요",
  not_korean: "한국어로 한 말만 잴 수 있어요",
  no_speech_level: "말투를 알아볼 만한 문장이 없었어요",
  no_words_of_feeling: "느낌을 담은 말이 없었어요",
  nothing_to_read: "읽을 만한 것이 없었어요",
  no_consent: "분석에 동의하지 않으셨어요",
};

/** @param {string|null|undefined} reason @returns {string} why there is no value */
export const whyNot = (reason) => REASONS[reason ?? ""] ?? "이번에는 재지 못했어요";

/** @param {number} confidence 0..1 @returns {{level: 1|2|3, text: string}} */
export function sureness(confidence) {
  const level = confidence >= 0.66 ? 3 : confidence >= 0.33 ? 2 : 1;
  return { level, text: `확신도 ${["낮음", "보통", "높음"][level - 1]}` };
}

/** @type {Record<string, {good?: string, improve?: string}>} */
const MOMENTS = {
  questions: { good: "좋은 질문이었어요", improve: "이 이야기, 더 물어봐도 좋았어요" },
  asking: { good: "질문으로 이야기를 이끌었어요", improve: "이 이야기, 더 물어봐도 좋았어요" },
  topic_starts: { good: "새로운 이야기를 먼저 꺼냈어요" },
  empathy: { good: "마음을 알아주는 말이었어요", improve: '"그랬군요" 한마디가 어울리는 순간이었어요' },
  talk_share: { improve: "한 사람이 길게 이야기한 순간이에요" },
  latency: { good: "자연스럽게 바로 대답했어요", improve: "대답까지 조금 오래 걸렸어요" },
  sentiment: { good: "기분 좋은 말이었어요" },
  level_match: { good: "말투가 잘 어울렸어요", improve: "존댓말로 이어 가 봐요" },
  politeness: { improve: "존댓말로 이어 가 봐요" },
  not_interrupting: { improve: "상대 말이 끝난 뒤에 말해 봐요" },
  pitch: { good: "목소리에 리듬이 있었어요", improve: "목소리에 리듬을 조금 더 넣어 봐요" },
  rate: { good: "듣기 편한 빠르기였어요", improve: "말 빠르기를 조금 바꿔 봐요" },
  volume: { good: "목소리가 고르고 또렷했어요", improve: "말끝까지 또렷하게 말해 봐요" },
  gaze_listening: { good: "상대를 차분히 바라봤어요", improve: "화면 밖을 보고 있었어요" },
  gaze_speaking: { good: "말하면서도 상대를 바라봤어요", improve: "화면 밖을 보고 있었어요" },
  fixation: { good: "시선이 차분했어요", improve: "시선이 화면을 떠나 있었어요" },
  smile: { good: "들으면서 편안하게 웃었어요" },
  presence: { good: "화면 안에 잘 있었어요", improve: "얼굴이 화면에서 벗어나 있었어요" },
  posture_roll: { good: "고개를 바르게 두었어요", improve: "고개가 기울어 있었어요" },
  posture_pitch: { good: "고개 높이가 편안했어요", improve: "고개가 화면 높이에서 벗어나 있었어요" },
  posture_distance: { good: "화면과의 거리가 알맞았어요", improve: "화면과의 거리가 달라져 있었어요" },
  posture_sway: { improve: "몸이 많이 움직인 순간이에요" },
  blinking: { improve: "눈 깜빡임이 평소와 달랐던 순간이에요" },
  expression: { good: "표정이 환했어요", improve: "표정이 굳어 보인 순간이에요" },
};

/** By the live tip that speaks of the same thing, where that says more. @type {Record<string, string>} */
const BY_TIP = {
  "good follow_up": "상대 이야기를 이어서 물었어요",
  "improve fast": "조금 천천히 말해 봐요",
  "improve slow": "조금 더 경쾌하게 말해 봐요",
};

/** Whose moments are told with how long they lasted. */
const LASTING = new Set(["gaze_listening", "gaze_speaking", "fixation", "presence", "posture_roll", "posture_pitch", "posture_distance"]);

/** @param {Moment} moment @returns {string} one sentence on what it shows */
export function momentText({ metric, value, direction, t0, t1, tip_id: tip }) {
  const told = BY_TIP[`${direction} ${tip}`] ?? MOMENTS[metric]?.[direction];
  const text = told ?? `${NAMES[metric] ?? metric}: ${direction === "good" ? "좋았어요" : "다시 살펴봐요"}`;
  if (metric === "rate") return `${text} (1초에 ${value.toFixed(1)}음절)`;
  if (metric === "latency") return `${text} (${value.toFixed(1)}초)`;
  return LASTING.has(metric) ? `${Math.round(t1 - t0)}초 동안 ${text}` : text;
}
