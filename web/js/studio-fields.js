// What a persona's form asks for, and how its answers are read from and written into a draft by path. Pure.
// It must not know the DOM; whether an answer is right is the server's word.

/**
 * @typedef {"text"|"long"|"lines"|"number"|"choice"|"slider"} Kind lines: one entry a line, a list in the draft
 * @typedef {{path: string, label: string, kind: Kind, hint?: string, choices?: Record<string, string>, min?: number,
 *   max?: number, step?: number, rows?: number, optional?: boolean, short?: boolean}} Field short: its lines are words
 * @typedef {{title: string, hint?: string, open?: boolean, fields?: Field[], list?: string, item?: string, blank?: unknown,
 *   each?: Field[]}} Section a list has entries that can be added and removed; paths in `each` are relative to one entry
 * @typedef {Record<string, any>} Draft a persona as a persona file holds it
 */

const MBTI = ["I", "E"].flatMap((a) => ["S", "N"].flatMap((b) => ["T", "F"].flatMap((c) => ["J", "P"].map((d) => a + b + c + d))));

/** What a question can be about, as the offline brain names it. @type {Record<string, string>} */
const TOPICS = {
  name: "이름", age: "나이", birthday: "생일", job: "하는 일", company: "회사", worklife: "야근과 퇴근", mbti: "MBTI", personality: "성격",
  hobby: "취미", food: "음식", spicy: "매운 음식", cafe: "커피와 카페", dessert: "디저트", alcohol: "술", smoking: "담배", music: "음악",
  singing: "노래방", instrument: "악기", movie: "영화", horror: "공포 영화", drama: "드라마", book: "책", game: "게임", travel: "여행",
  weekend: "주말", today: "오늘 하루", plan: "계획", evening: "저녁 시간", morning: "아침", family: "가족", home: "사는 곳", hometown: "고향",
  pet: "반려동물", exercise: "운동", weather: "날씨", season: "계절", sea: "바다", mountain: "산", dream: "꿈", ideal: "이상형", love: "연애",
  marriage: "결혼", why_here: "소개팅에 나온 이유", friend: "친구", school: "학교와 전공", childhood: "어린 시절", stress: "스트레스",
  cooking: "요리", fashion: "옷", talent: "잘하는 것", weakness: "못하는 것", happy: "행복할 때", sad: "슬플 때", sns: "SNS", photo: "사진",
  art: "전시와 그림", language: "외국어", plants: "식물", car: "운전", like: "좋아하는 것", dislike: "싫어하는 것", mood: "지금 기분",
  well: "안부", impression: "상대의 첫인상", ate: "식사했는지", doing: "지금 하는 것", worry: "고민", height: "키", blood: "혈액형",
  nervous: "긴장될 때", voice: "상대의 목소리", news: "뉴스", politics: "정치",
};

/**
 * @typedef {{voices: Record<string, Record<string, string>>, portraits: string[], topics: string[]}} Choices
 *   voices: engine → voice → its name
 */

