// Every Korean sentence that code puts on the page, and which fault is told in which words.
// It must not know the DOM.

import { ApiFault } from "./api.js";
import { MediaFault } from "./devices.js";

/** @typedef {{title: string, body?: string, steps?: string[], detail?: string, retryAfter?: number|null}} FaultText */

export const STATES = {
  connecting: "연결하고 있어요",
  listening: "듣고 있어요",
  thinking: "생각하고 있어요",
  speaking: "말하고 있어요",
  away: "지금은 통화 중이 아니에요",
};

export const TEXT = {
  offline: "오프라인 두뇌로 대화 중이에요. 대답이 단순할 수 있어요.",
  offlineLobby: "지금은 오프라인 두뇌로 대화해요. 인터넷 없이도 이야기할 수 있지만 대답이 조금 단순할 수 있어요.",
  starting: "카페 문을 여는 중이에요. 준비가 끝나면 바로 전화할 수 있어요.",
  micWaiting: "아무 말이나 해 보세요. 막대가 움직이면 준비 끝!",
  micWorks: "잘 들려요!",
  micSilent: "소리가 들어오지 않아요. 마이크가 음소거되어 있지 않은지, 다른 마이크를 골라야 하는지 확인해 주세요.",
  cameraOff: "카메라 없이 목소리로만 통화해요.",
  cameraOpening: "카메라를 켜는 중이에요…",
  noCameraThisCall: "목소리로만 시작한 통화예요",
  call: "전화 걸기",
  callByVoice: "목소리로 전화 걸기",
  calling: "전화 거는 중…",
  retry: "다시 시도하기",
  callAgain: "다시 전화하기",
  leave: "통화 마치기",
  back: "처음으로 돌아가기",
  playSound: "소리 켜기",
  defaultSpeaker: "기본 스피커",
  noDevice: "연결된 장치가 없어요",
  muted: "마이크를 껐어요. 지금은 내 말이 들리지 않아요.",
  unmuted: "마이크를 켰어요.",
  cameraStopped: "카메라를 껐어요.",
  cameraStarted: "카메라를 켰어요.",
  trouble: "연결이 불안정해요. 다시 이어지기를 기다리고 있어요…",
  recovered: "다시 연결됐어요.",
  micGone: "마이크 연결이 끊겼어요. 장치를 다시 연결해 주세요.",
  micSwitched: "다른 마이크로 바꿔서 이어 가고 있어요.",
  cameraGone: "카메라 연결이 끊겼어요. 통화는 목소리로 계속돼요.",
  soundBlocked: "브라우저가 소리를 막았어요. 버튼을 누르면 들려요.",
  captionsEmpty: "대화를 시작하면 여기에 자막이 나타나요.",
  nothingSaid: "아직 나눈 이야기가 없어요.",
  calibrationSay: "위 문장을 평소처럼 소리 내어 읽어 주세요.",
  calibrationHeard: "잘 듣고 있어요…",
  calibrationMeasuring: "기준을 맞추고 있어요…",
  calibrated: "표정과 목소리의 기준을 맞췄어요.",
  calibratedFace: "표정의 기준을 맞췄어요. 목소리는 통화 초반을 기준으로 할게요.",
  calibratedVoice: "목소리의 기준을 맞췄어요.",
  calibrationFailed: "기준을 맞추지 못했어요. 통화 처음 몇 초를 기준으로 할게요.",
  reportMaking: "분석하고 있어요…",
  reportMade: "분석이 끝났어요.",
  reportNone: "이번 통화는 분석할 만큼 이어지지 않았어요.",
  reportChat: "글로만 나눈 대화예요. 영상통화를 하면 분석 결과가 여기에 남아요.",
  reportMissing: "이번 통화의 분석 결과를 받지 못했어요.",
  forgetSession: {
    title: "이 기록을 지울까요?",
    body: "나눈 이야기와 분석 결과, 녹음까지 모두 지워져요. 지운 뒤에는 되돌릴 수 없어요.",
    yes: "지우기",
    no: "그대로 두기",
  },
  rehearsalEmpty: "인사를 건네 보세요. 지금 적은 그대로 대답해요.",
  rehearsalFaulty: "먼저 빨갛게 표시된 곳을 고치면 이야기해 볼 수 있어요.",
  rehearsalFailed: "대답을 듣지 못했어요. ",
  studioNew: "어떤 사람을 만나고 싶으세요?",
  studioSaved: "저장했어요. 이제 전화를 걸 수 있어요.",
  studioUnsaved: "아직 저장하지 않았어요.",
  studioChecking: "살펴보고 있어요…",
  studioFine: "이대로 저장할 수 있어요.",
  forgetPersona: {
    title: "이 사람을 지울까요?",
    body: "적어 둔 내용과 이 사람이 나에 대해 기억하는 것까지 모두 지워져요. 지운 뒤에는 되돌릴 수 없어요.",
    yes: "지우기",
    no: "그대로 두기",
  },
  forgetAll: {
    title: "모두 잊게 할까요?",
    body: "이름도, 나눈 이야기도, 쌓인 친밀도도 사라지고 처음 만난 사이로 돌아가요.",
    yes: "모두 잊기",
    no: "그대로 두기",
  },
  me: "나",
  endedWell: "즐거운 시간이었나요?",
  endedEarly: "통화가 끝났어요",
};

