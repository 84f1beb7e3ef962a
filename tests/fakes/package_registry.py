"""A package registry on a real socket, which pip and npm themselves talk to; it can cut, lie, and ask for a password.

It must not know what is fetched from it, nor our fetching code.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Registry:
    """A PyPI-like index (PEP 691, with PEP 658 metadata) and an npm registry, and the ways they can misbehave."""

    url: str = ""
    archives: dict[str, bytes] = field(default_factory=dict)  # file name → content
    announced: dict[str, str] = field(default_factory=dict)  # file name → the digest the index tells
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # archive, its Range header
    cut_after: int | None = None  # send no archive byte beyond this position
    password: str | None = None  # of the user "person"
    held: threading.Event = field(default_factory=threading.Event)  # archives wait for it

    def publish_wheel(self, name: str, members: dict[str, bytes]) -> str:
        """Put NAME==1.0 up; its manifest source comes back."""
        stem = f"{name.replace('-', '_')}-1.0"
        info = {
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: never-to-be-installed\n",
            "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            "RECORD": "",
        }
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as wheel:
            for path, data in members.items() | {f"{stem}.dist-info/{k}": v.encode() for k, v in info.items()}.items():
                wheel.writestr(path, data)
        file_name = f"{stem}-py3-none-any.whl"
        self.archives[file_name] = content.getvalue()
        self.announced[file_name] = hashlib.sha256(content.getvalue()).hexdigest()
        return f"pypi:{name}==1.0"

    def publish_tarball(self, name: str, members: dict[str, bytes]) -> str:
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w:gz") as tarball:
            for path, data in {
                "package/package.json": json.dumps({"name": name, "version": "1.0.0"}).encode(),
                **members,
            }.items():
                entry = tarfile.TarInfo(path)
                entry.size = len(data)
                tarball.addfile(entry, io.BytesIO(data))
        self.archives[f"{name}-1.0.0.tgz"] = content.getvalue()
        self.announced[f"{name}-1.0.0.tgz"] = (
            "sha512-" + base64.b64encode(hashlib.sha512(content.getvalue()).digest()).decode()
        )
        return f"npm:{name}@1.0.0"

    def times_fetched(self) -> int:
        return len(self.asked)


class Answer(BaseHTTPRequestHandler):
    registry: Registry

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the tests read `asked`."""

    def do_GET(self) -> None:
        registry = self.registry
        if registry.password is not None:
            expected = base64.b64encode(f"person:{registry.password}".encode()).decode()
            if self.headers.get("Authorization") != f"Basic {expected}":
                return self.reply(401, b"who are you?", **{"WWW-Authenticate": "Basic realm=mirror"})
        last = self.path.rstrip("/").rsplit("/", 1)[-1]
        if last.endswith(".whl.metadata"):
            return self.reply(200, self.metadata(last.removesuffix(".metadata")))
        if last in registry.archives:
            return self.archive(last)
        if self.path.startswith("/simple/"):
            return self.reply(200, self.simple_page(last), **{"Content-Type": "application/vnd.pypi.simple.v1+json"})
        if f"{last}-1.0.0.tgz" in registry.archives:
            return self.reply(200, self.npm_document(last), **{"Content-Type": "application/json"})
        return self.reply(404, b"no such thing")

    def archive(self, name: str) -> None:
        registry, content = self.registry, self.registry.archives[name]
        asked_range = self.headers.get("Range")
        registry.asked.append((name, asked_range))
        registry.held.wait(30)
        start = int(re.sub(r"\D", "", asked_range)) if asked_range else 0
        if start >= len(content):
            return self.reply(416, b"")
        self.send_response(206 if asked_range else 200)
        if asked_range:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : registry.cut_after])
        return None

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def simple_page(self, project: str) -> bytes:
        files = []
        for name in self.registry.archives:
            if not (name.startswith(project.replace("-", "_") + "-") and name.endswith(".whl")):
                continue
            metadata = {"sha256": hashlib.sha256(self.metadata(name)).hexdigest()}
            files.append(
                {
                    "filename": name,
                    "url": f"{self.registry.url}/files/{name}",
                    "hashes": {"sha256": self.registry.announced[name]},
                    "core-metadata": metadata,
                    "dist-info-metadata": metadata,  # the same under its older name, as the real index has it
                }
            )
        return json.dumps({"meta": {"api-version": "1.1"}, "name": project, "files": files}).encode()

    def metadata(self, wheel_name: str) -> bytes:
        with zipfile.ZipFile(io.BytesIO(self.registry.archives[wheel_name])) as wheel:
            return wheel.read("-".join(wheel_name.split("-")[:2]) + ".dist-info/METADATA")

    def npm_document(self, name: str) -> bytes:
        file_name = f"{name}-1.0.0.tgz"
        dist = {"tarball": f"{self.registry.url}/files/{file_name}", "integrity": self.registry.announced[file_name]}
        version = {"name": name, "version": "1.0.0", "dist": dist}
        return json.dumps({"name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}).encode()


@contextmanager
def serving() -> Iterator[Registry]:
    """A registry that answers on a port of its own for as long as the context lasts."""
    registry = Registry()
    registry.held.set()
    handler = type("Bound", (Answer,), {"registry": registry})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        registry.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield registry
        finally:
            registry.held.set()
            server.shutdown()
            thread.join()
