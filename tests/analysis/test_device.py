"""DEVICE against what a machine has: decided for each runtime by itself, on machines that are made up."""

from __future__ import annotations

from functools import partial

import ctranslate2
import onnxruntime
import pytest

from analysis.adapters import face_api, smart_turn, whisper
from analysis.adapters.device import PROBES, Device, Runtime, Wanted, chosen, providers, wanted_here
from analysis.adapters.expression import chosen_classifier
from analysis.adapters.face_api import FaceApiExpression
from analysis.adapters.pitch import SwiftPitch
from analysis.adapters.silero import SileroModel
from analysis.adapters.smart_turn import SmartTurn
from analysis.adapters.vit import VitExpression
from analysis.adapters.whisper import WhisperSpeechToText
from media.errors import DeyeonsoError
from media.weights import Weights

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


@pytest.mark.parametrize("runtime", ["CTranslate2", "torch", "onnxruntime"])
@pytest.mark.parametrize(
    ("wanted", "there", "device"), [("auto", True, "cuda"), ("auto", False, "cpu"), ("cuda", True, "cuda")]
)
def test_what_is_there_is_used(runtime: Runtime, wanted: Wanted, there: bool, device: Device) -> None:
    assert chosen(wanted, runtime, lambda: there) == device


@pytest.mark.parametrize("runtime", ["CTranslate2", "torch", "onnxruntime"])
def test_on_the_cpu_no_runtime_is_even_asked(runtime: Runtime) -> None:
    assert chosen("cpu", runtime, lambda: pytest.fail("asked")) == "cpu"


@pytest.mark.parametrize("runtime", ["CTranslate2", "torch"])
def test_cuda_asked_for_by_name_and_missing_is_one_clear_error(runtime: Runtime) -> None:
    with pytest.raises(DeyeonsoError, match=f"DEVICE=cuda, but {runtime} finds no CUDA device") as failure:
        chosen("cuda", runtime, lambda: False)
    assert (failure.value.code, failure.value.whose) == ("bad_config", "caller")


def test_the_small_networks_stay_on_the_cpu_where_their_runtime_has_no_cuda() -> None:
    assert chosen("cuda", "onnxruntime", lambda: False) == "cpu"


def test_each_runtime_is_asked_in_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    for count, able, built, found in ((2, True, [CUDA, CPU], True), (0, False, [CUDA, CPU], False)):
        monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda count=count: count)
        monkeypatch.setattr(torch.cuda, "is_available", lambda able=able: able)
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda built=built: built)
        assert {name: probe() for name, probe in PROBES.items()} == dict.fromkeys(PROBES, found)
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    assert not PROBES["onnxruntime"]()  # a GPU, but the wheel without it


def test_the_adapters_hand_the_device_on(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each engine's library is asked for; a machine without a GPU can see no more."""
    asked: list[object] = []

    class Stop(RuntimeError):
        pass

    def note(*values: object, **named: object) -> None:
        asked.append(named.get("providers") or (values[1], named["compute_type"]))
        raise Stop("seen")

    monkeypatch.setattr(whisper, "WhisperModel", note)
    monkeypatch.setattr(onnxruntime, "InferenceSession", note)
    network = weights.path("expression/face_expression_model.bin").parent
    for device in ("cuda", "cpu"):
        with pytest.raises(DeyeonsoError):
            WhisperSpeechToText(weights.path("whisper-base"), device)
        for make in (
            lambda d: SmartTurn(weights.root, d),
            lambda d: FaceApiExpression(network, d),
            partial(SileroModel, weights.root),
        ):
            with pytest.raises(Stop):
                make(device)
    assert face_api.onnxruntime is smart_turn.onnxruntime is onnxruntime
    assert asked == [("cuda", "float16"), *3 * [[CUDA, CPU]], ("cpu", "int8"), *3 * [[CPU]]]
    assert (providers("cuda"), providers("cpu")) == ([CUDA, CPU], [CPU])


def test_the_pitch_tracker_is_moved_to_the_device_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[list[str]] = []
    monkeypatch.setattr(onnxruntime.InferenceSession, "set_providers", lambda _, wanted: moved.append(wanted))
    SwiftPitch("cpu")
    SwiftPitch("cuda")
    assert moved == [[CUDA, CPU]]


def test_the_expression_model_follows_its_own_runtime(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, str]] = []
    monkeypatch.setattr(VitExpression, "__init__", lambda self, model, device: made.append((model, device)))
    monkeypatch.setattr(FaceApiExpression, "__init__", lambda self, folder, device: made.append(("small", device)))
    monkeypatch.setitem(PROBES, "torch", lambda: True)  # type: ignore[arg-type]
    monkeypatch.setitem(PROBES, "onnxruntime", lambda: False)  # type: ignore[arg-type]
    for model in ("a/vit", ""):
        for wanted in ("auto", "cpu"):
            chosen_classifier(weights, model, wanted)
    assert made == [("a/vit", "cuda"), ("a/vit", "cpu"), ("small", "cpu"), ("small", "cpu")]


def test_a_library_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, wanted in (("", "auto"), ("cpu", "cpu"), ("cuda", "cuda")):
        monkeypatch.setenv("DEVICE", said)
        assert wanted_here() == wanted
    monkeypatch.setenv("DEVICE", "tpu")
    with pytest.raises(DeyeonsoError, match="tpu"):
        wanted_here()
