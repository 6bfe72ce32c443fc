"""A training file on its way to the Hub, over a real socket to a Hub of our own that takes it or refuses."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.scripts import script
from support.serving import Quiet, Served
from test_training import response, write

pytest.importorskip("huggingface_hub")


class Hub(Served):
    """Creates repositories and takes commits; status: what it answers to the creation."""

    def __init__(self) -> None:
        self.status = 200
        self.created: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        outer = self

        class Handler(Quiet):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path.endswith("/repos/create"):
                    outer.created.append(json.loads(body) | {"token": self.headers.get("Authorization")})
                    return self._send(outer.status, {"url": f"{outer.url}/datasets/me/set", "name": "me/set"})
                if self.path.endswith("/validate-yaml"):
                    return self._send(200, {"errors": [], "warnings": []})
                if "/preupload/" in self.path:
                    files = json.loads(body)["files"]
                    return self._send(
                        200,
                        {"files": [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]},
                    )
                for line in body.splitlines():
                    item = json.loads(line)
                    if item["key"] == "file":
                        outer.files[item["value"]["path"]] = base64.b64decode(item["value"]["content"])
                return self._send(
                    200, {"commitUrl": f"{outer.url}/datasets/me/set/commit/1", "commitOid": "1", "success": True}
                )

            def do_GET(self) -> None:
                self._send(404, {"error": "nothing here"})

            def _send(self, status: int, content: Any) -> None:
                self.reply(status, json.dumps(content).encode(), {"Content-Type": "application/json"})

        self.serve(Handler)


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    yield made
    made.close()


def push(hub: Hub, folder: Path) -> Any:
    write(folder / "in", {"q": [response("a")]})
    environment = {
        "HF_ENDPOINT": hub.url,
        "HF_HUB_OFFLINE": "0",
        "HF_TOKEN": "hf_secret_7777",
        "HF_HUB_DISABLE_XET": "1",
    }
    return script(
        "convert_to_data.py", "--input_dir", folder / "in", "--output", folder / "train.json", "--push-to-hub", "me/set",
        env=environment, timeout=120,
    )  # fmt: skip


def test_file_and_card_arrive_in_a_private_repository(hub: Hub, tmp_path: Path) -> None:
    done = push(hub, tmp_path)
    assert done.returncode == 0, done.stderr
    [created] = hub.created
    assert created.get("private") is True or created.get("visibility") == "private", created
    assert created["type"] == "dataset"
    assert created["token"] == "Bearer hf_secret_7777"
    assert hub.files["train.json"] == (tmp_path / "train.json").read_bytes()
    card = hub.files["README.md"].decode()
    assert "data_files: train.json" in card
    assert "python convert_to_data.py" in card
    assert "decontaminated" in card
    assert "](train.lengths.svg)" in card
    assert hub.files["train.lengths.svg"].startswith(b"<svg")
    assert "7777" not in card + done.stdout + done.stderr


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_says_what_to_do_and_keeps_the_file(hub: Hub, tmp_path: Path, status: int) -> None:
    hub.status = status
    done = push(hub, tmp_path)
    assert done.returncode == 1
    assert "hf auth login" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(json.loads((tmp_path / "train.json").read_text())) == 1
    assert hub.files == {}
