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

from msgspec.structs import replace as changed

from util.records import ModelVerdict, Response, SampleId, Usage, Verdict, temperature_label
from util.system.characters import utf8
from util.system.errors import UserError

RESERVED = ("prompt", "responses", "token_usages")
"""Fields that the tools add to a dataset row."""

PASS_RATE = "pass_rate"
"""One more, where a problem has several judged responses. A dataset's own column of this name stays, and is not replaced."""

_OF_A_VERDICT = ("correctness", "reason", "evidence")

Fields = dict[str, Any]
"""A JSON object of a result file or journal."""


@dataclass
class Entry:
    """One problem of a result file: the dataset row, and the responses by temperature.

    prompt: None if the file has none. pass_rate: what is written about the rate of right responses, if anything.
    """

    key: str
    row: Fields
    prompt: str | None = None
    responses: dict[float, list[Response]] = field(default_factory=dict)
    pass_rate: Fields | None = None

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
    rate = row.pop(PASS_RATE) if _is_ours(row.get(PASS_RATE)) else None
    return Entry(key, row, None if prompt is None else str(prompt), found, rate)


def fields_of(entry: Entry) -> Fields:
    """The fields of a problem in a result file."""
    prompt = {} if entry.prompt is None else {"prompt": entry.prompt}
    responses, usages = dict[str, list[Fields]](), dict[str, list[Fields]]()
    for temperature, found in entry.responses.items():
        label = temperature_label(temperature)
        responses[label] = [response_fields(response) for response in found]
        if any(response.usage is not None for response in found):
            usages[label] = [usage_fields(response.usage) for response in found]
    rate = {PASS_RATE: entry.pass_rate} if entry.pass_rate is not None and PASS_RATE not in entry.row else {}
    return {**entry.row, **prompt, **rate, "responses": responses, "token_usages": usages}


def response_of(item: Any, usage: Any = None, where: str = "") -> Response:
    """Parse a response of a result file or journal.

    Raises:
        UserError: it has no text.
    """
    item = {"content": item} if isinstance(item, str) else item
    if not isinstance(item, dict) or not isinstance(item.get("content"), str):
        raise UserError(f"{where}: a response must be an object with a string under 'content'.")
    rest = dict(item)
    content, reason = rest.pop("content"), _taken(rest, "finish_reason", str)
    failed = reason == "error"
    return Response(
        content=content,
        finish_reason=reason or "",
        usage=usage_of(usage),
        seed=_taken(rest, "seed", int),
        logprob=_taken(rest, "logprob", float, int),
        error=_taken(rest, "error", str) or "",
        final=bool(rest.pop("final", False)) if failed else False,
        rewritten=_taken(rest, "processed_content", str) or None,
        conversion=_taken(rest, "conversion", str),
        reward=_taken(rest, "reward", float, int),
        reward_model=_taken(rest, "reward_model", str),
        verdict=_verdict_in(rest),
        judge=_model_verdict_in(rest),
        continued=_positions(rest),
        extra=rest,
    )


def judged(response: Response, verdict: Verdict | None) -> Response:
    """The response with another verdict, or with none; nothing of an earlier one stays."""
    extra = {name: value for name, value in response.extra.items() if name not in _OF_A_VERDICT}
    return changed(response, verdict=verdict, extra=extra)


def response_fields(response: Response) -> Fields:
    """The fields of a response in result files and journals, without token counts."""
    fields: Fields = {"content": response.content}
    if response.finish_reason:
        fields["finish_reason"] = response.finish_reason
    optional: Fields = {"seed": response.seed, "logprob": response.logprob, "conversion": response.conversion}
    optional["continued"] = list(response.continued) or None
    for name, value in optional.items():
        if value is not None:
            fields[name] = value
    if response.rewritten is not None:
        fields["processed_content"] = response.rewritten
    if response.error:
        fields["error"] = response.error
    if response.failed:
        fields["final"] = response.final
    if response.reward_model is not None:
        fields |= {"reward": response.reward, "reward_model": response.reward_model}
    elif response.reward is not None:
        fields["reward"] = response.reward
    if response.judge is not None:
        fields["judge"] = model_verdict_fields(response.judge)
    return fields | response.extra | (verdict_fields(response.verdict) if response.verdict is not None else {})


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


def model_verdict_fields(found: ModelVerdict) -> Fields:
    """The fields of a judge model's verdict in result files and journals."""
    fields: Fields = {"verdict": found.correct, "reason": found.reason, "model": found.model, "prompt": found.prompt}
    return fields | {"text": found.text, "gold": found.gold, "calibration": found.calibration}


def usage_of(fields: Any) -> Usage | None:
    """Parse token counts; None if the file has none."""
    if not isinstance(fields, dict) or not fields:
        return None
    rest = dict(fields)
    counts = [_count(rest.pop(name, None)) or 0 for name in ("prompt_tokens", "completion_tokens")]
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
    """A hash that links a verdict or a rewrite to its text; the same for the text as it is stored (see ``whole``)."""
    return hashlib.sha256(utf8(text)).hexdigest()[:16]


def _is_ours(rate: Any) -> bool:
    """Whether a field of this name is that of these tools, and not a column of the dataset."""
    return isinstance(rate, dict) and {"right", "judged", "unjudged"} <= rate.keys()


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


def _taken(rest: Fields, name: str, *kinds: type) -> Any:
    """Take a field out if it has one of the types; another tool's field of that name stays where it is."""
    value = rest.get(name)
    return rest.pop(name) if type(value) in kinds else None


def _verdict_in(rest: Fields) -> Verdict | None:
    """Take the verdict's fields out, if there is a verdict."""
    if "correctness" not in rest or not isinstance(rest["correctness"], bool | None):
        return None
    return Verdict(rest.pop("correctness"), _taken(rest, "reason", str) or "", _taken(rest, "evidence", dict) or {})


def _model_verdict_in(rest: Fields) -> ModelVerdict | None:
    """Take the judge model's verdict out; another tool's field of that name stays where it is."""
    found = rest.get("judge")
    if not isinstance(found, dict) or not isinstance(found.get("verdict"), bool | None):
        return None
    texts = [found.get(name) for name in ("reason", "model", "text", "gold")]
    version, calibration = found.get("prompt"), found.get("calibration")
    if (
        not all(isinstance(text, str) for text in texts)
        or type(version) is not int
        or not isinstance(calibration, dict)
    ):
        return None
    del rest["judge"]
    reason, model, text, gold = map(str, texts)
    return ModelVerdict(found["verdict"], reason, model, version, text, gold, calibration)


def _positions(rest: Fields) -> tuple[int, ...]:
    """Take the positions at which a response was continued out, if they are some."""
    found = rest.get("continued")
    if not isinstance(found, list) or not all(type(each) is int for each in found):
        return ()
    return tuple(rest.pop("continued"))


def _count(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) is int else None