export const QUALITY = {
  good: "연결 상태 좋음",
  fair: "연결 상태 보통",
  poor: "연결 상태 나쁨",
  unknown: "연결 상태 확인 중",
};

/** Why a call ended without the person's wish. @type {Record<string, FaultText>} */
export const ENDINGS = {
  dropped: { title: "통화가 끊어졌어요", body: "네트워크 연결이 끊긴 것 같아요. 인터넷 연결을 확인하고 다시 걸어 주세요." },
  unreachable: {
    title: "통화를 연결하지 못했어요",
    body: "서버까지 소리와 영상이 오가는 길을 찾지 못했어요.",
    steps: ["인터넷 연결을 확인해 주세요.", "VPN이나 방화벽을 쓰고 있다면 잠시 끄고 다시 걸어 주세요."],
  },
  call_too_long: { title: "통화 시간이 다 됐어요", body: "오늘 이야기는 여기까지예요. 잠깐 쉬었다가 다시 걸어 주세요." },
  signed_out: { title: "로그인이 끝나서 통화를 마쳤어요", body: "다시 로그인하면 이어서 이야기할 수 있어요." },
  consent_withdrawn: { title: "동의를 거두어서 통화를 마쳤어요", body: "‘내 정보’에서 다시 동의하면 통화할 수 있어요." },
  server_stopping: { title: "서버가 쉬러 가서 통화를 마쳤어요", body: "잠시 뒤에 다시 걸어 주세요." },
  erased: { title: "내 정보를 모두 지워서 통화를 마쳤어요" },
  session_deleted: { title: "이 대화의 기록을 지워서 통화를 마쳤어요" },
  closed: { title: "상대 쪽에서 통화가 종료됐어요", body: "서버가 다시 시작됐거나 통화를 더 이어 갈 수 없었어요. 다시 걸어 볼까요?" },
};

const NAMES = { microphone: "마이크", camera: "카메라" };

/** @type {Record<import("./devices.js").Reason, (what: string, fault: MediaFault) => FaultText>} */
const MEDIA = {
  denied: (what, fault) =>
    fault.bySystem
      ? {
          title: `기기 설정에서 ${what} 사용이 막혀 있어요`,
          steps: [
            `시스템 설정의 ‘개인정보 보호 및 보안’에서 ${what} 항목을 여세요.`,
            "지금 쓰는 브라우저를 허용하세요.",
            "브라우저를 다시 연 뒤 시도해 주세요.",
          ],
        }
      : {
          title: `${what} 사용이 허용되지 않았어요`,
          steps: [
            "주소창 왼쪽의 설정(자물쇠) 아이콘을 누르세요.",
            `${what} 권한을 ‘허용’으로 바꾸세요.`,
            "아래 ‘다시 시도하기’를 누르거나 페이지를 새로 고치세요.",
          ],
        },
  missing: (what) => ({ title: `${what}를 찾을 수 없어요`, body: `${what}가 기기에 연결되어 있는지 확인해 주세요.` }),
  busy: (what) => ({
    title: `다른 프로그램이 ${what}를 쓰고 있어요`,
    body: "화상회의 앱이나 다른 브라우저 탭을 닫고 다시 시도해 주세요.",
  }),
  insecure: (what) => ({
    title: `이 주소에서는 ${what}를 쓸 수 없어요`,
    body: "브라우저는 안전한 주소에서만 마이크와 카메라를 내어 줘요. https:// 로 시작하는 주소나 http://localhost 로 열어 주세요.",
  }),
  unknown: (what, fault) => ({ title: `${what}를 열지 못했어요`, detail: fault.message }),
};

