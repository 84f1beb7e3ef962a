// The words of the account page and of the consent step. They must not know the DOM or the network.

import { SignInFault } from "./identity.js";

/** @typedef {import("./strings.js").FaultText} FaultText */

export const SIGN_IN = {
  title: "로그인",
  go: "로그인",
  otherText: "처음 오셨나요?",
  other: "회원가입",
};

export const SIGN_UP = {
  title: "회원가입",
  go: "가입하고 시작하기",
  otherText: "이미 가입하셨나요?",
  other: "로그인",
};

export const ACCOUNT = {
  working: "잠시만요…",
  emailMissing: "이메일 주소를 적어 주세요.",
  emailWrong: "이메일 주소를 다시 확인해 주세요. 예: name@example.com",
  passwordMissing: "비밀번호를 적어 주세요.",
  passwordShort: "비밀번호는 6자 이상이어야 해요.",
  exporting: "모으는 중이에요…",
  exported: "내려받았어요.",
  exportName: "deyeonso-export.zip",
  erased: "모두 지웠어요.",
  retry: "다시 시도하기",
  erase: {
    title: "정말 모두 지울까요?",
    body: "나눈 이야기, 분석 결과, 페르소나의 기억, 녹화와 올린 파일까지 모두 지워져요. 되돌릴 수 없어요. 먼저 내려받아 두는 것도 좋아요.",
    yes: "모두 지우기",
    no: "그대로 두기",
  },
};

export const CONSENT = {
  title: "통화하기 전에 동의가 필요해요",
  body: "하나씩 읽고 골라 주세요. 선택 항목은 동의하지 않아도 통화할 수 있고, ‘내 정보’에서 언제든 바꿀 수 있어요.",
  all: "모두 동의해요",
  needed: "필수",
  optional: "선택",
  without: "동의하지 않으면: ",
  go: "동의하고 계속하기",
  later: "나중에",
  yes: "동의함",
  no: "동의하지 않음",
  open: "아직 답하지 않음",
  unused: "지금은 쓰지 않아요",
  analyses: "무엇을 분석하고 남길까요?",
  atOnce: "끄면 이 통화에서도 바로 멈춰요. 다시 켜면 그때부터 이어서 봐요.",
  close: "닫기",
  changed: "바꾼 내용을 저장했어요.",
  outdated: "그사이 동의 내용이 바뀌었어요. 새 내용을 읽고 다시 골라 주세요.",
};

/** Name and what belongs to it, by the server's class of retention. @type {Record<string, [string, string]>} */
export const KEPT = {
  media: ["녹화와 올린 파일", "녹화에 동의했거나 직접 올렸을 때만 저장해요."],
  transcripts: ["나눈 이야기와 분석 결과", "대화 글, 점수, 리포트예요."],
  audit: ["열람 기록", "누가 언제 내 정보를 열었는지예요."],
};
export const FOR_GOOD = "지울 때까지";
export const REMEMBERED = ["페르소나의 기억, 동의 기록", FOR_GOOD, "기억은 ‘기억’ 페이지에서 하나씩 지울 수 있어요."];

/** @type {Record<string, string>} */
const SEEN = { messages: "나눈 이야기", feedback: "리포트", timeline: "통화 기록", recording: "녹화" };
/** @type {Record<string, string>} */
const DID = { read: "열람", export: "내려받기", delete: "삭제" };

/** @param {{actor: string, action: string, target: string, user_id: string}} access @returns {string} */
export function accessText({ actor, action, target, user_id }) {
  const what = target === "*" ? "내 정보 전체" : (SEEN[target.split("/").pop() ?? ""] ?? target);
  return `${actor === user_id ? "나" : actor} · ${what} ${DID[action] ?? action}`;
}

/** @type {Record<string, FaultText>} */
const SAID_NO = {
  invalid_credentials: { title: "이메일이나 비밀번호가 맞지 않아요", body: "다시 한번 확인해 주세요." },
  email_not_confirmed: { title: "아직 이메일을 확인하지 않았어요", body: "가입할 때 받은 메일의 링크를 눌러 주세요." },
  confirm_email: { title: "메일함을 확인해 주세요", body: "보내 드린 메일의 링크를 누르면 가입이 끝나요." },
  user_already_exists: { title: "이미 가입한 이메일이에요", body: "로그인해 주세요." },
  weak_password: { title: "더 안전한 비밀번호가 필요해요", body: "더 길게, 글자와 숫자를 섞어서 만들어 주세요." },
  validation_failed: { title: "이메일 주소를 다시 확인해 주세요" },
  signup_disabled: { title: "지금은 새로 가입할 수 없어요", body: "운영하는 분에게 문의해 주세요." },
  otp_expired: { title: "메일의 링크가 만료됐어요", body: "로그인하거나 다시 가입해 주세요." },
  over_request_rate_limit: { title: "너무 여러 번 시도했어요", body: "몇 분 뒤 다시 시도해 주세요." },
  over_email_send_rate_limit: { title: "메일을 너무 여러 번 보냈어요", body: "몇 분 뒤 다시 시도해 주세요." },
  unreachable: { title: "로그인 서버에 연결할 수 없어요", body: "인터넷 연결을 확인하고 잠시 뒤 다시 시도해 주세요." },
};

/** Why signing in did not work. @param {unknown} fault @returns {FaultText} */
export function signInText(fault) {
  if (!(fault instanceof SignInFault)) return { title: "서버에 연결할 수 없어요", body: "잠시 뒤 다시 시도해 주세요." };
  const known = SAID_NO[fault.code];
  if (known) return known;
  return { title: "로그인하지 못했어요", body: "잠시 뒤 다시 시도해 주세요.", detail: `${fault.message} (${fault.code})` };
}
