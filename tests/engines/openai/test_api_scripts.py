"""The scripts with an OpenAI-compatible server that fails in every usual way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.faulty_server import FaultyServer, answer
from support.scripts import ROOT, results_in, script

from util.text.thought import assemble


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[FaultyServer]:
    server = FaultyServer(request.param)
    yield server
    server.close()


def sometimes(body: dict[str, Any], before: int) -> int | str:
    """Each request fails once, in a way that depends on it, then succeeds."""
    kinds: list[int | str] = [429, 500, "cut", "garbage", 200]
    return kinds[len(json.dumps(body)) % len(kinds)] if before == 0 else 200


def refuses(body: dict[str, Any], before: int) -> int | str:
    return 400 if "bad" in body["messages"][-1]["content"] else 200


def unauthorised(body: dict[str, Any], before: int) -> int | str:
    return 401


def fine(body: dict[str, Any], before: int) -> int | str:
    return 200


def down(body: dict[str, Any], before: int) -> int | str:
    return 503


def rows(tmp_path: Path, count: int, *extra: str) -> Path:
    path = tmp_path / "rows.jsonl"
    problems = [*(f"{'x' * i} 1+1?" for i in range(count)), *extra]
    path.write_text("".join(json.dumps({"problem": p, "answer": "2"}) + "\n" for p in problems))
    return path


def run(server: FaultyServer, path: Path, folder: Path, *extra: str, model: str = "openai/gpt-x") -> Any:
    keys = folder / "k.txt"
    keys.write_text("# keys\nsk-first-1111\n\nsk-second-2222\n")
    return script(
        "inference_and_check.py", "--dataset", "MATH500", "--model", model, "--base-url", server.url, "--keys", keys,
        "--dataset-path", path, "--result-dir", folder / "out", *extra,
    )  # fmt: skip


@pytest.mark.parametrize("served", [sometimes], indirect=True)
def test_passing_faults_are_tried_again_and_keys_rotate(served: FaultyServer, tmp_path: Path) -> None:
    done = run(served, rows(tmp_path, 12), tmp_path, "--n", "2", "--temperatures", "0.7")
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {"acc": 1.0}
    [path] = (tmp_path / "out").glob("*.json")
    assert all(len(entry["responses"]["0.7"]) == 2 for _, entry in results_in(path).items())
    # n = 2 are two real samples: two requests with seeds of their own.
    assert len({body["seed"] for body in served.requests}) == 24
    assert set(served.keys) == {"Bearer sk-first-1111", "Bearer sk-second-2222"}
    written = "".join(p.read_text() for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert "sk-first" not in written + done.stdout + done.stderr


@pytest.mark.parametrize("served", [refuses], indirect=True)
def test_a_refused_request_is_final_and_never_content(served: FaultyServer, tmp_path: Path) -> None:
    path = rows(tmp_path, 1, "bad")
    done = run(served, path, tmp_path)
    assert done.returncode == 1
    assert "1 of 2 responses (50%) failed" in done.stderr
    assert "1 failed for good: API status 400: fault 400" in done.stderr
    assert done.stdout.endswith('{"acc": null}\n')
    [result] = (tmp_path / "out").glob("*.json")
    response = results_in(result)["bad"]["responses"]["0"][0]
    assert response["content"] == ""
    assert response["finish_reason"] == "error"
    assert response.get("correctness") is None
    sent = len(served.requests)
    done = run(served, path, tmp_path, "--max-failed", "50%")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"acc": 0.5}
    assert len(served.requests) == sent  # neither the good nor the refused one again


@pytest.mark.parametrize("served", [down], indirect=True)
def test_a_dead_server_ends_with_status_1_and_a_rerun_tries_again(served: FaultyServer, tmp_path: Path) -> None:
    path = rows(tmp_path, 1)
    done = run(served, path, tmp_path, "--max-retries", "1")
    assert done.returncode == 1
    assert "rerun the same command" in done.stderr
    assert len(served.requests) == 2
    run(served, path, tmp_path, "--max-retries", "0")
    assert len(served.requests) == 3


@pytest.mark.parametrize("served", [unauthorised], indirect=True)
def test_a_bad_key_fails_fast_and_shows_four_characters(served: FaultyServer, tmp_path: Path) -> None:
    done = run(served, rows(tmp_path, 3), tmp_path)
    assert done.returncode == 1
    assert "...1111" in done.stderr or "...2222" in done.stderr
    assert "sk-first" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("served", [fine], indirect=True)
def test_o1_type_models_get_their_own_parameters(served: FaultyServer, tmp_path: Path) -> None:
    assert run(served, rows(tmp_path, 1), tmp_path, model="openai/o1-mini").returncode == 0
    [body] = served.requests
    assert "max_completion_tokens" in body
    assert not {"temperature", "top_p", "seed", "max_tokens"} & set(body)
    assert [m["role"] for m in body["messages"]] == ["user"]


@pytest.mark.parametrize("served", [sometimes], indirect=True)
def test_labels_and_rewrites_go_through_the_same_engine(served: FaultyServer, tmp_path: Path) -> None:
    keys = tmp_path / "k.txt"
    keys.write_text("sk-1\n")
    api = ["--keys", keys, "--base-url", served.url]
    done = script(
        "label_math_difficulty.py", "--source", "olympiads", "--dataset-path", ROOT / "samples/numina.jsonl",
        "--output-dir", tmp_path, *api,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    labels = json.loads((tmp_path / "labeled_olympiads_0_-1.json").read_text())
    assert len(labels) == 6
    assert {row["gpt_difficulty_parsed"] for row in labels} == {7.0}
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "m.json").write_text(
        json.dumps({"q": {"problem": "q", "prompt": "q", "responses": {"0.7": [{"content": "\\boxed{2}"}]}}})
    )
    done = script("convert_format.py", "--input_dir", folder, *api)
    assert done.returncode == 1  # none of the responses was converted
    assert "no response could be converted: the rewrite lacks the four markers" in done.stderr
    [(_, entry)] = results_in(folder / "converted_m.json").items()
    # The stub's rewrite has no markers: it must not be taken.
    assert "processed_content" not in entry["responses"]["0.7"][0]
    assert "markers" in entry["responses"]["0.7"][0]["conversion"]


def say(text: str) -> Any:
    return lambda body, before: {
        **answer(body), "choices": [{**answer(body)["choices"][0], "message": {"role": "assistant", "content": text}}]
    }  # fmt: skip


def test_an_unreadable_label_is_asked_for_once_more(tmp_path: Path) -> None:
    def shy(body: dict[str, Any], before: int) -> int | str | dict[str, Any]:
        return say("[[6.5]]" if len(body["messages"]) > 2 and "one" in body["messages"][1]["content"] else "hard")(
            body, before
        )

    served = FaultyServer(shy)
    problems = [{"problem": name, "solution": "\\boxed{1}", "source": "math"} for name in ("one", "two")]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in problems))
    command = ["label_math_difficulty.py", "--source", "math", "--dataset-path", tmp_path / "rows.jsonl"]
    command += ["--output-dir", tmp_path, "--base-url", served.url]
    try:
        for _ in range(2):  # the second run has nothing left to ask
            done = script(*command, env={"OPENAI_API_KEY": "sk-only-here-9999"})
            assert done.returncode == 1
            assert "1 of 2 problems (50%) have no readable label" in done.stderr
            assert len(served.requests) == 4
    finally:
        served.close()
    labels = json.loads((tmp_path / "labeled_math_0_-1.json").read_text())
    assert [row["gpt_difficulty_parsed"] for row in labels] == [6.5, -1]
    assert "1 without a readable label" in done.stdout


@pytest.mark.parametrize(
    ("rewrite", "reason", "requests"),
    [
        (assemble("we add one and one to get two", "\\boxed{2}"), "rewritten by", 1),
        (assemble("short", "\\boxed{2}"), "keeps less than 0.5", 2),
        (assemble("we add one and one to get two", "\\boxed{3}"), "another final answer", 2),
    ],
)
def test_rewrites_that_lose_the_reasoning_or_the_answer_are_refused(
    tmp_path: Path, rewrite: str, reason: str, requests: int
) -> None:
    served = FaultyServer(say(rewrite))
    contents = ["we add one and one to get two\n\\boxed{2}", "too long " * 2000 + "\\boxed{2}"]
    entry = {"responses": {"0.7": [{"content": text} for text in contents]}}
    (tmp_path / "m.json").write_text(json.dumps({"q": entry}))
    command = ["convert_format.py", "--input_dir", tmp_path, "--base-url", served.url, "--max-tokens", "1000"]
    try:
        for _ in range(2):
            done = script(*command, env={"OPENAI_API_KEY": "sk-only-here-9999"})
            assert done.returncode == (0 if requests == 1 else 1), done.stderr
            assert len(served.requests) == requests
    finally:
        served.close()
    [(_, found)] = results_in(tmp_path / "converted_m.json").items()
    first, long = found["responses"]["0.7"]
    assert reason in first["conversion"]
    assert ("processed_content" in first) == (requests == 1)
    assert "longer than the rewriter" in long["conversion"]
    assert "processed_content" not in long


@pytest.mark.parametrize(("status", "requests"), [(400, [2, 0]), (500, [2, 1])])
def test_a_failing_second_try_leaves_the_first_answer(tmp_path: Path, status: int, requests: list[int]) -> None:
    """A second try that failed for good is not repeated, another one is; the first never is."""

    def shy(body: dict[str, Any], before: int) -> int | str | dict[str, Any]:
        return status if len(body["messages"]) > 2 else say("hard")(body, before)

    served = FaultyServer(shy)
    (tmp_path / "rows.jsonl").write_text(
        json.dumps({"problem": "p", "solution": "\\boxed{1}", "source": "math"}) + "\n"
    )
    command = ["label_math_difficulty.py", "--source", "math", "--dataset-path", tmp_path / "rows.jsonl"]
    command += ["--output-dir", tmp_path, "--base-url", served.url, "--max-retries", "0"]
    counts = []
    try:
        for _ in range(2):
            before = len(served.requests)
            done = script(*command, env={"OPENAI_API_KEY": "sk-only-here-9999"})
            assert "Traceback" not in done.stderr
            assert done.returncode == 1  # the only label is unreadable
            counts.append(len(served.requests) - before)
            [row] = json.loads((tmp_path / "labeled_math_0_-1.json").read_text())
            assert row["gpt_difficulty"] == "hard"
    finally:
        served.close()
    assert counts == requests
