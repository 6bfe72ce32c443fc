"""A real ``vllm serve`` that is stopped in good order, and then killed, in the middle of one run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from support.scripts import ROOT, results_in
from support.serving import VllmServer
from support.waiting import wait_for

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("vllm_death")]

COUNT, TOKENS = 16, 300


def generated(server: VllmServer) -> int:
    """Tokens that the server has generated since its start."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=10) as reply:
            found = re.search(rb"^vllm:generation_tokens_total\{.*\} ([\d.e+]+)$", reply.read(), re.MULTILINE)
    except OSError:
        return 0
    return round(float(found[1])) if found else 0


def test_a_run_outlives_its_server_and_counts_what_it_lost(embedded_model: Path, tmp_path: Path) -> None:
    # On a CPU vLLM 0.32 dies of a seeded request whose prompt it splits.
    options = ("--max-model-len", "1024", "--no-enable-chunked-prefill")
    server = VllmServer(embedded_model, "small", tmp_path / "server.log", *options)
    rows = [{"source": "math", "problem": f"Count to {i}", "solution": "\\boxed{1}"} for i in range(COUNT)]
    data, out, log = tmp_path / "rows.jsonl", tmp_path / "out", tmp_path / "said"
    data.write_text("\n".join(map(json.dumps, rows)))
    command = [
        sys.executable, "inference_and_check.py", "--inference", "--dataset", "NUMINA", "--source", "all", "--model",
        "openai/small", "--base-url", server.address, "--dataset-path", data, "--result-dir", out, "--max-tokens",
        TOKENS, "--sampling-args", "ignore_eos=true",
    ]  # fmt: skip
    lost = []
    try:
        server.start()
        with log.open("w") as said:
            run = subprocess.Popen(
                [*map(str, command)], cwd=ROOT, stdout=said, stderr=said, stdin=subprocess.DEVNULL
            )  # fmt: skip
        for end in (server.stop, server.kill):
            wait_for(
                lambda: generated(server) > COUNT * TOKENS / 4 or run.poll() is not None, 300, "answers on their way"
            )
            assert run.poll() is None, log.read_text()[-3000:]
            lost.append(generated(server))
            end()
            server.start()
        status = run.wait(300)
    finally:
        server.stop()
    text = log.read_text()
    assert status == 0, text[-3000:]
    # The same moment ends all streams: it is said once for each death.
    assert text.count("cannot be reached") == text.count("answers again") == 2, text
    [path] = out.glob("*_NUMINA_*.json")
    entries = results_in(path).values()
    found = [(entry["responses"]["0.7"][0], entry["token_usages"]["0.7"][0]) for entry in entries]
    assert len(found) == COUNT
    for response, usage in found:
        assert (response["finish_reason"], usage["completion_tokens"]) == ("length", TOKENS)
    # Every response went on where its server had ended, and no token was made twice: what is paid for is what is there.
    continued = [response["continued"] for response, _ in found]
    assert all(first < second for first, second in continued)
    used = re.search(r"prompt and ([\d,]+) completion tokens", text)
    assert used is not None
    wasted = int(used[1].replace(",", "")) - COUNT * TOKENS
    print(f"tokens that the server had made when it ended: {lost}; went on at: {continued}; made twice: {wasted}")
    assert 0.9 * lost[0] <= sum(first for first, _ in continued) <= lost[0]
    assert 0 <= wasted <= 0.03 * COUNT * TOKENS
