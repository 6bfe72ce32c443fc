"""``--engine-args``: any field of vLLM's engine arguments, checked against vLLM's own before anything loads."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Mapping
from typing import Any

from util.system.errors import UserError

OWN_OPTIONS = {
    "model": "--model", "tensor_parallel_size": "--tp", "max_model_len": "--max-model-len", "dtype": "--dtype",
    "gpu_memory_utilization": "--gpu-memory-utilization", "max_num_seqs": "--max-num-seqs",
}  # fmt: skip
"""Fields with an option of their own."""

FORBIDDEN = {
    "data_parallel_size": "an engine in this process cannot have it (vLLM 0.32). Use --backend ray --num-replicas N",
    "generation_config": "what the model's file says is used with --preset",
    "override_generation_config": "give the values with --sampling-args",
    "skip_tokenizer_init": "prompts are made with the tokenizer",
}
"""Fields that cannot be used, and why."""


def checked(args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as vLLM takes them. Imports vLLM, which takes seconds, if there are any.

    Raises:
        UserError: a name that vLLM does not know, one that cannot be used here, or a value of another type.
    """
    if not args:
        return {}
    for name in args:
        if name in OWN_OPTIONS:
            raise UserError(f"--engine-args {name}=...: use {OWN_OPTIONS[name]} instead.")
        if name in FORBIDDEN:
            raise UserError(f"--engine-args {name}=...: {FORBIDDEN[name]}.")
    try:
        from vllm.engine.arg_utils import EngineArgs
    except ImportError as error:
        raise UserError(f"--engine-args needs vLLM, which cannot be imported ({error}).") from error
    fields = {each.name: each for each in dataclasses.fields(EngineArgs)}
    return {name: _value(name, value, fields) for name, value in args.items()}


def _value(name: str, value: Any, fields: Mapping[str, Any]) -> Any:
    if name not in fields:
        near = difflib.get_close_matches(name, [*fields, *OWN_OPTIONS], 1)
        hint = f"did you mean {near[0]}?" if near else "see `vllm serve --help=all`."
        raise UserError(f"--engine-args {name}=...: vLLM has no such engine argument; {hint}")
    from pydantic import TypeAdapter, ValidationError

    wanted = fields[name].type
    if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?[kKmMgG]", value) and "int" in str(wanted):
        from vllm.engine.arg_utils import human_readable_int

        value = human_readable_int(value)
    if name == "compilation_config" and isinstance(value, int):
        return value  # ``LLM`` takes its mode alone, too
    try:
        TypeAdapter(wanted).validate_python(value)
    except ValidationError as error:
        raise UserError(f"--engine-args {name}={value}: vLLM refuses it: {said(error)}.") from error
    return value


def said(error: Any) -> str:
    """What a pydantic error says, in a line.

    >>> from pydantic import TypeAdapter, ValidationError
    >>> try:
    ...     TypeAdapter(dict[str, int]).validate_python({"a": "x"})
    ... except ValidationError as error:
    ...     said(error)
    'a: Input should be a valid integer, unable to parse string as an integer'
    """
    parts = []
    for each in error.errors():
        place = ".".join(map(str, each.get("loc", ())))
        parts.append(f"{place}: {each['msg']}" if place else str(each["msg"]))
    return "; ".join(dict.fromkeys(parts))[:500].rstrip(".")
