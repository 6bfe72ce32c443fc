"""Every dataset through the real Hub libraries, from a small Hub of our own with the real layouts."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.hub_benchmarks import benchmark_layouts
from support.hub_server import README, HubServer, Repo
from support.scripts import script

from util.hub import SOURCES

pytest.importorskip("datasets")

TESTS = json.dumps({"inputs": ["1\n"], "outputs": ["1\n"]})
LONG = '{"inputs": ["1"], "outputs": ["' + "7" * 5000 + '"], "big": ' + "9" * 5000 + "}"
QUIRKS = [
    TESTS, "", "{}", LONG, '{"inputs": ["1", "2"], "outputs": ["1"]}', '{"inputs": [["1", "2"]], "outputs": [["7"]]}', "[]",
]  # fmt: skip
"""One test; none (twice); a huge integer; lists of unequal length; lists of lines; no object."""
CHOICES = ["a", "b", "c", "d"]
SCRIPT = b"raise SystemExit('a loading script was run')\n"


def lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def parquet(rows: list[dict[str, Any]]) -> bytes:
    import pyarrow
    import pyarrow.parquet

    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), sink)
    return sink.getvalue()


def card(**configs: tuple[str, str]) -> bytes:
    """A README that tells which split and files make which configuration."""
    head = "".join(
        f"- config_name: {name}\n  data_files:\n  - split: {split}\n    path: {path}\n"
        for name, (split, path) in configs.items()
    )
    return f"---\nconfigs:\n{head}---\n".encode()


def apps(number: int, tests: str) -> dict[str, Any]:
    return {"id": number, "question": f"q{number}", "solutions": "", "input_output": tests, "difficulty": "interview", "url": "", "starter_code": ""}  # fmt: skip


def taco(number: int, difficulty: str, tests: str) -> dict[str, Any]:
    return {"question": f"q{number}", "solutions": "[]", "starter_code": "", "input_output": tests, "difficulty": difficulty, "time_limit": "2.0 seconds", "memory_limit": None}  # fmt: skip


def aime(year: int, number: int) -> dict[str, Any]:
    url = f"https://x/index.php/{year}_AIME_I_Problems/Problem_{number}"
    return {"id": number, "problem": f"p{year}-{number}", "solution": "", "answer": f"{number:03}", "url": url}


def lcb(number: int) -> dict[str, Any]:
    case = json.dumps([{"input": "1\n", "output": "1\n", "testtype": "stdin"}])
    return {"question_content": f"q{number}", "public_test_cases": case, "private_test_cases": "", "metadata": "{}", "contest_date": "2023-08-21T00:00:00", "starter_code": "", "difficulty": "hard" if number == 1 else "easy"}  # fmt: skip


CHECK = "    for i, (inp, exp) in enumerate(zip(inputs, results)):\n        assertion(candidate(*inp), exp, 0)\n"
EVALPLUS = [
    {
        "task_id": f"HumanEval/{i}",
        "prompt": f'def f{i}(x):\n    """x"""\n',
        "canonical_solution": "    return x\n",
        "entry_point": f"f{i}",
        "test": f"\ndef check(candidate):\n    inputs = [[{i}]]\n    results = [{i}]\n{CHECK}",
    }
    for i in range(2)
]
MBPPPLUS = [
    {"task_id": 3 + i, "code": "def g(x):\n  return x\n", "prompt": f"p{i}", "source_file": "s", "test_imports": ["import math"], "test_list": ["assert g(1) == 1", "assert g(2) == 2"], "test": "inputs = [[1]]\nresults = [1]\nfor i, (inp, exp) in enumerate(zip(inputs, results)):\n    assertion(g(*inp), exp, 0)\n"}
    for i in range(2)
]  # fmt: skip
GPQA = {"Question": "q?", "Correct Answer": "a", "Incorrect Answer 1": "b", "Incorrect Answer 2": "c", "Incorrect Answer 3": "d"}  # fmt: skip
NUMINA = [
    {"source": source, "problem": f"{source} {i}", "solution": r"\boxed{1}", "messages": [{"content": "c", "role": "user"}]}
    for source in ("math", "cn_k12")
    for i in range(2)
]  # fmt: skip


def everything() -> dict[str, Repo]:
    """Each dataset in the layout and with the schema of its real repository, a few rows long, at its pinned revision."""
    made = benchmark_layouts() | layouts()
    for source in SOURCES.values():
        made[source.id].revision = source.revision or made[source.id].revision
    return made


def layouts() -> dict[str, Repo]:
    shards = {
        f"ALL/train-0000{i}-of-00009.parquet": parquet([taco(i, "MEDIUM", TESTS), taco(9 + i, "HARD", LONG)])
        for i in range(9)
    }
    return {
        "codeparrot/apps": Repo(
            {"README.md": README, "apps.py": SCRIPT, "train.jsonl": lines([apps(9, TESTS)]), "test.jsonl": lines([apps(i, t) for i, t in enumerate(QUIRKS)])}
        ),
        "BAAI/TACO": Repo(
            {"README.md": card(ALL=("train", "ALL/train-*")), "TACO.py": SCRIPT, **shards, "ALL/test-00000-of-00001.parquet": parquet([taco(1, "EASY", TESTS)])}
        ),
        "AI-MO/NuminaMath-CoT": Repo({"README.md": README, "data/train-00000-of-00001.parquet": parquet(NUMINA)}),
        "NovaSky-AI/labeled_numina_difficulty_859K": Repo(
            {"README.md": README, "data/train-00000-of-00001.parquet": parquet([row | {"gpt_difficulty": "[[5]]", "gpt_difficulty_parsed": 5.0 - 6 * i} for i, row in enumerate(NUMINA[:2])])}
        ),
        "AI-MO/aimo-validation-aime": Repo(
            {"README.md": README, "data/train-00000-of-00001.parquet": parquet([aime(year, n) for year in (2022, 2023, 2024) for n in range(1, 31)])}
        ),
        "math-ai/aime25": Repo({"README.md": README, "test.jsonl": lines([{"id": str(i), "problem": f"p{i}", "answer": str(i)} for i in range(30)])}),
        "AI-MO/aimo-validation-amc": Repo(
            {"README.md": README, "data/train-00000-of-00001.parquet": parquet([{"problem": f"p{y}{ab}", "answer": answer, "url": f"https://x/{y}_AMC_12{ab}_Problems/Problem_1"} for y, ab, answer in ((2022, "A", 142.0), (2023, "A", 142.0), (2023, "B", -1.0))])}
        ),
        "HuggingFaceH4/MATH-500": Repo({"README.md": README, "test.jsonl": lines([{"problem": f"p{i}", "answer": "1", "subject": "Algebra", "level": 1} for i in range(3)])}),
        "Idavidrein/gpqa": Repo(
            {"README.md": card(gpqa_diamond=("train", "gpqa_diamond.csv"), gpqa_main=("train", "gpqa_main.csv")), "gpqa_diamond.csv": (",".join(GPQA) + "\n" + ",".join(GPQA.values()) + "\n").encode(), "gpqa_main.csv": (",".join(GPQA) + "\n" + "m," + ",".join(list(GPQA.values())[1:]) + "\n").encode()},
            members={"hf_member"},
        ),
        "cais/mmlu": Repo({"README.md": card(all=("test", "all/*")), "all/test-00000-of-00001.parquet": parquet([{"question": "q?", "subject": "law", "choices": CHOICES, "answer": 2}])}),
        "livecodebench/code_generation_lite": Repo(
            {"README.md": README, "code_generation_lite.py": SCRIPT, **{name: lines([lcb(i)]) for i, name in enumerate(("test.jsonl", "test2.jsonl", "test3.jsonl"))}}
        ),
        "evalplus/humanevalplus": Repo({"README.md": README, "data/test-00000-of-00001-5973903632b82d40.parquet": parquet(EVALPLUS)}),
        "evalplus/mbppplus": Repo({"README.md": README, "data/test-00000-of-00001-d5781c9c51e02795.parquet": parquet(MBPPPLUS)}),
        "openai/gsm8k": Repo({"README.md": card(main=("test", "main/*"), socratic=("test", "socratic/*")), "main/test-00000-of-00001.parquet": parquet([{"question": "q?", "answer": "so\n#### 1,234"}]), "socratic/test-00000-of-00001.parquet": parquet([{"question": "s", "answer": "#### 1"}])}),
        "Hothan/OlympiadBench": Repo({"README.md": card(OE_TO_maths_en_COMP=("train", "OE_TO_maths_en_COMP/*")), "OE_TO_maths_en_COMP/train-00000.parquet": parquet([{"question": f"q{i}", "final_answer": [gold], "subfield": "Algebra", "image_1": None, "unit": None, "error": None} for i, gold in enumerate(("$1$,$2$", "$2,1$"))])}),
        "math-ai/minervamath": Repo({"README.md": README, "test.jsonl": lines([{"question": f"q{i}", "answer": gold} for i, gold in enumerate(("2.5e-3", "np.sin(np.log(np.exp(0)))+1/(20**2)"))])}),
        "TIGER-Lab/MMLU-Pro": Repo({"README.md": README, "data/test-00000-of-00001.parquet": parquet([{"question": "q?", "options": [*"abcdefghij"], "answer": "J", "answer_index": 9, "category": "law"}, {"question": "short?", "options": [*"abc", "N/A"], "answer": "C", "answer_index": 2, "category": "law"}])}),
        "allenai/ai2_arc": Repo(
            {"README.md": card(**{"ARC-Challenge": ("test", "ARC-Challenge/*")}), "ARC-Challenge/test-00000-of-00001.parquet": parquet([{"id": "1", "question": "q?", "choices": {"text": ["x", "y", "z"], "label": ["1", "2", "3"]}, "answerKey": "3"}, {"id": "2", "question": "five?", "choices": {"text": [*"vwxyz"], "label": [*"ABCDE"]}, "answerKey": "E"}])}
        ),
    }  # fmt: skip


@pytest.fixture
def hub() -> Iterator[HubServer]:
    made = HubServer(everything())
    yield made
    made.close()


LOAD = """
import json, sys
from tasks import TASK_HANDLERS
from util.task import CheckOptions
from util.task import Selection
from util.hub import provenance
from util.system.errors import UserError
name, split, source, filtered = sys.argv[1:5]
h = TASK_HANDLERS[name]()
s = Selection(split or h.default_split, source or h.default_source, filter_difficulty=bool(filtered))
try:
    rows = [row for _, row in h.select(s)]
    assert rows == [row for _, row in h.select(s)]
    responses = sys.argv[5:] * len(rows)
    out = [h.checker(CheckOptions()).check(row, response).correct for row, response in zip(rows, responses)]
    print(json.dumps([rows, out, provenance(h.hub_source(s), s.split)]))
