"""A small Hub over a real socket: repositories of files, gated ones, and faults on demand."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

README = b"---\n---\n"


@dataclass
class Repo:
    """files: path -> content. members: tokens that may read it, None for everybody."""

    files: dict[str, bytes]
    members: set[str] | None = None
    revision: str = "main"

    @property
    def sha(self) -> str:
        if re.fullmatch(r"[0-9a-f]{40}", self.revision):
            return self.revision
        return hashlib.sha1(repr(sorted(self.files.items())).encode()).hexdigest()


@dataclass
class HubServer:
    """fault: None, "limit" (429 to everything), or "cut" (data files end in the middle)."""

    repos: dict[str, Repo] = field(default_factory=dict)
    fault: str | None = None
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.answer(self)

            do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                """Keep the console quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, http: Any) -> None:
        path = urllib.parse.unquote(urllib.parse.urlsplit(http.path).path)
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(http.path).query)
        self.requests.append(f"{http.command} {path}")
        if self.fault == "limit":
            return _send(http, 429, b"{}", {"Retry-After": "1"})
        match = re.fullmatch(r"(/api)?/datasets/([^/]+/[^/]+)(?:/(resolve|revision|tree)/(.*))?", path)
        repo = self.repos.get(match[2]) if match else None
        if match is None or repo is None:
            return _send(http, 404, b"{}", {"X-Error-Code": "RepoNotFound"})
        token = (http.headers.get("Authorization") or "").removeprefix("Bearer ")
        kind, rest = match[3], match[4] or ""
        if repo.members is not None and token not in repo.members and kind in ("resolve", "tree"):
            return _send(http, 403 if token else 401, b"{}", {"X-Error-Code": "GatedRepo"})
        if kind in (None, "revision"):
            siblings = [{"rfilename": name} for name in repo.files]
            return _send(http, 200, json.dumps({"id": match[2], "sha": repo.sha, "siblings": siblings}).encode())
        revision = next((r for r in (repo.sha, repo.revision, "refs/convert/parquet") if rest.startswith(r)), None)
        if revision is None:
            return _send(http, 404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        name = rest.removeprefix(revision).strip("/")
        if kind == "tree":
            return self._tree(http, repo, name, recursive=query.get("recursive", ["false"])[0].lower() == "true")
        return self._file(http, repo, name)

    def _tree(self, http: Any, repo: Repo, folder: str, *, recursive: bool) -> None:
        prefix = f"{folder}/" if folder else ""
        rows: dict[str, dict[str, Any]] = {}
        for path, data in repo.files.items():
            if not path.startswith(prefix):
                continue
            head, slash, _ = path.removeprefix(prefix).partition("/")
            if slash:
                rows[prefix + head] = {"type": "directory", "oid": "0" * 40, "size": 0, "path": prefix + head}
            if recursive or not slash:
                oid = hashlib.sha1(data).hexdigest()
                rows[path] = {"type": "file", "oid": oid, "size": len(data), "path": path}
        if folder and not rows:
            return _send(http, 404, b"{}", {"X-Error-Code": "EntryNotFound"})
        return _send(http, 200, json.dumps(list(rows.values())).encode())

    def _file(self, http: Any, repo: Repo, name: str) -> None:
        data = repo.files.get(name)
        if data is None:
            return _send(http, 404, b"{}", {"X-Error-Code": "EntryNotFound"})
        headers = {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": repo.sha}
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", http.headers.get("Range") or "")
        if span:
            start, end = int(span[1]), min(int(span[2] or len(data) - 1), len(data) - 1)
            headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
            return _send(http, 206, data[start : end + 1], headers)
        cut = self.fault == "cut" and not name.endswith((".md", ".py"))
        return _send(http, 200, data, headers, cut=cut)


def _send(http: Any, status: int, data: bytes, headers: dict[str, str] | None = None, *, cut: bool = False) -> None:
    http.send_response(status)
    for name, value in (headers or {}).items():
        http.send_header(name, value)
    http.send_header("Content-Length", str(len(data)))
    http.end_headers()
    if http.command == "HEAD":
        return
    http.wfile.write(data[: len(data) // 2] if cut else data)
    if cut:
        http.wfile.flush()
        http.connection.shutdown(2)
        http.close_connection = True