const WITHOUT = {
  microphone: "목소리를 들어야 대화할 수 있어서, 마이크 없이는 전화를 걸 수 없어요.",
  camera: "카메라 없이 목소리로만 통화할 수 있어요.",
};

/** @param {ApiFault} fault @returns {FaultText} */
function serverText({ code, status, message, retryAfter }) {
  if (code === "unreachable") return { title: "서버에 연결할 수 없어요", body: "인터넷 연결을 확인하고 잠시 뒤 다시 시도해 주세요." };
  const detail = `${message} (${code})`;
  if (status === 401) return { title: "로그인이 필요해요", body: "‘내 정보’에서 로그인한 뒤 다시 시도해 주세요." };
  if (code === "consent_needed") return { title: "먼저 동의가 필요해요", body: "‘내 정보’에서 동의를 바꾸면 통화할 수 있어요.", detail: message };
  if (status === 503) return { title: "지금은 빈자리가 없어요", body: "다른 분들이 통화하고 있어요. 자리가 나면 다시 걸어 볼까요?", retryAfter: retryAfter ?? 10 };
  if (status === 429) return { title: "전화를 너무 자주 걸었어요", body: "잠깐 쉬었다가 다시 걸어 주세요.", retryAfter: retryAfter ?? 10 };
  if (status === 404) return { title: "그 사람을 찾을 수 없어요", body: "목록으로 돌아가 다시 골라 주세요.", detail };
  if (status >= 500) return { title: "서버에 문제가 생겼어요", body: "잠시 뒤 다시 시도해 주세요.", detail };
  return { title: "전화를 걸지 못했어요", body: "페이지를 새로 고친 뒤 다시 걸어 주세요.", detail };
}

/** @param {unknown} fault @returns {FaultText} */
export function faultText(fault) {
  if (fault instanceof ApiFault) return serverText(fault);
  if (fault instanceof MediaFault) {
    const text = MEDIA[fault.reason](NAMES[fault.device], fault);
    return { ...text, body: [text.body, WITHOUT[fault.device]].filter(Boolean).join(" ") };
  }
  return { title: "예상하지 못한 문제가 생겼어요", body: "페이지를 새로 고친 뒤 다시 시도해 주세요.", detail: String(fault) };
}

/** What went wrong on her side, by the server's code; others are not told. @type {Record<string, string>} */
export const NOTICES = {
  sign_in_expiring: "", // the page shows a fresh token by itself
  llm_unavailable: "대답을 떠올리지 못했어요. 다시 한번 말해 주세요.",
  llm_cut_off: "대답이 중간에 끊겼어요. 다시 한번 말해 주세요.",
  reply_failed: "대답하다가 잠깐 문제가 생겼어요. 다시 한번 말해 주세요.",
  voice_failed: "목소리가 나오지 않았어요. 다시 한번 말을 걸어 주세요.",
  voice_cut_off: "목소리가 중간에 끊겼어요.",
  voice_timeout: "목소리를 내는 데 시간이 너무 오래 걸렸어요.",
  voice_unavailable: "지금은 목소리를 낼 수 없어요. 잠시 뒤 다시 말을 걸어 주세요.",
  stt_unavailable: "방금 한 말을 알아듣지 못했어요. 다시 한번 말해 주세요.",
};

export const RECORDING = {
  label: "통화 녹화",
  load: "녹화 보기",
  loading: "녹화를 여는 중이에요…",
  cut: "중간에 끊긴 녹화",
  from: (/** @type {string} */ at) => `통화 ${at}부터`,
  until: (/** @type {string} */ day) => `${day}에 저절로 지워져요. 나만 열 수 있어요.`,
  forget: "녹화만 지우기",
  forgotten: "녹화를 지웠어요.",
  ask: { title: "녹화를 지울까요?", body: "소리와 화면만 지워지고, 나눈 이야기와 리포트는 남아요. 되돌릴 수 없어요.", yes: "지우기", no: "그대로 두기" },
};
