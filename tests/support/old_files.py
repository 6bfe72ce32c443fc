"""Files of an older commit, what that commit made of them, and a server that repeats what it heard then."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from support.faulty_server import FaultyServer

ROOT = Path(os.environ.get("PROJECT_ROOT", Path(__file__).resolve().parents[2]))
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "c0346e8"
KEY = "sk-fixture-of-c0346e8"
VOLATILE = frozenset(
    ["cpu_seconds", "wall_seconds", "memory_mib", "sandbox", "detail", "seconds_of_last_run", "cpu_limit", "speed"]
)
"""Fields that differ from run to run, or tell an error in free words."""
ADDED_SINCE = frozenset(
    (
        "benchmark", "model", "date", "retriable", "unjudgeable", "unchecked", "reasons", "pass_rate", "settings", "versions",
        "git_commit", "by_temperature", "score", "selection", "dataset", "backend", "command",
    )
)  # fmt: skip
"""Fields of the details of eval.py, and of result files, that c0346e8 did not write."""
WITH_A_LIMIT = ("inference_and_check.py", "eval.py", "label_math_difficulty.py", "convert_format.py")
"""Scripts with --max-failed. c0346e8 gave a score however many responses had failed."""
STREAMED: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
"""What a request has in addition whose answer is to come as a stream."""
SEVERAL_ANSWERS = "not judgeable: several answers are right"
CLIENTS_WORDS = re.compile(r"Error code: \d+ - ")
"""What the client library of c0346e8 put before a server's own words, behind the status."""

Reply = int | dict[str, Any]
"""An HTTP status, or what the model says: content, finish_reason, ...; probs for a reward model."""
Exchange = dict[str, Any]
"""A request as ``essence`` has it, and its reply."""


def essence(body: dict[str, Any]) -> dict[str, Any]:
    """What is asked of the model: all of a request, its messages as a hash and the end of the last one.

    c0346e8 did not stream, and sent top_p also where it is 1, the API's own default. Neither changes what is asked.
    """
    messages = json.dumps(body["messages"]).encode()
    rest = {"top_p": 1.0} | {name: value for name, value in body.items() if name != "messages"}
    if rest.items() >= STREAMED.items():
        rest = {name: value for name, value in rest.items() if name not in STREAMED}
    digest = hashlib.sha256(messages).hexdigest()[:16]
    return rest | {"messages": digest, "ends": body["messages"][-1]["content"][-50:]}


def spoken(reply: Reply, model: str) -> Reply:
    """The body that a server sends for a reply."""
    if isinstance(reply, int):
        return reply
    if "probs" in reply:
        return {"data": [{"probs": [reply["probs"]]}]}
    message = {"role": "assistant", **{name: reply[name] for name in ("content", "reasoning_content") if name in reply}}
    choice: dict[str, Any] = {"index": 0, "finish_reason": reply.get("finish_reason", "stop"), "message": message}
    if "logprob" in reply:
        token = {"token": "x", "logprob": reply["logprob"], "bytes": None, "top_logprobs": []}
        choice["logprobs"] = {"content": [token], "refusal": None}
    tokens = len(" ".join(map(str, message.values())).split())
    usage = {"prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": 10 + tokens}
    return {
        "id": "x", "object": "chat.completion", "created": 0, "model": model, "choices": [choice], "usage": usage,
    }  # fmt: skip


class Replay(FaultyServer):
    """Gives each expected request its recorded reply; any other gets 404."""

    def __init__(self) -> None:
        self._replies: dict[str, Reply] = {}

        def behaviour(body: dict[str, Any], before: int) -> Reply:
            return spoken(self._replies.get(json.dumps(essence(body), sort_keys=True), 404), body["model"])

        super().__init__(behaviour)

    def expect(self, exchanges: list[Exchange]) -> None:
        """Forget what was asked; from here on these are answered."""
        self._replies = {json.dumps(exchange["request"], sort_keys=True): exchange["reply"] for exchange in exchanges}
        self.requests.clear()

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [essence(body) for body in self.requests]


def copied(top: Path, *, stamped: bool = True) -> Path:
    """A copy of all fixtures. stamped: result files have the times that their journals tell, as in place."""
    shutil.copytree(FIXTURES, top, ignore=shutil.ignore_patterns("expected", "*.py", "__pycache__"))
    for journal in top.rglob("*.journal.jsonl") if stamped else ():
        finals = [line for line in journal.read_text("utf-8").split("\n") if line.startswith('{"type": "final"')]
        result = journal.with_name(journal.name.replace(".journal.jsonl", ".json"))
        if finals and result.exists():
            time = json.loads(finals[-1])["mtime_ns"]
            os.utime(result, ns=(time, time))
    return top


