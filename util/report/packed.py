"""The texts of the report in compressed chunks, and the index of the problems.

A chunk is a line of JSON, then texts without separators. The line lists the problems of the chunk; in it, each text is a
number: its length in UTF-16 units, which is how JavaScript counts. So a search looks at texts alone, and nothing but the
line is parsed (``contents`` and ``scan`` in assets/core.js).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any

from util.metrics.votes import votes_of
from util.report.packing import packed_script
from util.report.permanent_ids import problem_id, section_ids
from util.report.response_details import details_of
from util.report.section import Section, tokens_of
from util.report.verdict_codes import verdict_code
from util.results.entries import Entry
from util.results.json_file import read_results
from util.system.characters import utf8, whole

CHUNK = 1 << 20
"""Approximate characters of text per compressed chunk."""
SHOWN = 120
"""Maximum characters of an answer, a gold answer or a group in the list of problems."""
FACETS = {
    "level": ("level", "difficulty"),
    "subject": ("subject", "subfield", "category", "High-level domain"),
    "source": ("source", "platform"),
}
"""Column of the list -> columns of the dataset; the first that a row has is shown."""
GOLDS = ("answer", "gold", "target")
"""Columns of the dataset with a gold answer, for files whose verdicts do not name it."""


class Chunk:
    """Problems that are compressed together."""

    def __init__(self) -> None:
        self.size = 0
        self.problems: list[dict[str, Any]] = []
        self.texts: list[str] = []

    def add(self, entry: Entry) -> None:
        prompt = self._length(entry.question)
        responses = []
        for sample, response in entry.samples():
            packed: dict[str, Any] = {
                "t": sample.label,
                "i": sample.index,
                "v": verdict_code(response),
                "n": tokens_of(response),
                "c": self._length(response.content),
            }
            if reason := response.reason or response.error:
                packed["reason"] = self._length(reason)
            if response.rewritten:
                packed["p"] = self._length(response.rewritten)
            if response.verdict is not None and response.verdict.evidence:
                packed["e"] = finite(response.verdict.evidence)
            packed |= finite(details_of(entry, response))
            responses.append(packed)
        self.problems.append({"prompt": prompt, "responses": responses})

    def packed(self) -> str:
        head = json.dumps(self.problems, ensure_ascii=False, separators=(",", ":"), default=str)
        return packed_script(utf8("".join([head, "\n", *self.texts])), 'class="chunk"')

    def _length(self, text: str) -> int:
        text = whole(text)
        self.texts.append(text)
        self.size += len(text)
        return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


TEXT_FIELDS = ("c", "reason", "p")
"""Fields of a packed response that are texts, in the order in which ``Chunk.add`` adds them."""


def problem_texts(entry: Entry) -> dict[str, Any]:
    """One problem with its texts, as ``Report.contents`` returns it."""
    chunk = Chunk()
    chunk.add(entry)
    [problem], texts = chunk.problems, iter(chunk.texts)
    prompt = next(texts)
    responses = [
        response | {name: next(texts) for name in TEXT_FIELDS if name in response} for response in problem["responses"]
    ]
    return {"prompt": prompt, "responses": responses}


def pack(sections: list[Section], write: Callable[[str], object]) -> str:
    """Pass the packed chunks to ``write``; return the index, as a script element for the page to have before them."""
    names = section_ids([section.path for section in sections])
    problems: list[dict[str, Any]] = []
    chunk, number = Chunk(), 0
    for place, section in enumerate(sections):
        for entry in read_results(section.path):
            where = {"id": f"{problem_id(entry.key)}.{names[place]}", "s": place, "c": number, "o": len(chunk.problems)}
            problems.append(where | listed(entry))
            chunk.add(entry)
            if chunk.size > CHUNK:
                write(chunk.packed())
                chunk, number = Chunk(), number + 1
    if chunk.problems:
        write(chunk.packed())
    index = {
        "sections": [section.title for section in sections],
        "ids": names,
        "files": [str(section.path) for section in sections],
        "problems": problems,
    }
    text = json.dumps(index, ensure_ascii=False, separators=(",", ":"), default=str)
    return packed_script(utf8(text), 'id="index"')


def listed(entry: Entry) -> dict[str, Any]:
    """What the list of problems shows and filters by; fields without a value are left out.

    q: the question. v: a ``verdict_code`` per sample. n: tokens, t: temperature of each sample. w: the answers, b: the
    place in w of each sample's answer, -1 without one. g: the gold answer. level, subject, source: see ``FACETS``.
    """
    samples = list(entry.samples())
    found: dict[str, Any] = {
        "q": _short(entry.key, 300),
        "v": "".join(verdict_code(response) for _, response in samples),
        "n": [tokens_of(response) for _, response in samples],
    }
    labels = [sample.label for sample, _ in samples]
    found["t"] = labels[0] if len(set(labels)) == 1 else labels
    votes = votes_of([response for _, response in samples])
    if votes is not None:
        answers: dict[int, str] = {}
        for vote, (_, response) in zip(votes, samples, strict=True):
            evidence = response.verdict.evidence if response.verdict is not None else {}
            if vote >= 0 and vote not in answers:
                answers[vote] = _short(_text(evidence.get("answer")), SHOWN)
        places = {vote: place for place, vote in enumerate(answers)}
        found |= {"w": list(answers.values()), "b": [places.get(vote, -1) for vote in votes]}
    if gold := _gold(entry):
        found["g"] = gold
    for name, columns in FACETS.items():
        value = next((text for column in columns if (text := _text(entry.row.get(column)))), "")
        if value:
            found[name] = _short(value, SHOWN)
    return found


def _gold(entry: Entry) -> str:
    noted = (r.verdict.evidence.get("gold") for _, r in entry.samples() if r.verdict is not None)
    known = [*noted, *(entry.row.get(name) for name in GOLDS)]
    return next((_short(text, SHOWN) for value in known if (text := _text(value))), "")


def _text(value: Any) -> str:
    return whole(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _short(text: str, most: int) -> str:
    text = " ".join(whole(text).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def finite(value: Any) -> Any:
    """``value`` with NaN and infinities as strings: Python writes them as tokens that browsers cannot parse."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list | tuple) else value


def parts_of(spool: Any) -> Iterator[str]:
    """What was written to a text file, from its beginning, in parts."""
    spool.seek(0)
    return iter(lambda: spool.read(CHUNK), "")
