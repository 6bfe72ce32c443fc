"""Options of what is written: the format, and the form of a response."""

from __future__ import annotations

from dataclasses import dataclass

from util.system.options import option

FORMATS = ("sharegpt", "messages", "preference")


@dataclass(frozen=True, kw_only=True)
class FormOptions:
    """form: a name of FORMATS."""

    form: str = option(
        "output format: sharegpt for LLaMA-Factory, messages or preference for TRL",
        default="sharegpt", flag="format", choices=FORMATS,
    )  # fmt: skip
    jsonl: bool = option("write one JSON object per line instead of a JSON list", default=False)
