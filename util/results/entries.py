"""Convert records to the JSON fields of result files and back.

A result file is an object from problem key to the row's fields plus ``prompt``, ``responses`` and
``token_usages`` (temperature -> one entry per sample). A journal holds the same fields sample by
sample. Unknown fields are kept unchanged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from util.records import Response, SampleId, Usage, Verdict, temperature_label
from util.system.errors import UserError

RESERVED = ("prompt", "responses", "token_usages")
"""Fields that the tools add to a dataset row."""

Fields = dict[str, Any]
"""A JSON object of a result file or journal."""


@dataclass
class Entry:
    """One problem of a result file: the dataset row, and the responses by temperature.

    prompt: None if the file has none.
    """

    key: str
    row: Fields
    prompt: str | None = None
    responses: dict[float, list[Response]] = field(default_factory=dict)

    def samples(self) -> Iterator[tuple[SampleId, Response]]:
        """Every response with its sample id, ordered by temperature and index."""
        for temperature, responses in self.responses.items():
            for index, response in enumerate(responses):
                yield SampleId(self.key, temperature, index), response

    @property
    def question(self) -> str:
        """The user message sent to the model: the prompt, or the key if the file has no prompt."""
        return self.prompt or self.key


def entry_of(key: str, fields: Any, where: str) -> Entry:
    """Parse the problem stored under ``key`` of a result file.

    SkyThought's first format has one response instead of a list, and temperatures as
    Python prints them ("1.0"). where: file and problem, for error messages.

    Raises:
        UserError: the fields are malformed.
    """
    if not isinstance(fields, dict):
        raise UserError(
            f"{where}: found {type(fields).__name__}; expected an object with the row's fields and 'responses'."
        )
    responses = _by_temperature(fields, "responses", where)
    usages = _by_temperature(fields, "token_usages", where)
    found = {}
    for temperature, items in responses.items():
        counts = usages.get(temperature, [])
        found[temperature] = [
            response_of(item, counts[index] if index < len(counts) else None, where) for index, item in enumerate(items)
        ]
    prompt = fields.get("prompt")
    row = {name: value for name, value in fields.items() if name not in RESERVED}
    return Entry(key, row, None if prompt is None else str(prompt), found)


def fields_of(entry: Entry) -> Fields:
    """The fields of a problem in a result file."""
    prompt = {} if entry.prompt is None else {"prompt": entry.prompt}
    responses, usages = dict[str, list[Fields]](), dict[str, list[Fields]]()
    for temperature, found in entry.responses.items():
        label = temperature_label(temperature)
        responses[label] = [response_fields(response) for response in found]
        if any(response.usage is not None for response in found):
            usages[label] = [usage_fields(response.usage) for response in found]
    return {**entry.row, **prompt, "responses": responses, "token_usages": usages}


def response_of(item: Any, usage: Any = None, where: str = "") -> Response:
    """Parse a response of a result file or journal.

    Raises:
        UserError: it has no text.
    """
    item = {"content": item} if isinstance(item, str) else item
    if not isinstance(item, dict) or not isinstance(item.get("content"), str):
        raise UserError(f"{where}: a response must be an object with a string under 'content'.")
    rest = dict(item)
    rewritten = rest.pop("processed_content", None)
    found = Response(
        content=rest.pop("content"),
        finish_reason=str(rest.pop("finish_reason", None) or ""),
        usage=usage_of(usage),
        seed=_int(rest.pop("seed", None)),
        logprob=_float(rest.pop("logprob", None)),
        error=str(rest.pop("error", "") or ""),
        final=bool(rest.pop("final", False)),
        rewritten=str(rewritten) if rewritten else None,
        conversion=rest.pop("conversion", None),
        reward=_float(rest.pop("reward", None)),
        reward_model=rest.pop("reward_model", None),
        verdict=verdict_of(rest) if "correctness" in rest else None,
        extra={name: value for name, value in rest.items() if name not in ("correctness", "reason", "evidence")}
        if "correctness" in rest
        else rest,
    )
    return found


def response_fields(response: Response) -> Fields:
    """The fields of a response in result files and journals, without token counts."""
    fields: Fields = {"content": response.content}
    if response.finish_reason:
        fields["finish_reason"] = response.finish_reason
    logprob = None if response.logprob is None else round(response.logprob, 4)
    for name, value in (("seed", response.seed), ("logprob", logprob), ("conversion", response.conversion)):
        if value is not None:
            fields[name] = value
    if response.rewritten is not None:
        fields["processed_content"] = response.rewritten
    if response.error:
        fields |= {"error": response.error, "final": response.final}
    if response.reward_model is not None:
        fields |= {"reward": response.reward, "reward_model": response.reward_model}
    elif response.reward is not None:
        fields["reward"] = response.reward
    return fields | (verdict_fields(response.verdict) if response.verdict is not None else {}) | response.extra


def verdict_of(fields: Mapping[str, Any]) -> Verdict:
    """Parse the verdict of a response or a journal line; a correctness that is not a boolean becomes None."""
    correct, evidence = fields.get("correctness"), fields.get("evidence")
    return Verdict(
        correct if isinstance(correct, bool) else None,
        str(fields.get("reason") or ""),
        evidence if isinstance(evidence, dict) else {},
    )


def verdict_fields(verdict: Verdict) -> Fields:
    """The fields of a verdict in result files and journals."""
    evidence = {"evidence": verdict.evidence} if verdict.evidence else {}
    return {"correctness": verdict.correct, "reason": verdict.reason, **evidence}


def usage_of(fields: Any) -> Usage | None:
    """Parse token counts; None if the file has none."""
    if not isinstance(fields, dict) or not fields:
        return None
    rest = dict(fields)
    counts = [_int(rest.pop(name, None)) or 0 for name in ("prompt_tokens", "completion_tokens")]
    return Usage(counts[0], counts[1], rest)


def usage_fields(usage: Usage | None) -> Fields:
    """The fields of token counts in result files and journals."""
    if usage is None:
        return {}
    return {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens, **usage.extra}


def sample_of(record: Mapping[str, Any]) -> SampleId:
    """The sample of a journal line."""
    return SampleId(record["key"], float(record["temperature"]), record["sample_index"])


def sample_fields(sample: SampleId) -> Fields:
    """The fields that identify a sample in a journal line."""
    return {"key": sample.key, "temperature": sample.label, "sample_index": sample.index}


def text_hash(text: str) -> str:
    """A hash that links a verdict or a rewrite to its text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _by_temperature(fields: Fields, name: str, where: str) -> dict[float, list[Any]]:
    by_temperature = fields.get(name) or {}
    if not isinstance(by_temperature, dict):
        raise UserError(f"{where}: '{name}' must be an object from temperature to responses.")
    return {
        _temperature(label, where): value if isinstance(value, list) else [value]
        for label, value in by_temperature.items()
    }


def _temperature(label: str, where: str) -> float:
    try:
        return float(temperature_label(float(label)))
    except ValueError as error:
        raise UserError(f"{where}: {label!r} is not a temperature.") from error


def _int(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _float(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