except UserError as error:
    print("ERROR", error)
"""


def load(hub: HubServer, home: Path, name: str, split: str = "", source: str = "", response: str | tuple[str, ...] = (), filtered: str = "", **env: str) -> Any:  # fmt: skip
    """Rows, verdicts on ``response`` and provenance of a selection, or the message of its failure."""
    environment = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_XET": "1"} | env  # fmt: skip
    words = [name, split, source, filtered, *((response,) if isinstance(response, str) else response)]
    done = script("-c", LOAD, *words, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    last = done.stdout.strip().splitlines()[-1]
    load.stderr = done.stderr  # type: ignore[attr-defined]
    return last if last.startswith("ERROR") else json.loads(last)


@pytest.mark.parametrize(
    ("name", "source", "count", "response"),
    [
        ("APPS", "", 7, ()),
        ("TACO", "MEDIUM", 9, "```python\nprint(input())\n```"),
        ("NUMINA", "math", 2, r"\boxed{1}"),
        ("AIME", "2024", 30, ()),
        ("AIME", "2025", 30, ()),
        ("AIME25", "", 30, ()),
        ("AMC23", "", 2, (r"\boxed{142}", r"\boxed{-1}")),
        ("MATH500", "", 3, r"\boxed{1}"),
        ("MMLU", "law", 1, r"\boxed{C}"),
        ("LiveCodeBench", "release_v3-easy", 2, "```python\nprint(input())\n```"),
        ("LiveCodeBench", "hard", 1, ()),
        ("LiveCodeBench", "release_v3:2023-08..2023-09-easy", 2, ()),
        ("LiveCodeBench", "", 2, "```python\nprint(input())\n```"),
        ("HumanEvalPlus", "", 2, ("```python\ndef f0(x): return x\n```", "```python\ndef f1(x): return x\n```")),
        ("MBPPPlus", "", 2, "```python\ndef g(x): return x\n```"),
        ("GSM8K", "", 1, r"\boxed{1234}"),
        ("OlympiadBench", "", 2, r"\boxed{1, 2}"),
        ("MinervaMath", "", 2, r"\boxed{0.0025}"),
        ("MMLU-Pro", "", 2, (r"\boxed{J}", r"\boxed{C}")),
        ("ARC-C", "", 2, (r"\boxed{C}", r"\boxed{E}")),
    ],
)
def test_each_dataset_loads_from_a_cold_cache(hub: HubServer, tmp_path: Path, name: str, source: str, count: int, response: str | tuple[str, ...]) -> None:  # fmt: skip
    split = "train" if name == "TACO" else ""
    rows, verdicts, found = load(hub, tmp_path, name, split, source, response)
    assert len(rows) == count
    assert not response or verdicts == [True] * count
    assert found["commit"] == hub.repos[found["id"]].sha


def test_counts_that_differ_from_the_known_ones_are_noted(hub: HubServer, tmp_path: Path) -> None:
    _, _, found = load(hub, tmp_path, "MATH500")
    assert any("3 rows instead of 500" in note for note in found["notes"])
    assert "instead of 500" in load.stderr  # type: ignore[attr-defined]
    _, _, found = load(hub, tmp_path, "AIME")
    assert found["notes"] == []
    _, _, found = load(hub, tmp_path, "AMC23")
    assert any("train:2023 has 2 rows instead of 40" in note for note in found["notes"])


def test_quirks_come_through_and_nothing_is_dropped(hub: HubServer, tmp_path: Path) -> None:
    rows, verdicts, _ = load(hub, tmp_path, "APPS", response="```python\nprint(7)\n```")
    assert [row["input_output"] for row in rows] == QUIRKS
    assert [row["problem_id"] for row in rows] == [*range(7)]
    assert verdicts == [False, None, None, False, None, True, None]


def test_gated_not_logged_in_and_without_access(hub: HubServer, tmp_path: Path) -> None:
    nobody = load(hub, tmp_path / "a", "GPQADiamond")
    assert "hf auth login" in nobody
    assert "https://huggingface.co/datasets/Idavidrein/gpqa" in nobody
    assert "--dataset-path" in nobody
    stranger = load(hub, tmp_path / "b", "GPQADiamond", HF_TOKEN="hf_stranger")
    assert "no access to it yet" in stranger
    assert "hf_stranger" not in stranger + load.stderr  # type: ignore[attr-defined]
    for source, question in (("diamond", "q?"), ("main", "m")):
        rows, verdicts, _ = load(hub, tmp_path / source, "GPQADiamond", "", source, "a", HF_TOKEN="hf_member")
        assert [row["Question"] for row in rows] == [question]
        assert len(verdicts) == 1


def test_a_name_that_is_not_there(hub: HubServer, tmp_path: Path) -> None:
    del hub.repos["cais/mmlu"]
    message = load(hub, tmp_path, "MMLU")
    assert "was not found on the Hub" in message
    assert "--dataset-path" in message


def test_an_alternative_is_taken_aloud_where_a_repository_is_gone(hub: HubServer, tmp_path: Path) -> None:
    hub.repos["qq8933/MATH500"] = hub.repos.pop("HuggingFaceH4/MATH-500")
    rows, _, found = load(hub, tmp_path, "MATH500")
    assert len(rows) == 3
    assert found["id"] == "qq8933/MATH500"
    assert any("rows come from qq8933/MATH500" in note for note in found["notes"])


@pytest.mark.parametrize("name", ["APPS", "MATH500"])
def test_a_limit_of_requests_is_said(hub: HubServer, tmp_path: Path, name: str) -> None:
    hub.fault = "limit"
    message = load(hub, tmp_path, name)
    assert "429" in message


@pytest.mark.parametrize("name", ["APPS", "MATH500"])
def test_a_cut_connection_is_no_short_dataset(hub: HubServer, tmp_path: Path, name: str) -> None:
    hub.fault = "cut"
    assert load(hub, tmp_path, name).startswith("ERROR")


def test_a_warm_cache_serves_offline_and_says_so(hub: HubServer, tmp_path: Path) -> None:
    names = ("TACO", "MATH500")
    for name in names:
        load(hub, tmp_path, name)
    hub.requests.clear()
    for name in names:
        rows, _, found = load(hub, tmp_path, name, HF_HUB_OFFLINE="1")
        assert rows
        assert any("from the cache" in note for note in found["notes"])
        assert found["commit"] == hub.repos[found["id"]].sha
    assert hub.requests == []
    assert "ERROR" in load(hub, tmp_path, "MMLU", HF_HUB_OFFLINE="1")


def test_an_alternative_is_counted_by_its_own_split(hub: HubServer, tmp_path: Path) -> None:
    del hub.repos["math-ai/aime25"]
    rows = [{"problem": f"p{i}", "answer": str(i)} for i in range(29)]
    hub.repos["yentinglin/aime_2025"] = Repo({"README.md": README, "data/train-00000-of-00001.parquet": parquet(rows)})
    _, _, found = load(hub, tmp_path, "AIME25")
    assert found["id"] == "yentinglin/aime_2025"
    assert any("train has 29 rows instead of 30" in note for note in found["notes"])


def test_a_wrong_split_asks_for_no_other_repository(hub: HubServer, tmp_path: Path) -> None:
    hub.repos["qq8933/MATH500"] = Repo({"README.md": README, "train.jsonl": lines([{"problem": "p", "answer": "1"}])})
    message = load(hub, tmp_path, "MATH500", "train")
    assert "Unknown split" in message
    assert "['test']" in message


def test_published_labels_filter_by_difficulty(hub: HubServer, tmp_path: Path) -> None:
    rows, _, _ = load(hub, tmp_path, "NUMINA", source="math", filtered="yes")
    assert [row["problem"] for row in rows] == ["math 0"]  # 5; the other's label could not be read (-1)


def test_only_the_files_that_are_needed_are_downloaded(hub: HubServer, tmp_path: Path) -> None:
    few = LOAD.replace("filter_difficulty=", "end=2, filter_difficulty=")
    environment = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path), "HF_HUB_DISABLE_XET": "1"}
    done = script("-c", few, "TACO", "train", "MEDIUM", "", env=environment)
    assert [row["question"] for row in json.loads(done.stdout.splitlines()[-1])[0]] == ["q0", "q1"]
    got = [request for request in hub.requests if request.startswith("GET") and request.endswith(".parquet")]
    assert [request[-len("00000-of-00009.parquet") :][:5] for request in got] == ["00000", "00001"]
    assert "solutions" not in done.stdout
    offline = script("-c", LOAD, "TACO", "train", "MEDIUM", "", env=environment | {"HF_HUB_OFFLINE": "1"})
    assert offline.stdout.startswith("ERROR")  # all rows need the other files
    assert "HF_HUB_OFFLINE is set" in offline.stdout


def test_half_of_a_cached_snapshot_is_refused_offline(hub: HubServer, tmp_path: Path) -> None:
    load(hub, tmp_path, "LiveCodeBench", source="v1")
    message = load(hub, tmp_path, "LiveCodeBench", source="release_v2", HF_HUB_OFFLINE="1")
    assert message.startswith("ERROR")
    assert "HF_HUB_OFFLINE" in message


def test_an_older_copy_is_never_taken_in_silence(hub: HubServer, tmp_path: Path) -> None:
    load(hub, tmp_path, "NUMINA", source="math")
    repo = hub.repos["AI-MO/NuminaMath-CoT"]
    repo.files = {"README.md": README, "NuminaMath-CoT.py": SCRIPT, **repo.files, "new": b"x"}
    message = load(hub, tmp_path, "NUMINA", source="math")
    assert message.startswith("ERROR")
    assert "only an older copy" in message


def test_the_table_is_printed_checked_and_exported(hub: HubServer, tmp_path: Path) -> None:
    environment = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1"}  # fmt: skip
    table = script("-m", "util.hub").stdout
    assert all(name in table for name in SOURCES)
    done = script("-m", "util.hub", "--check", "APPS", "TACO", "MATH500", "GPQADiamond", env=environment)
    assert done.returncode == 1
    assert done.stdout.count("ok:") == 3
    assert "gated" in done.stdout
    done = script("-m", "util.hub", "--export", "TACO", tmp_path / "rows", "--split", "train", env=environment)
    assert done.returncode == 0, done.stderr
    local = script(
        "inference_and_check.py", "--dataset", "TACO", "--model", "Qwen/QwQ-32B-Preview", "--split", "train", "--source", "MEDIUM",
        "--dataset-path", tmp_path / "rows", "--dry-run", "--result-dir", tmp_path,
    )  # fmt: skip
    assert "9 selected" in local.stdout, local.stderr


def test_an_exported_test_split_keeps_its_special_judges(hub: HubServer, tmp_path: Path) -> None:
    """TACO's are known by position in the Hub's split: 218 of the 1,000 rows."""
    from tasks import TASK_HANDLERS
    from tasks.taco_judges import SPECIAL
    from util.hub import local_rows
    from util.hub.__main__ import write_parquet
    from util.system.errors import UserError
    from util.task import Selection

    environment = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1"}  # fmt: skip
    tests = [taco(i, "EASY", TESTS) | {"picture_num": None if i < 150 else "2"} for i in range(1000)]
    hub.repos["BAAI/TACO"].files["ALL/test-00000-of-00001.parquet"] = parquet(tests)
    done = script("-m", "util.hub", "--export", "TACO", tmp_path / "rows", "--split", "test", env=environment)
    assert done.returncode == 0, done.stderr
    assert "1,000 rows" in done.stdout
    assert len(list(local_rows(tmp_path / "rows", "test"))) == 1000
    rows = [row for _, row in TASK_HANDLERS["TACO"]().select(Selection("test", dataset_path=tmp_path / "rows"))]
    assert {n: row["case"] for n, row in enumerate(rows) if row.get("special_judge")} == SPECIAL
    assert [row["picture_num"] for row in rows[149:151]] == [None, "2"]
    assert all("hub_row" not in row for row in rows)
    with pytest.raises(UserError, match="has files of the split test, and none of 'train'"):
        list(TASK_HANDLERS["TACO"]().select(Selection("train", dataset_path=tmp_path / "rows")))
    # The same rows in an order of one's own: what is not known by position is not guessed.
    write_parquet(tmp_path / "own.parquet", lambda: iter(tests))
    own = [row for _, row in TASK_HANDLERS["TACO"]().select(Selection("test", dataset_path=tmp_path / "own.parquet"))]
    assert not any("special_judge" in row for row in own)
