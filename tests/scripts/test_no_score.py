"""The scripts where too much failed, or everything: status 1, the reasons on the console, and no score anywhere."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.api_engine import AnyServer, chat_answer
from support.scripts import script

KEY = {"OPENAI_API_KEY": "sk-only-here-9999"}
RIGHT = chat_answer("The answer is \\boxed{2}.")


def reply(text: str) -> Any:
    """A text says what becomes of it: withheld is final, refused is final beside successes, broken is retriable."""
    if "withheld" in text:
        return chat_answer("", "content_filter")
    if found := re.search(r"refused (\d+)", text):
        return 400, {"error": {"message": f"a prompt of {found[1]} tokens is over the limit, request req_{found[1]}aa"}}
    return (500, {"error": {"message": "broken"}}) if "broken" in text else RIGHT


@pytest.fixture
def server() -> Iterator[AnyServer]:
    found = AnyServer(reply)
    yield found
    found.close()


def rows(folder: Path, *problems: str, name: str = "rows") -> Path:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps({"problem": p, "answer": "2", "solution": "s"}) + "\n" for p in problems))
    return path


def api(server: AnyServer) -> list[str]:
    return ["--base-url", server.url, "--max-retries", "0"]


def run(server: AnyServer, folder: Path, path: Path, *extra: object) -> Any:
    return script(
        "inference_and_check.py", "--dataset", "MATH500", "--model", "openai/m", "--dataset-path", path, "--result-dir",
        folder / "out", *api(server), *extra, env=KEY,
    )  # fmt: skip


def last(done: Any) -> Any:
    return json.loads(done.stdout.splitlines()[-1])


def test_an_evaluation_of_nothing_writes_null_everywhere(server: AnyServer, tmp_path: Path) -> None:
    bad = rows(tmp_path, *(f"withheld {n}" for n in range(3)), name="bad")
    good = rows(tmp_path, "1+1?", "3-1?", name="good")
    words = ["eval.py", "--model", "openai/m", "--evals", "MATH500,AMC23,AIME", "--result-dir", tmp_path / "out"]
    words += ["--dataset-path", f"MATH500={bad}", "--dataset-path", f"AMC23={good}"]
    words += ["--dataset-path", f"AIME={tmp_path / 'nowhere.jsonl'}"]
    words += ["--output-file", tmp_path / "r.txt", "--csv", tmp_path / "r.csv", "--report", tmp_path / "r.html"]
    for _ in range(2):  # the second has nothing to do
        done = script(*words, *api(server), env=KEY)
        assert done.returncode == 1
        assert last(done) == json.loads((tmp_path / "r.txt").read_text()) == {"MATH500": None, "AMC23": 1, "AIME": None}
        assert "MATH500 by openai/m" in done.stdout
        error = next(line for line in done.stderr.splitlines() if "no score: 3 of 3 responses (100%) failed" in line)
        assert re.match(r"error: MATH500 by openai/m, \d{4}-\d\d-\d\dT", error)
        assert "3 failed for good: the API withheld the response" in done.stderr
        assert "error: AIME by openai/m failed" in done.stderr
        assert "Traceback" not in done.stderr
        assert "rejection sampling" not in done.stdout
    assert len(server.texts) == 5
    details = json.loads((tmp_path / "r_details.json").read_text())
    assert details["MATH500"]["reason"].startswith("3 of 3 responses")
    assert "withheld" in details["MATH500"]["error"]
    assert details["MATH500"]["metrics"] == {}
    assert "does not exist" in details["AIME"]["error"]
    for found in details.values():
        assert {"benchmark", "model", "date"} <= set(found)
    assert "reason" not in details["AMC23"]
    table = {line["benchmark"]: line for line in csv.DictReader((tmp_path / "r.csv").open())}
    assert (table["MATH500"]["value"], table["AMC23"]["value"]) == ("", "1.0000")
    assert table["MATH500"]["no_score"] == details["MATH500"]["reason"]
    page = (tmp_path / "r.html").read_text().split('id="browse"')[0]
    assert "no score: 3 of 3 responses (100%) failed" in page
    assert "<td>0.0%" not in page.split("no score")[1].split("</td>")[0]


@pytest.mark.parametrize(("limit", "status", "score"), [([], 0, 0.95), (["--max-failed", "0"], 1, None)])
def test_up_to_the_limit_failures_count_as_wrong(
    server: AnyServer, tmp_path: Path, limit: list[str], status: int, score: float | None
) -> None:
    done = run(server, tmp_path, rows(tmp_path, *(f"{n}" for n in range(19)), "broken"), *limit)
    assert done.returncode == status, done.stderr
    assert last(done) == {"acc": score}
    assert "1 of 20 responses (5%) failed" in done.stderr
    assert "1 failed, retried on a rerun: " in done.stderr
    assert "it retries 1 of these responses" in done.stderr
    assert "MATH500, temperature 0: 20 responses of 20 problems" in done.stdout
    assert ("pass@1" in done.stdout) == (score is not None)
    assert f"result file: {tmp_path / 'out'}" in done.stdout
    assert ("next: python -m util.report" in done.stdout) == (score is not None)


def test_generation_alone_fails_likewise_and_groups_its_reasons(server: AnyServer, tmp_path: Path) -> None:
    path = rows(tmp_path, *(f"{n}+2?" for n in range(8)), "refused 4100", "refused 4200", "withheld")
    for _ in range(2):
        done = run(server, tmp_path, path, "--inference", "--concurrency", "1")
        assert done.returncode == 1
        assert "incomplete: 3 of 11 responses (27.3%) failed, more than --max-failed 5%" in done.stderr
        lines = [line for line in done.stderr.splitlines() if "failed for good" in line]
        assert [line.split()[0] for line in lines] == ["2", "1"]
        assert "a prompt of 4100 tokens" in lines[0]
    assert len(server.texts) == 11
    checked = run(server, tmp_path, path, "--check")
    assert (checked.returncode, last(checked)) == (1, {"acc": None})
    assert "with --inference to generate what failed" in checked.stderr
    assert last(run(server, tmp_path, path, "--check", "--max-failed", "30%")) == {"acc": 0.7273}


CHECKER = """
from dataclasses import dataclass
from tasks.math import MathTask, MathChecker

