"""What the page shows of one response besides its texts: thinking tokens, the judged program, how answers were compared."""

from __future__ import annotations

import re
from typing import Any

from util.records import Response, Row
from util.results.entries import Entry

_FUNCTION = re.compile(r'"(?:fn_name|func_name)"\s*:\s*"(\w{1,80})"')
OPTIONS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def details_of(entry: Entry, response: Response) -> dict[str, Any]:
    """Fields for ``responseView`` in assets/response.js; those without a value are left out.

    k: tokens of the thought, as they were counted. est: whether the tokens of the response are an estimate. x: the judged
    program, as [start, end] in the judged text in UTF-16 units where it is a part of it, else as text. rule: how answer and
    gold answer were compared. o: letter -> text of the options that were chosen and right. j: the judge model's verdict.
    """
    found: dict[str, Any] = {}
    if response.usage is not None:
        thought = response.usage.extra.get("reasoning_tokens")
        if type(thought) is int and 0 < thought <= response.usage.completion_tokens:
            found["k"] = thought
    if response.usage is None or response.usage.estimated or not response.usage.completion_tokens:
        found["est"] = True
    evidence = response.verdict.evidence if response.verdict is not None else {}
    if type(evidence.get("tests")) is int and (program := _program(entry.row, response)) is not None:
        found["x"] = program
    if rule := _rule(evidence.get("layer")):
        found["rule"] = rule
    if options := _options(entry.row, evidence):
        found["o"] = options
    if (judge := response.judge) is not None:
        found["j"] = {"correct": judge.correct, "reason": judge.reason, "model": judge.model}
    return found


def _program(row: Row, response: Response) -> list[int] | str | None:
    """The program that was judged, found again as the checker finds it."""
    from util.code.extract_code import extract_code

    text = response.judged_text
    evidence = response.verdict.evidence if response.verdict is not None else {}
    code = extract_code(text, evidence.get("function") or _asked(row))
    if code is None:
        return None
    start = text.rfind(code)
    return code if start < 0 or not code else [_units(text[:start]), _units(text[: start + len(code)])]


def _asked(row: Row) -> str | None:
    """The function that a row asks for, for verdicts whose evidence does not name it; None for programs."""
    if isinstance(name := row.get("entry_point"), str):
        return name
    for column in ("input_output", "metadata"):
        value = row.get(column)
        if isinstance(value, dict) and isinstance(name := value.get("fn_name") or value.get("func_name"), str):
            return name
        if isinstance(value, str) and (found := _FUNCTION.search(value)):
            return found[1]
    return None


def _rule(layer: Any) -> str:
    from util.answers.explanation import COMPARED_BY

    return COMPARED_BY.get(layer, "") if isinstance(layer, str) and layer else ""


def _options(row: Row, evidence: dict[str, Any]) -> dict[str, str]:
    choices = row.get("choices")
    if not isinstance(choices, list):
        return {}
    letters = {value for name in ("answer", "gold") if isinstance(value := evidence.get(name), str) and len(value) == 1}
    places = {letter: OPTIONS.find(letter) for letter in sorted(letters)}
    return {letter: str(choices[place])[:300] for letter, place in places.items() if 0 <= place < len(choices)}


def _units(text: str) -> int:
    """The length in UTF-16 units, which is how JavaScript counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
