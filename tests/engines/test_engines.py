"""What the package does for every engine: notes, spending, and what it tells vLLM."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
from support.scripts import ROOT

from benchmarks.synthetic_engine import SyntheticEngine
from util.engines import attach, spending
from util.engines.base import Accounting, Draining, Engine, Note, Noting, Paid
from util.engines.openai.batch_engine import BatchEngine
from util.engines.openai.engine import OpenAIEngine
from util.engines.options import ApiOptions
from util.engines.prices import Budget
from util.records import Usage
from util.system.errors import UserError

API = ApiOptions(base_url="http://127.0.0.1:9/v1")
SENT: list[Note] = [{"file": "f1", "key": "k", "ids": ["a"]}, {"file": "f1", "batch": "batch_7"}]


def test_an_engine_that_takes_notes_gets_them_and_writes_more() -> None:
    class Notebook(SyntheticEngine):
        fetches_batches = True

        def attach(self, notes: list[Note], write: Any) -> None:
            self.notes = list(notes)
            write({"ended": "batch_7"})

    engine, written = Notebook(), list[Note]()
    attach(engine, SENT, written.append, "m.json")
    assert engine.notes == SENT
    assert written == [{"ended": "batch_7"}]


def test_another_engine_must_not_pay_again_for_what_a_batch_has() -> None:
    attach(SyntheticEngine(), [], print, "m.json")
    attach(SyntheticEngine(), [*SENT, {"ended": "batch_7"}], print, "m.json")
    with pytest.raises(UserError, match=r"m.json has batches .* \(batch_7\)\. Run the command with --batch"):
        attach(SyntheticEngine(), SENT, print, "m.json")


def test_what_was_spent_is_printed_also_after_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    engine = OpenAIEngine("m", API, Budget((1.0, 1.0)))
    engine.budget.spend(Usage(1_000_000, 0))
    with pytest.raises(OSError, match="oh"), spending(engine):
        raise OSError("oh")
    assert "spent: $1.0000 for 1,000,000 prompt and 0 completion tokens" in capsys.readouterr().err
    with spending(SyntheticEngine()):
        pass
    assert capsys.readouterr().err == ""


def test_the_engines_are_what_they_say() -> None:
    openai, batch = OpenAIEngine("m", API, Budget()), BatchEngine("m", API, Budget())
    engines: list[Engine] = [openai, batch, SyntheticEngine()]  # as the type checker sees them
    protocols: tuple[Any, ...] = (Draining, Paid, Noting, Accounting)
    assert [[isinstance(engine, protocol) for protocol in protocols] for engine in engines] == [
        [True, True, True, True],
        [True, True, True, False],
        [False, False, False, False],
    ]
    assert not openai.fetches_batches
    assert batch.fetches_batches


def test_vllm_knows_the_variables_that_are_set_for_it() -> None:
    found = importlib.util.find_spec("vllm")
    if found is None or not found.submodule_search_locations:
        pytest.skip("vLLM is not installed")
    known = (Path(found.submodule_search_locations[0]) / "envs.py").read_text()
    used: set[str] = set()
    for path in [*(ROOT / "util/engines").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]:
        used.update(re.findall(r"[\"'](VLLM_[A-Z0-9_]+)[\"']", path.read_text()))
    assert "VLLM_WORKER_MULTIPROC_METHOD" in used
    assert {name for name in used if f'"{name}"' not in known} == set()


def test_words_of_result_files_are_spelled_nowhere_here() -> None:
    words = re.compile(r"""["'](finish_reason|correctness)["']""")
    found = [path.name for path in (ROOT / "util/engines").rglob("*.py") if words.search(path.read_text())]
    assert found == ["shapes.py"]  # there it is the field of an API's answers
