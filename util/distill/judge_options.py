"""Options of the judge model, for the scripts that check and for ``python -m util.distill.judge``."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from util.engines.options import API_PREFIX, ApiOptions, EngineOptions
from util.system.arguments import Assignments, fraction, positive_float, positive_int
from util.system.errors import UserError
from util.system.options import add_options, option, options_from

SMALLEST = 60
"""Pairs of a calibration at least: 30 right and 30 wrong ones."""


def _sample(text: str) -> int:
    number = positive_int(text)
    if number < SMALLEST:
        raise argparse.ArgumentTypeError(f"must be at least {SMALLEST} (30 right and 30 wrong answers), not {number}")
    return number


@dataclass(frozen=True)
class JudgeOptions:
    """The judge model and its server. model: None is no judge.

    Raises:
        UserError: options of the judge without a judge, or a model that is not behind a server.
    """

    model: str | None = option(
        "let this model judge the answers that the rules cannot (verdict null, or a gold answer in prose): openai/NAME, of "
        "an API or of a vLLM server. Its verdict is stored apart (field 'judge') and changes no verdict of the rules; it is "
        "first tried on answers that the rules decided",
        flag="judge-model",
        metavar="openai/NAME",
    )
    base_url: list[str] | None = option(
        "URL of the judge's server; default: OPENAI_BASE_URL, else OpenAI's",
        flag="judge-base-url",
        nargs="+",
        metavar="URL",
    )
    keys: Path | None = option(
        "file with the API keys of the judge's server, one per line; default: OPENAI_API_KEY",
        flag="judge-keys",
        type=Path,
        metavar="FILE",
    )
    max_cost: float | None = option(
        "stop the judge before this run spends more on it",
        flag="judge-max-cost",
        type=positive_float,
        metavar="DOLLARS",
    )
    price_input: float | None = option(
        "price of a million prompt tokens of the judge",
        flag="judge-price-input",
        type=positive_float,
        metavar="DOLLARS",
    )
    price_output: float | None = option(
        "price of a million completion tokens of the judge",
        flag="judge-price-output",
        type=positive_float,
        metavar="DOLLARS",
    )
    concurrency: int | None = option(
        "maximum number of requests to the judge in flight; by default it adapts to the server",
        flag="judge-concurrency",
        type=positive_int,
    )
    request_args: dict[str, Any] | None = option(
        "more fields of the judge's requests, for example reasoning_effort=low",
        flag="judge-request-args",
        nargs="+",
        metavar="NAME=VALUE",
        action=Assignments,
    )
    max_tokens: int = option(
        "maximum tokens of a judge's answer, with its thought", default=2048, flag="judge-max-tokens", type=positive_int
    )
    calibration: int = option(
        "answers that the rules decided on which the judge is tried first, half of them right; each takes two requests",
        default=100,
        flag="judge-calibration",
        type=_sample,
        metavar="N",
    )
    min_agreement: float = option(
        "agreement with the rules on these answers below which the judge is not used",
        default=0.95,
        flag="judge-min-agreement",
        type=fraction,
        metavar="SHARE",
    )
    engine: EngineOptions | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        from util.engines.prices import price_of

        if self.model is None:
            defaults = JudgeOptions.__dataclass_fields__
            if given := [
                f"--{f.metadata['flag']}"
                for f in defaults.values()
                if f.metadata and getattr(self, f.name) != f.default
            ]:
                raise UserError(f"{', '.join(given)}: there is no judge. Name it with --judge-model openai/NAME.")
            return
        if not self.model.startswith(API_PREFIX) or self.model == API_PREFIX:
            raise UserError(
                f"--judge-model {self.model}: a judge is behind a server. Name it openai/NAME; for a model of your own, start "
                "`vllm serve` and give its address with --judge-base-url."
            )
        if (self.price_input is None) != (self.price_output is None):
            raise UserError("Give both --judge-price-input and --judge-price-output, or neither.")
        if self.max_cost is not None and self.price_input is None and price_of(self.model) is None:
            raise UserError(
                f"The price of {self.model} is not known: --judge-max-cost needs --judge-price-input and --judge-price-output."
            )
        api = ApiOptions(
            base_url=self.base_url, keys=self.keys, concurrency=self.concurrency, max_cost=self.max_cost,
            price_input=self.price_input, price_output=self.price_output, request_args=self.request_args,
        )  # fmt: skip
        object.__setattr__(self, "engine", EngineOptions(self.model, api=api))

    @property
    def name(self) -> str:
        """The model's name in results."""
        return self.model or ""


def named_for_judge(text: str) -> str:
    """A message about an API with the names that its options have for a judge.

    >>> named_for_judge("--max-cost $1 is reached: check --base-url (see --max-cost-scope).")
    '--judge-max-cost $1 is reached: check --judge-base-url.'
    """
    flags = "|".join(re.escape(flag.removeprefix("judge-")) for flag in _flags())
    return re.sub(rf"--({flags})(?![\w-])", r"--judge-\1", text.replace(" (see --max-cost-scope)", ""))


def _flags() -> list[str]:
    return [each.metadata["flag"] for each in fields(JudgeOptions) if each.metadata]


def add_judge_options(parser: argparse.ArgumentParser) -> None:
    add_options(parser, JudgeOptions, "judge model", "for what the rules cannot decide (docs/judge_model.md)")


def judge_options(args: argparse.Namespace) -> JudgeOptions:
    """The options of a command line; see ``JudgeOptions`` for what is refused."""
    return options_from(JudgeOptions, args)
