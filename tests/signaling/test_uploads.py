"""Files that people send: kept for them alone, as what they are, within bounds; everything else is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from signaling import uploads
from storage import Consent, Upload
from tests.media.test_sandbox import encoded, hum, png
from tests.signaling.service import running

SOUND = encoded("ogg", hum(48_000))
PICTURE = png(40, 30)
LARGEST = 1_000_000


@pytest.fixture
async def service(tmp_path: Path):
    async with running(tmp_path, largest_upload=LARGEST) as service:
        yield service


@pytest.fixture
async def http(service):
    async with aiohttp.ClientSession(service.url) as session:
        yield session


def form(content: bytes, filename: str = "a", field: str = "file", kind: str = "application/octet-stream"):
    data = aiohttp.FormData()
    data.add_field(field, content, filename=filename, content_type=kind)
    return data


async def refusal(response: aiohttp.ClientResponse) -> tuple[int, str]:
    return response.status, (await response.json())["error"]["code"]


def kept(service) -> list[Path]:
    return [path for path in service.store.files.root.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("path", "content", "media_type"),
    [("/upload/audio", SOUND, "audio/ogg"), ("/upload/image", PICTURE, "image/png")],
)
@pytest.mark.parametrize("how", ["form", "raw"])
async def test_a_file_is_kept_listed_given_back_and_deleted(service, http, path, content, media_type, how):
    sent = {"data": form(content)} if how == "form" else {"data": content, "headers": {"Content-Type": media_type}}
    async with http.post(path, **sent) as response:
        assert response.status == 201
        made = await response.json()
        place = response.headers["Location"]
    assert (made["media_type"], made["size"]) == (media_type, len(content))
    async with http.get("/uploads") as response:
        assert [one["id"] for one in (await response.json())["uploads"]] == [made["id"]]
    async with http.get(place) as response:
        assert await response.json() == made
    async with http.get(f"{place}/content") as response:
        assert await response.read() == content
        assert response.content_type == media_type
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"]
    (file,) = kept(service)
    assert file.stat().st_mode & 0o077 == 0
    async with http.delete(place) as response:
        assert response.status == 204
    assert kept(service) == []
    async with http.get(f"{place}/content") as response:
        assert await refusal(response) == (404, "not_found")


async def test_somebody_elses_file_does_not_exist(service, http):
    theirs = await service.store.add(Upload(user_id="another", file="x/y.png", media_type="image/png", size=1))
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        async with http.request(method, f"/uploads/{theirs.id}{path}") as response:
            assert await refusal(response) == (404, "not_found")
    async with http.post("/voice/analyze", json={"upload_id": theirs.id}) as response:
        assert await refusal(response) == (404, "not_found")


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "a\0.ogg", "gpj.\u202egnp.exe", "C:\\a", "a" * 5000, "", "한글 😀.ogg", ".."],
)
async def test_a_files_name_is_used_for_nothing(service, http, name):
    boundary = "b0undary"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        + SOUND
        + f"\r\n--{boundary}--\r\n".encode()
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    async with http.post("/upload/audio", data=body, headers=headers) as response:
        assert response.status in (201, 400)
        made = response.status == 201
    root = service.store.files.root
    assert len(kept(service)) == made
    for file in kept(service):
        assert file.suffix == ".ogg"
        assert len(file.relative_to(root).parts) == 2


@pytest.mark.parametrize(
    ("path", "content", "code"),
    [
        ("/upload/audio", b"", "empty_upload"),
        ("/upload/audio", PICTURE, "bad_audio"),
        ("/upload/audio", b"ffconcat version 1.0\nfile /etc/passwd\n", "bad_audio"),
        ("/upload/audio", b"#EXTM3U\nhttp://127.0.0.1/\n", "bad_audio"),
        ("/upload/audio", SOUND[:60], "bad_audio"),
        ("/upload/image", SOUND, "bad_image"),
        ("/upload/image", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "bad_image"),
        ("/upload/image", PICTURE[:40], "bad_image"),
        ("/upload/image", png(30_000, 30_000, b"0"), "image_too_large"),
        ("/face/analyze", SOUND, "bad_image"),
        ("/voice/analyze", PICTURE, "bad_audio"),
    ],
    ids=["nothing", "a picture", "ffconcat", "m3u8", "half a sound", "a sound", "svg", "half a picture", "a bomb",
         "a sound to look at", "a picture to listen to"],
)  # fmt: skip
async def test_what_is_not_such_a_file_is_refused_and_not_kept(service, http, path, content, code):
    async with http.post(path, data=form(content)) as response:
        status, got = await refusal(response)
    assert (status, got) == (413 if code == "image_too_large" else 400, code)
    assert kept(service) == []
    assert (await service.store.page(Upload, owner="guest")).items == ()


async def test_too_much_is_refused_whether_it_says_so_or_not(service, http):
    async def chunks():
        for _ in range(40):
            yield bytes(65_536)

    for data in (bytes(LARGEST + 300_000), chunks()):
        try:
            async with http.post("/upload/audio", data=data, headers={"Content-Type": "audio/wav"}) as response:
                assert await refusal(response) == (413, "body_too_large")
        except aiohttp.ClientConnectionError:
            continue  # refused while it was still being sent
    async with http.post("/upload/audio", data=form(bytes(LARGEST + 1))) as response:
        assert await refusal(response) == (413, "body_too_large")
    assert kept(service) == []


async def test_a_file_that_trickles_in_is_given_up(service, http, monkeypatch):
    monkeypatch.setattr(uploads, "FIRST_BYTES", 0.3)

    async def slow():
        while True:
            yield b"a"
            await asyncio.sleep(0.05)

    async with asyncio.timeout(5):
        try:
            async with http.post("/upload/audio", data=slow(), headers={"Content-Type": "audio/wav"}) as response:
                assert await refusal(response) == (408, "body_too_slow")
        except aiohttp.ClientConnectionError:
            pass
    assert kept(service) == []


async def test_ten_thousand_parts_are_not_read(service, http):
    part = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n'
    body = part * 10_000 + b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + SOUND
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    async with http.post("/upload/audio", data=body + b"\r\n--b--\r\n", headers=headers) as response:
        assert await refusal(response) == (400, "bad_form")


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (b"rubbish", "multipart/form-data; boundary=b"),
        (b"rubbish", "multipart/form-data"),
        (b"--b\r\n\r\n", "multipart/form-data; boundary=b"),
        (b"--b--\r\n", "multipart/form-data; boundary=b"),
        (b"--b\r\n" + b"A: " + b"a" * 200_000 + b"\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b"),
        (
            b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="file"\r\nContent-Transfer-Encoding: base64'
            b"\r\n\r\nx\r\n--b--\r\n",
            "multipart/form-data; boundary=b",
        ),
    ],
)
async def test_a_form_that_is_none_is_one_clear_error(service, http, body, header):
    async with asyncio.timeout(10):
        async with http.post("/upload/image", data=body, headers={"Content-Type": header}) as response:
            status, code = await refusal(response)
    assert (status, code) in ((400, "bad_form"), (400, "empty_upload"))


async def test_other_content_types_are_named(service, http):
    async with http.post("/upload/image", data=SOUND, headers={"Content-Type": "audio/ogg"}) as response:
        assert await refusal(response) == (415, "unsupported_media_type")


async def test_one_may_rename_oneself_and_nothing_else(service, http):
    async with http.get("/users/me") as response:
        before = await response.json()
    assert before["id"] == "guest"
    async with http.patch("/users/me", json={"name": "서연"}) as response:
        assert (await response.json())["name"] == "서연"
    async with http.patch("/users/me", json={"id": "another"}) as response:
        assert await refusal(response) == (400, "bad_request")
    async with http.get("/users/me") as response:
        assert (await response.json())["name"] == "서연"


async def test_nothing_is_read_of_somebody_who_said_no(service, http):
    await service.store.add(Consent(user_id="guest", to="voice_analysis", version="1", granted=False))
    await service.store.add(Consent(user_id="guest", to="face_analysis", version="1", granted=False))
    await service.store.add(Consent(user_id="guest", to="call", version="1", granted=False))
    for path, sent in (
        ("/voice/analyze", {"data": form(SOUND)}),
        ("/face/analyze", {"data": form(PICTURE)}),
        ("/chat", {"json": {"message": "안녕하세요"}}),
    ):
        async with http.post(path, **sent) as response:
            assert await refusal(response) == (403, "consent_needed")


async def test_a_person_may_keep_so_many_files_and_no_more(service, http, monkeypatch):
    monkeypatch.setattr(uploads, "MOST", 1)
    headers = {"Content-Type": "image/png"}
    async with http.post("/upload/image", data=PICTURE, headers=headers) as response:
        assert response.status == 201
    async with http.post("/upload/image", data=PICTURE, headers=headers) as response:
        assert await refusal(response) == (409, "too_many")
    assert len(kept(service)) == 1
