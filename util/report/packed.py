"""The texts of the report in compressed chunks, and the index of the problems."""

from __future__ import annotations

import base64
import gzip
import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

from util.report.section import Section, tokens_of
from util.report.verdict_codes import verdict_code
from util.results.entries import Entry
from util.results.json_file import read_results

CHUNK = 1 << 20
"""Approximate characters of text per compressed chunk."""


def packed(sections: list[Section], nonce: str) -> Iterator[str]:
    """The texts in compressed chunks, then the index of the chunks, then the manifests for --reproduce."""
    index: list[dict[str, Any]] = []
    chunk: list[dict[str, Any]] = []
    size = number = 0
    for place, section in enumerate(sections):
        for entry in read_results(section.path):
            problem = problem_texts(entry)
            codes = "".join(response["v"] for response in problem["responses"])
            index.append({"q": _question(entry.key), "s": place, "v": codes, "c": number, "o": len(chunk)})
            chunk.append(problem)
            size += sum(len(r["c"]) + len(r.get("p", "")) for r in problem["responses"]) + len(problem["prompt"])
            if size > CHUNK:
                yield _chunk(chunk)
                chunk, size, number = [], 0, number + 1
    if chunk:
        yield _chunk(chunk)
    data = {"sections": [section.title for section in sections], "problems": index}
    yield f'<script type="application/json" id="index" nonce="{nonce}">{embedded(data)}</script>'
    manifests = {str(section.path): section.manifest for section in sections}
    yield f'<script type="application/json" id="manifests" nonce="{nonce}">{embedded(manifests)}</script>'


def embedded(value: Any) -> str:
    """``value`` as JSON that cannot end the HTML script element it is in."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=str)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _chunk(problems: Iterable[dict[str, Any]]) -> str:
    packed = gzip.compress(json.dumps(list(problems), default=str).encode(), 6, mtime=0)
    return f'<script type="text/plain" class="chunk">{base64.b64encode(packed).decode()}</script>\n'


def _question(key: str) -> str:
    text = " ".join(key.split())
    return text if len(text) <= 300 else f"{text[:299]}…"


def problem_texts(entry: Entry) -> dict[str, Any]:
    responses = []
    for sample, response in entry.samples():
        shown: dict[str, Any] = {
            "t": sample.label,
            "v": verdict_code(response),
            "c": response.content,
            "n": tokens_of(response),
            "reason": response.reason or response.error,
        }
        if response.rewritten:
            shown["p"] = response.rewritten
        if response.verdict is not None and response.verdict.evidence:
            shown["e"] = finite(response.verdict.evidence)
        responses.append(shown)
    return {"prompt": entry.question, "responses": responses}


def finite(value: Any) -> Any:
    """``value`` with NaN and infinities as strings: Python writes them as tokens that browsers cannot parse."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list | tuple) else value