def run(case: str, step: str, top: Path, url: str) -> subprocess.CompletedProcess[str]:
    """Run a recorded command on the copy in ``top``."""
    commands = json.loads((FIXTURES / "commands.json").read_text())
    places = {"{top}": str(top), "{folder}": str(top / case), "{url}": url}
    words = [filled(word, places) for word in commands[case][step]]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    environment |= {"HF_HUB_OFFLINE": "1", "OPENAI_API_KEY": KEY}
    if words[0] in WITH_A_LIMIT and "PROJECT_ROOT" not in os.environ:  # make.py sets it, to run c0346e8 itself
        words += ["--max-failed", "100%"]
    return subprocess.run(
        [sys.executable, *_with_rules_of_then(words)], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip


def _with_rules_of_then(words: list[str]) -> list[str]:
    """The command with the version of the rules for answers that c0346e8 had, so that its verdicts are not made anew."""
    if "PROJECT_ROOT" in os.environ:
        return words
    code = "import util.answers, sys, runpy; util.answers.RULES = 2; sys.argv.pop(0); runpy.run_path(sys.argv[0], run_name='__main__')"
    if words[0] == "-m":
        code = code.replace("run_path(sys.argv[0]", "run_module(sys.argv[0]")
        return ["-c", code, *words[1:]]
    return ["-c", code, *words]


def filled(text: str, places: dict[str, str]) -> str:
    for name, value in places.items():
        text = text.replace(name, value)
    return text


def contents(folder: Path) -> dict[str, Any]:
    """Name -> content of the files that a user reads; paths in it begin with {folder}."""
    found: dict[str, Any] = {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".json", ".jsonl", ".txt")):
        name = str(path.relative_to(folder))
        if path.name.startswith(("rows", "sent", ".")) or path.name.endswith(".journal.jsonl"):
            continue
        text = path.read_text("utf-8", errors="surrogatepass").replace(str(folder), "{folder}")
        found[name] = (
            [json.loads(line) for line in text.split("\n") if line] if path.suffix == ".jsonl" else json.loads(text)
        )
    return found


def journals(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.journal.jsonl")}


def added(before: bytes, after: bytes) -> dict[str, int]:
    """How many completions and verdicts a journal got; everything whole before must still be there."""
    whole = before[: before.rfind(b"\n") + 1]
    assert after.startswith(whole)
    lines = [json.loads(line.decode("utf-8", "surrogatepass")) for line in after[len(whole) :].splitlines()]
    kinds = Counter(line["type"] for line in lines)
    return {kind: kinds[kind] for kind in ("completion", "verdict")}


OF_A_FAILED_TEST = {"test", "failed", "input", "expected", "output", "from_line", "line", "function"}


def plain(value: Any) -> Any:
    """``value`` without what differs from run to run, and with a failure's words as the server said them."""
    if isinstance(value, dict):
        # Since then, evidence of a program counts its tests from 1, as the reason always did, and shows the one that failed.
        gone = VOLATILE | ADDED_SINCE | (OF_A_FAILED_TEST if type(value.get("tests")) is int else set())
        kept = {name: plain(item) for name, item in value.items() if name not in gone}
        if isinstance(error := kept.get("error"), str):
            kept["error"] = CLIENTS_WORDS.sub("", error, count=1)
        if SEVERAL_ANSWERS in str(kept.get("reason")):
            # Such programs are run since then, and some are decided; what is left open says why, with evidence.
            kept |= {"reason": SEVERAL_ANSWERS, "evidence": {}}
        return kept
    return [plain(item) for item in value] if isinstance(value, list) else value


def changes(before: Any, after: Any) -> Any:
    """What of ``after`` is new or other than before, as objects from key or place to value; lost items are named."""
    if isinstance(before, list) and isinstance(after, list):
        before, after = ({str(place): item for place, item in enumerate(items)} for items in (before, after))
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    found = {name: changes(before.get(name), item) for name, item in after.items() if before.get(name, ...) != item}
    return found | {name: "(lost)" for name in before if name not in after}


def visible(page: str) -> str:
    """The words of an HTML page."""
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())