@dataclass(frozen=True)
class Shaky(MathChecker):
    def check(self, row, response):
        if row["problem"].startswith("shaky"):
            raise ValueError(f"cannot read node {row['problem']}")
        return super().check(row, response)

class ShakyTask(MathTask):
    name = "SHAKY"
    version = 1
    hub = None
    required = ("problem", "answer")

    def checker(self, options):
        return Shaky(self)
"""


def test_a_checkers_own_fault_is_named_with_its_count(server: AnyServer, tmp_path: Path) -> None:
    (tmp_path / "shaky_task.py").write_text(CHECKER)
    path = rows(tmp_path, "shaky 1", "shaky 2", "1+1?")
    words = ["inference_and_check.py", "--dataset", "SHAKY", "--task-file", tmp_path / "shaky_task.py", "--model"]
    words += ["openai/m", "--dataset-path", path, "--result-dir", tmp_path / "out", "--check-workers", "1"]
    for limit, status, score in (([], 1, None), (["--max-failed", "0.7"], 0, 0.3333)):
        done = script(*words, *api(server), *limit, env=KEY)
        assert (done.returncode, last(done)) == (status, {"acc": score}), done.stderr
        assert "2 of 3 responses (66.7%) have no verdict" in done.stderr
        assert "2 without a verdict: checker fault: ValueError: cannot read node shaky" in done.stderr


@pytest.mark.parametrize(("judgeable", "status", "score"), [(1, 0, 0.3333), (0, 1, None)])
def test_rows_that_no_checker_can_judge_do_not_count_as_failures(
    tmp_path: Path, judgeable: int, status: int, score: float | None
) -> None:
    """TACO's rows with several right answers, and a program that gives another one than the reference."""
    tests = {"input_output": json.dumps({"inputs": [""], "outputs": ["1\n"]})}
    content = {"0.7": [{"content": "```python\nprint(2)\n```", "finish_reason": "stop"}]}
    special = {f"s{n}": {**tests, "special_judge": "True", "case": "9", "responses": content} for n in range(2)}
    code = {"0.7": [{"content": "```python\nprint(1)\n```", "finish_reason": "stop"}]}
    plain = {f"p{n}": {**tests, "responses": code} for n in range(judgeable)}
    (tmp_path / "m_TACO_test_all_0_-1.json").write_text(json.dumps(special | plain))
    done = script(
        "inference_and_check.py", "--dataset", "TACO", "--model", "m", "--result-dir", tmp_path, "--check",
        "--dataset-path", rows(tmp_path, "unused"), "--check-workers", "1",
    )  # fmt: skip
    assert (done.returncode, last(done)) == (status, {"acc": score}), done.stderr
    assert "2 not judgeable because of the dataset's row: not judgeable: several answers are right" in done.stderr
    if judgeable:
        assert "2 of 3 responses (66.7%) cannot be judged by this dataset's data" in done.stderr
        assert "rejection sampling: 1 of 3" in done.stdout  # TACO is for training
        assert "next: python convert_format.py" in done.stdout