/** @param {Choices} choices @param {Record<string, string>} portraits id → whose @returns {Section[]} */
export const sections = ({ voices, topics }, portraits) => [
  {
    title: "누구인가요?",
    open: true,
    fields: [
      { path: "name", label: "이름", kind: "text" },
      { path: "age", label: "나이 (만)", kind: "number", min: 19, max: 120, hint: "만 19세 이상 어른만 만들 수 있어요." },
      { path: "gender", label: "성별", kind: "choice", choices: { female: "여성", male: "남성", other: "정하지 않음" } },
      { path: "mbti", label: "MBTI", kind: "choice", choices: Object.fromEntries(MBTI.map((one) => [one, one])) },
      { path: "job", label: "하는 일", kind: "text" },
      { path: "city", label: "사는 곳", kind: "text", optional: true },
      { path: "birthday", label: "생일", kind: "text", optional: true, hint: "예: 12월 15일" },
      { path: "portrait", label: "그림", kind: "choice", choices: portraits },
      { path: "tagline", label: "한 줄 소개", kind: "text", hint: "첫 화면의 카드에 보이는 글이에요." },
    ],
  },
  {
    title: "어떤 사람인가요?",
    open: true,
    fields: [
      { path: "backstory", label: "살아온 이야기", kind: "long", rows: 6, hint: "자란 곳, 가족, 하는 일, 요즘의 관심사를 20자 이상 적어 주세요." },
      { path: "personality", label: "성격", kind: "lines", rows: 3, short: true },
      { path: "hobbies", label: "취미", kind: "lines", rows: 3, short: true },
      { path: "likes", label: "좋아하는 것", kind: "lines", rows: 3, short: true },
      { path: "dislikes", label: "싫어하는 것", kind: "lines", rows: 3, short: true },
    ],
  },
  {
    title: "어떻게 말하나요?",
    fields: [
      { path: "speech.base", label: "처음 만난 사람에게", kind: "choice", choices: { 해요체: "해요체 (부드럽게)", 하십시오체: "하십시오체 (깍듯하게)" } },
      { path: "speech.tics", label: "말버릇", kind: "lines", rows: 2, optional: true, hint: "예: 진짜요?" },
      { path: "openers", label: "첫인사", kind: "lines", rows: 3, hint: "세 가지 이상 적어 주세요." },
      { path: "asks", label: "이 사람만 던질 질문", kind: "lines", rows: 3, optional: true },
      { path: "deflections", label: "“AI예요?”에 처음 하는 농담", kind: "lines", rows: 2, hint: "진지하게 다시 물으면 솔직하게 대답해요." },
    ],
  },
  {
    title: "친해지면 어떻게 말하나요?",
    hint: "친밀도에 따라 말투가 바뀌어요. 반말은 서로 동의한 뒤에만 써요.",
    list: "levels",
    item: "말투 단계",
    blank: { min_intimacy: 80, speech_level: "해체", address: "{name:아}", examples: [] },
    each: [
      { path: "min_intimacy", label: "친밀도 (0–100)부터", kind: "number", min: 0, max: 100 },
      { path: "speech_level", label: "말투", kind: "choice", choices: { 하십시오체: "하십시오체", 해요체: "해요체", 해체: "해체 (반말)" } },
      { path: "address", label: "나를 부르는 말", kind: "text", optional: true, hint: "{name} 자리에 이름이 들어가요." },
      { path: "examples", label: "예시 대사", kind: "lines", rows: 3, hint: "세 문장 이상 적어 주세요." },
    ],
  },
  {
    title: "자기 이야기",
    hint: "물어보면 들려줄 이야기예요. 많이 적을수록 대화가 풍성해져요.",
    list: "about",
    item: "이야기",
    blank: { topic: "", keys: [], lines: [] },
    each: [
      {
        path: "topic",
        label: "무엇에 대한",
        kind: "choice",
        choices: { "": "아래 핵심어로만", ...Object.fromEntries(topics.map((one) => [one, TOPICS[one] ?? one])) },
      },
      { path: "keys", label: "이런 말이 나올 때도", kind: "lines", rows: 2, optional: true, hint: "주제가 없으면 하나는 적어 주세요." },
      { path: "lines", label: "이렇게 말해요", kind: "lines", rows: 3 },
    ],
  },
  {
    title: "지키는 선",
    hint: "이야기하지 않는 것과, 부드럽게 거절하는 말이에요.",
    list: "boundaries",
    item: "지키는 선",
    blank: { about: "", keys: [], lines: [] },
    each: [
      { path: "about", label: "무엇을", kind: "text" },
      { path: "keys", label: "이런 말이 나오면", kind: "lines", rows: 2 },
      { path: "lines", label: "이렇게 거절해요", kind: "lines", rows: 2, hint: "두 문장 이상 적어 주세요." },
    ],
  },
  {
    title: "목소리",
    fields: [
      { path: "voice.tts", label: "온라인 목소리", kind: "choice", choices: voices.tts ?? {} },
      { path: "voice.offline", label: "오프라인 목소리", kind: "choice", choices: voices.offline ?? {} },
      { path: "voice.openai", label: "OpenAI 목소리", kind: "choice", choices: voices.openai ?? {} },
      { path: "voice.rate", label: "말 빠르기", kind: "slider", min: 0.5, max: 2, step: 0.05 },
      { path: "voice.pitch", label: "높낮이", kind: "slider", min: -12, max: 12, step: 0.5 },
    ],
  },
  {
    title: "솔직함과 안전",
    hint: "누구에게나 꼭 지켜야 하는 말이라 지울 수 없어요. 말투만 이 사람답게 바꿔 주세요.",
    fields: [
      { path: "safety.honest", label: "AI인지 진지하게 물으면", kind: "lines", rows: 3, hint: "모든 문장에 AI 또는 인공지능이라는 말이 들어가야 해요." },
      { path: "safety.refuse", label: "들어줄 수 없는 부탁에", kind: "lines", rows: 3 },
      { path: "safety.care", label: "힘든 마음을 말할 때", kind: "lines", rows: 3, hint: "모든 문장에 상담전화 109가 들어가야 해요." },
    ],
  },
];

/** "levels[1].examples" → ["levels", 1, "examples"]. @param {string} path @returns {(string|number)[]} */
const steps = (path) => path.split(/[.[\]]+/).filter(Boolean).map((step) => (/^\d+$/.test(step) ? Number(step) : step));

/** @param {Draft} draft @param {string} path @returns {any} */
export const read = (draft, path) => steps(path).reduce((/** @type {any} */ value, step) => value?.[step], draft);

/** @param {Draft} draft @param {string} path @param {unknown} value */
export function write(draft, path, value) {
  const way = steps(path);
  const last = /** @type {string|number} */ (way.pop());
  const place = way.reduce((/** @type {any} */ value, step) => (value[step] ??= {}), draft);
  place[last] = value;
}

/** What stands in a form's control, as the draft holds it. @param {Field} field @param {string} text @returns {unknown} */
export function toDraft({ kind }, text) {
  if (kind === "lines") return text.split("\n").map((line) => line.trim()).filter(Boolean);
  if (kind === "number" || kind === "slider") return text === "" ? null : Number(text);
  return text;
}

/** @param {Field} field @param {any} value @returns {string} */
export const toText = ({ kind }, value) => (kind === "lines" ? (value ?? []).join("\n") : String(value ?? ""));

/** The field of the form that a fault of the draft belongs to, and the entry in it. @param {string} path of the fault
 * @param {string[]} known the form's paths @returns {{path: string, entry: number|null}|null} */
export function placeOf(path, known) {
  const found = known.filter((one) => path === one || path.startsWith(`${one}[`) || path.startsWith(`${one}.`)).sort((a, b) => b.length - a.length)[0];
  if (!found) return null;
  const entry = /^\[(\d+)\]/.exec(path.slice(found.length));
  return { path: found, entry: entry ? Number(entry[1]) : null };
}
