"""A small Hugging Face Hub over a real socket: repositories with files, gated ones, and faults on demand."""

from __future__ import annotations

import hashlib
import json
import re
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

from support.serving import Quiet, Served

README = b"---\n---\n"


@dataclass
class Repo:
    """A dataset repository.

    files: path -> content. members: tokens with access; None means everybody. revision: a branch, or a commit hash.
    """

    files: dict[str, bytes]
    members: set[str] | None = None
    revision: str = "main"

    @property
    def sha(self) -> str:
        if re.fullmatch(r"[0-9a-f]{40}", self.revision):
            return self.revision
        return hashlib.sha1(repr(sorted(self.files.items())).encode()).hexdigest()


@dataclass
class HubServer(Served):
    """Serves ``repos`` by name.

    fault: None, "limit" (every request gets 429), or "cut" (the connection closes in the middle of a data file).
    requests: method and path of each request, in order.
    """

    repos: dict[str, Repo] = field(default_factory=dict)
    fault: str | None = None
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        outer = self

        class Handler(Quiet):
            def do_GET(self) -> None:
                outer.answer(self)

            do_HEAD = do_GET

        self.serve(Handler)

    def answer(self, http: Any) -> None:
        path = urllib.parse.unquote(urllib.parse.urlsplit(http.path).path)
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(http.path).query)
        self.requests.append(f"{http.command} {path}")
        if self.fault == "limit":
            return http.reply(429, b"{}", {"Retry-After": "1"})
        match = re.fullmatch(r"(/api)?/datasets/([^/]+/[^/]+)(?:/(resolve|revision|tree)/(.*))?", path)
        repo = self.repos.get(match[2]) if match else None
        if match is None or repo is None:
            return http.reply(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        token = (http.headers.get("Authorization") or "").removeprefix("Bearer ")
        kind, rest = match[3], match[4] or ""
        if repo.members is not None and token not in repo.members and kind in ("resolve", "tree"):
            return http.reply(403 if token else 401, b"{}", {"X-Error-Code": "GatedRepo"})
        if kind in (None, "revision"):
            siblings = [{"rfilename": name} for name in repo.files]
            return http.reply(200, json.dumps({"id": match[2], "sha": repo.sha, "siblings": siblings}).encode())
        revision = next((r for r in (repo.sha, repo.revision, "refs/convert/parquet") if rest.startswith(r)), None)
        if revision is None:
            return http.reply(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
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
            return http.reply(404, b"{}", {"X-Error-Code": "EntryNotFound"})
        return http.reply(200, json.dumps(list(rows.values())).encode())

    def _file(self, http: Any, repo: Repo, name: str) -> None:
        data = repo.files.get(name)
        if data is None:
            return http.reply(404, b"{}", {"X-Error-Code": "EntryNotFound"})
        headers = {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": repo.sha}
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", http.headers.get("Range") or "")
        if span:
            start, end = int(span[1]), min(int(span[2] or len(data) - 1), len(data) - 1)
            headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
            return http.reply(206, data[start : end + 1], headers)
        if self.fault == "cut" and not name.endswith((".md", ".py")) and http.command == "GET":
            http.reply(200, data[: len(data) // 2], headers | {"Content-Length": str(len(data))})
            http.connection.shutdown(2)
            http.close_connection = True
            return None
        return http.reply(200, data, headers)