def test_rewrites_that_all_fail_are_no_success(server: AnyServer, tmp_path: Path) -> None:
    texts = ["withheld \\boxed{2}", "withheld too \\boxed{2}"]
    (tmp_path / "m.json").write_text(json.dumps({"q": {"responses": {"0.7": [{"content": text} for text in texts]}}}))
    words = ["convert_format.py", "--input_dir", tmp_path, *api(server)]
    for _ in range(2):  # the second has nothing to ask
        done = script(*words, env=KEY)
        assert done.returncode == 1
        assert "error: converted_m.json by gpt-4o-mini: 2 of 2 rewrites (100%) failed" in done.stderr
        assert "2 failed for good: the API withheld" in done.stderr
    assert len(server.texts) == 2
    assert script("convert_format.py", "--input_dir", tmp_path, "--max-failed", "2", env=KEY).returncode == 2


def test_labels_that_nobody_can_read_are_no_success(tmp_path: Path) -> None:
    server = AnyServer(lambda text: chat_answer("hard") if "easy" not in text else chat_answer("[[3]]"))
    path = tmp_path / "rows.jsonl"
    problems = [{"problem": f"{n}", "solution": "\\boxed{1}", "source": "math"} for n in range(3)]
    words = ["label_math_difficulty.py", "--source", "math", "--dataset-path", path, "--output-dir", tmp_path]
    words += api(server)
    try:
        path.write_text("".join(json.dumps(row) + "\n" for row in problems))
        done = script(*words, env=KEY)
        assert done.returncode == 1
        assert "error: labels by gpt-4o-mini: 3 of 3 problems (100%) have no readable label" in done.stderr
        problems += [{"problem": f"easy {n}", "solution": "\\boxed{1}", "source": "math"} for n in range(57)]
        path.write_text("".join(json.dumps(row) + "\n" for row in problems))
        done = script(*words, env=KEY)
        assert done.returncode == 0, done.stderr
        assert "note: labels by gpt-4o-mini: 3 of 60 problems (5%) have no readable label" in done.stderr
    finally:
        server.close()


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ({}, "1 of 1 responses are not judged. Run inference_and_check.py --check"),
        ({"correctness": False, "reason": ""}, "none of 1 responses was judged right"),
        ({"correctness": True, "reason": ""}, "none of 1 responses has both sections. Run convert_format.py"),
    ],
)
def test_training_data_without_rows_is_no_success(tmp_path: Path, verdict: dict[str, Any], words: str) -> None:
    response = {"content": "x", "finish_reason": "stop", **verdict}
    (tmp_path / "converted_m.json").write_text(json.dumps({"q": {"responses": {"0.7": [response]}}}))
    output = tmp_path / "train.json"
    old = json.dumps(
        [{"system": "s", "conversations": [{"from": "user", "value": "q"}, {"from": "assistant", "value": "a"}]}]
    )
    output.write_text(old)
    done = script("convert_to_data.py", "--input_dir", tmp_path, "--output", output)
    assert done.returncode == 1
    assert f"error: There are no rows: {words}" in done.stderr
    assert "generated" in done.stdout
    assert output.read_text() == old
    assert not (tmp_path / "dataset_info.json").exists()
