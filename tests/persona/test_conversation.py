"""persona/conversation.py: the reply loop, with a real chat client, a real voice and the real outgoing track.

Only the language model's server is a stand-in, on a real socket; the person is a script of hearing events.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError

from analysis.types import AnalyzerFault, HearingEvent, SpeechConfirmed, SpeechDismissed, SpeechStarted, Utterance
from media.channel import Channel
from media.clock import Clock
from media.timeline import Event, Timeline
from media.tracks.speech import SpeechTrack
from media.types import Span
from persona import PersonaManager
from persona.adapters.openai_chat import OpenAIChat
from persona.conversation import APOLOGY, NOT_HEARD, Conversation, Patience
from persona.engines import Prompt
from persona.prompt import assemble
from persona.schema import Persona
from persona.types import DialogueFault, Line, ReplyEnded, ReplyStarted, Said, StateChanged, TurnDelays
from tests.fakes.openai_server import KEY, FakeOpenAI

UNHURRIED = Patience(60, 60, 60, 60)  # s: the test machine may be busy with something else
LONG = ["저는 주말마다 산에 올라가요. ", "정상에서 마시는 커피가 정말 맛있거든요. ", "다음에 꼭 같이 가요."]


async def prompt_of(persona: Persona, history: Sequence[Line]) -> Prompt:
    """As a call makes it, without what it knows beside."""
    return assemble(persona, history)


@dataclass
class Stage:
    """A conversation under way, and what a test may do to it."""

    conversation: Conversation
    hearing: Channel[HearingEvent]
    timeline: Timeline
    clock: Clock
    track: SpeechTrack
    server: FakeOpenAI

    async def say(self, text: str, turn: int = 1) -> None:
        now = self.clock.now()
        sound = np.zeros(16_000, np.float32)
        await self.hearing.put(Utterance(Span(now - 1.0, now), text, turn, 0.9, now, now, sound))

    async def until(self, kind: type[Event], count: int = 1, seconds: float = 60.0) -> Event:
        async with asyncio.timeout(seconds):
            while len(found := [e for e in self.timeline if isinstance(e, kind)]) < count:
                await asyncio.sleep(0.01)
        return found[count - 1]

    def all(self, kind: type[Event]) -> list[Event]:
        return [e for e in self.timeline if isinstance(e, kind)]


@pytest.fixture
def stage(korean_voice):
    """`async with stage(pieces) as s:` a conversation whose model writes `pieces`."""

    @asynccontextmanager
    async def begin(pieces: list[str], patience: Patience = UNHURRIED, **chat) -> AsyncIterator[Stage]:
        await korean_voice.load()
        async with FakeOpenAI() as server, asyncio.TaskGroup() as tasks:
            server.chat.pieces = pieces
            for name, value in chat.items():
                setattr(server.chat, name, value)
            clock, timeline = Clock(), Timeline()
            track = SpeechTrack(clock)
            hearing: Channel[HearingEvent] = Channel(64, "wait")
            model = OpenAIChat(server.url, KEY, "test-model", first_token_s=20, idle_s=20)
            conversation = Conversation(
                PersonaManager().get_persona("seoa"), model, korean_voice, track, hearing, timeline, clock,
                prompt_of, patience,
            )  # fmt: skip

            async def wire() -> None:
                with suppress(MediaStreamError):
                    while True:
                        await track.recv()

            pulling = tasks.create_task(wire())
            never = asyncio.Event()  # she does not greet unless a test wants it
            running = tasks.create_task(conversation.run(greet=never))
            yield Stage(conversation, hearing, timeline, clock, track, server)
            hearing.close()
            never.set()
            await running
            track.stop()
            await pulling
            await model.close()

    return begin


async def test_she_answers_sentence_by_sentence_and_remembers_what_was_heard(stage):
    async with stage(["반가워", "요! 저는 이서", "아예요. 오늘 어", "떠셨어요?"]) as s:
        await s.say("안녕하세요")
        ended = await s.until(ReplyEnded)
        assert [said.text for said in s.all(Said)] == ["반가워요!", "저는 이서아예요.", "오늘 어떠셨어요?"]
        assert not ended.interrupted
        assert ended.heard == "반가워요! 저는 이서아예요. 오늘 어떠셨어요?"
        assert s.conversation.history == [Line("user", "안녕하세요"), Line("assistant", ended.heard)]
        states = [(e.state, e.mood) for e in s.all(StateChanged)]
        assert states == [("thinking", "calm"), ("speaking", "happy"), ("speaking", "calm"), ("listening", "calm")]
        asked = s.server.requests[0]["messages"]
        assert asked[-1] == {"role": "user", "content": "안녕하세요"}


async def test_the_first_sound_comes_while_the_model_still_writes(stage):
    async with stage(LONG, slow_next=50) as s:
        await s.say("취미가 뭐예요?")
        await s.until(ReplyStarted, seconds=40)
        assert s.server.sent == 1


async def test_each_turn_tells_where_its_time_went(stage):
    async with stage(["좋아요."]) as s:
        await s.say("영화 볼까요?")
        delays = await s.until(TurnDelays)
        assert delays.turn == 1
        steps = (delays.endpointing, delays.recognition, delays.first_text, delays.first_sound)
        assert all(step is not None and step >= 0 for step in steps)
        assert delays.total == pytest.approx(sum(steps), abs=0.001)
        await s.until(ReplyEnded)


async def test_a_persons_voice_silences_her_and_only_what_was_heard_is_remembered(stage):
    async with stage(LONG) as s:
        await s.say("취미가 뭐예요?")
        started = await s.until(ReplyStarted)
        await asyncio.sleep(1.2)
        now = s.clock.now()
        await s.hearing.put(SpeechStarted(now))
        await asyncio.sleep(0.1)
        assert s.track.paused
        await s.hearing.put(SpeechConfirmed(s.clock.now(), now))
        ended = await s.until(ReplyEnded, seconds=2)
        assert ended.interrupted
        assert ended.span.start == started.t
        assert 0 < len(ended.heard) < len("".join(LONG))
        assert "".join(LONG).startswith(ended.heard)
        assert s.conversation.history[-1] == Line("assistant", ended.heard)
        assert not s.track.playing
        await s.say("아, 산 좋아하세요?", turn=2)
        await s.until(ReplyEnded, count=2)
        heard_by_model = s.server.requests[1]["messages"]
        assert {"role": "assistant", "content": ended.heard} in heard_by_model


async def test_a_cough_holds_her_only_for_a_moment(stage):
    async with stage(LONG) as s:
        await s.say("취미가 뭐예요?")
        await s.until(ReplyStarted)
        now = s.clock.now()
        await s.hearing.put(SpeechStarted(now))
        await asyncio.sleep(0.3)
        assert s.track.paused
        await s.hearing.put(SpeechDismissed(s.clock.now(), now))
        ended = await s.until(ReplyEnded)
        assert not ended.interrupted
        assert ended.heard == "".join(LONG).strip()


async def test_a_cough_before_the_reply_has_begun_does_not_swallow_it(stage):
    async with stage(["네, 좋아요."], slow_first=0.5) as s:
        await s.say("주말에 볼까요?")
        await asyncio.sleep(0.1)
        now = s.clock.now()
        await s.hearing.put(SpeechStarted(now))
        await asyncio.sleep(0.2)
        await s.hearing.put(SpeechDismissed(s.clock.now(), now))
        assert (await s.until(ReplyEnded)).heard == "네, 좋아요."


async def test_going_on_before_she_has_made_a_sound_makes_one_turn_of_two(stage):
    async with stage(["재미있겠네요."], slow_first=1.0) as s:
        await s.say("주말에 영화를 봤는데")
        await asyncio.sleep(0.2)
        now = s.clock.now()
        await s.hearing.put(SpeechStarted(now))
        await s.hearing.put(SpeechConfirmed(now + 0.4, now))
        await s.say("정말 재미있었어요", turn=2)
        await s.until(ReplyEnded)
        assert s.conversation.history[0] == Line("user", "주말에 영화를 봤는데 정말 재미있었어요")
        assert len(s.all(ReplyEnded)) == 1
        assert len(s.all(ReplyStarted)) == 1


async def test_a_model_that_says_nothing_is_one_spoken_apology_and_an_error(stage):
    async with stage(["늦었죠."], patience=replace(UNHURRIED, first_text=0.5), slow_first=30) as s:
        await s.say("안녕하세요")
        ended = await s.until(ReplyEnded, seconds=25)
        assert ended.heard == APOLOGY
        assert [fault.code for fault in s.all(DialogueFault)] == ["llm_timeout"]
        s.server.chat.slow_first = 0
        await s.say("다시 안녕하세요", turn=2)
        assert (await s.until(ReplyEnded, count=2)).heard == "늦었죠."


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        ({"statuses": [401, 401, 401]}, "llm_unauthorized"),
        ({"statuses": [500, 500, 500]}, "llm_unavailable"),
        ({"statuses": [429, 429, 429]}, "llm_rate_limited"),
    ],
)
async def test_a_model_that_refuses_is_an_apology_and_the_call_goes_on(stage, trouble, code):
    async with stage(["네."], **trouble) as s:
        await s.say("안녕하세요")
        assert (await s.until(ReplyEnded)).heard == APOLOGY
        assert [fault.code for fault in s.all(DialogueFault)] == [code]


async def test_a_stream_that_breaks_off_is_spoken_as_far_as_it_came(stage):
    async with stage(["저는 커피를 좋아해요. ", "그리고 ", "산도"], cut_after=2) as s:
        await s.say("뭘 좋아해요?")
        ended = await s.until(ReplyEnded)
        assert ended.heard.startswith("저는 커피를 좋아해요.")
        assert ended.heard.endswith(APOLOGY)
        assert [fault.code for fault in s.all(DialogueFault)] == ["llm_cut_off"]


async def test_her_own_voice_coming_back_is_not_answered(stage):
    async with stage(["저는 주말마다 산에 올라가요."]) as s:
        await s.say("취미가 뭐예요?")
        await s.until(ReplyEnded)
        await s.say("저는 주말마다 산에 올라가요", turn=2)
        await asyncio.sleep(0.5)
        assert len(s.server.requests) == 1
        assert s.conversation.state == "listening"


async def test_when_recognition_failed_she_asks_once_more_instead_of_staying_silent(stage):
    async with stage(["네."]) as s:
        await s.hearing.put(AnalyzerFault(s.clock.now(), "speech-to-text", "stt_timeout", "no answer"))
        await s.say("")
        assert (await s.until(ReplyEnded)).heard == NOT_HEARD
        assert s.server.requests == []


async def test_a_noise_without_words_is_not_answered(stage):
    async with stage(["네."]) as s:
        await s.say("")
        await asyncio.sleep(0.3)
        assert s.server.requests == []
        assert s.conversation.history == []
