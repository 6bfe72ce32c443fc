"""Options of the scripts that generate or check: sampling, scoring, checking, output files."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from util.engines.options import PARTIAL_TOKENS, EngineOptions, add_engine_options, engine_options
from util.engines.sampling_args import check_sampling_args
from util.metrics.band_rule import DecisionPlan
from util.metrics.precision import PrecisionTarget
from util.metrics.scorers import SCORERS
from util.prompting.presets import OWN, preset_of
from util.run.display_options import DisplayOptions
from util.run.few_shot_options import FewShotOptions
from util.run.known_rates import RateSelection
from util.system.arguments import Assignments, fraction, non_negative_int, positive_int, temperature, token_count
from util.system.characters import printable
from util.system.errors import UserError
from util.system.messages import tell
from util.system.options import add_options, option, options_from
from util.system.portable import usable_cpus
from util.system.redaction import redacted_command
from util.system.tolerance import MAX_FAILED, ToleranceOptions
from util.task import CheckOptions

SEVERAL = 0.7
"""The temperature of several responses per problem where neither the command nor a preset says one."""


@dataclass(frozen=True)
class SamplingOptions:
    """Sampling as given on the command line. temperatures, top_p: None for the default, see ``resolved``."""

    n: int = option("responses per problem and temperature", default=1, type=positive_int)
    temperatures: list[float] | None = option(
        "sampling temperatures; default: 0.7 for distillation sets, 0 for benchmarks (with --n above 1: the preset's, "
        "else 0.7)",
        type=temperature,
        nargs="+",
        metavar="T",
    )
    top_p: float | None = option("nucleus sampling probability; default: 1", type=fraction)
    sampling_args: dict[str, Any] | None = option(
        "more sampling parameters by vLLM's names, for example top_k=20 min_p=0.05 'stop=[\"###\"]'",
        nargs="+",
        metavar="NAME=VALUE",
        action=Assignments,
    )
    preset: str | None = option(
        "use the sampling parameters that the model's authors recommend, and print them: from the model's "
        "generation_config.json, else from a table; for a model behind a server, MODEL names its folder or Hub id",
        nargs="?",
        const=OWN,
        metavar="MODEL",
    )
    max_tokens: int = option("maximum tokens per response", default=32768, type=positive_int)
    thinking_budget: int | None = option(
        "close a thought that reaches N tokens (2k is 2,000), and ask for the answer; the whole response still has "
        "--max-tokens (with a model in this process, on Ray, or behind a vLLM server)",
        type=token_count,
        metavar="N",
    )
    stop_loops: bool = option(
        "let a response go on that repeats itself without end; otherwise it ends when its last 4,096 tokens are one pattern of "
        "up to 512 tokens, counts as truncated, and is never accepted",
        default=True,
        flag="no-repetition-detection",
        action="store_false",
    )
    seed: int = option("random seed; the seed of each sample is derived from it", default=0, type=int)


@dataclass(frozen=True)
class Sampled:
    """The sampling parameters of a run. temperatures: ascending, without duplicates. args: see ``Sampling``. asked: the
    temperatures that the command itself names."""

    temperatures: list[float]
    n: int = 1
    top_p: float = 1.0
    max_tokens: int = 32768
    seed: int = 0
    args: dict[str, Any] = field(default_factory=dict)
    thinking_budget: int | None = None
    stop_loops: bool = True
    asked: tuple[float, ...] = ()


@dataclass(frozen=True)
class ScoringOptions:
    """Options of best-of-n."""

    best_of_n_by: str | None = option(
        "also report best-of-n: accuracy if this scorer picks one of each problem's n responses",
        choices=SCORERS,
    )
    reward_model: str | None = option(
        "name of the reward model on its server, for --best-of-n-by reward", metavar="NAME"
    )
    reward_url: str | None = option(
        "URL of the reward model's server, such as `vllm serve NAME --runner pooling`", metavar="URL"
    )

    def check(self) -> None:
        """Check that the options are complete.

        Raises:
            UserError: only some of the options that belong together are set.
        """
        wanted = self.best_of_n_by == "reward"
        if wanted != bool(self.reward_model) or wanted != bool(self.reward_url):
            raise UserError("--best-of-n-by reward, --reward-model NAME and --reward-url URL must be used together.")


@dataclass(frozen=True)
class ReportOptions:
    """Reports to write besides the result file."""

    report: Path | None = option("also write an HTML report of the results", type=Path, metavar="FILE")
    csv: Path | None = option("also write all metrics with their intervals as CSV", type=Path, metavar="FILE")
    samples: Path | None = option(
        "also write every response as a row of one flat table, for pandas, datasets or DuckDB: JSON lines or Parquet, as the "
        "name ends",
        type=Path,
        metavar="FILE.jsonl|FILE.parquet",
    )


@dataclass(frozen=True)
class FileOptions:
    """Result files: where to write them, and what to do with existing ones."""

    system_prompt: Path | None = option("use the system prompt in this file", type=Path, metavar="FILE")
    resume: bool = option("no effect: runs always resume", default=False)
    result_dir: Path = option("folder for the result files", default=Path("."), type=Path)
    overwrite: bool = option("start over; old files are kept as .bak, then .bak2, .bak3, ...", default=False)
    repair: bool = option(
        "set damaged lines of the journal aside, and generate or judge their responses again", default=False
    )
    partial_tokens: int = option(
        "keep what unfinished responses have every N tokens, so that a run that dies is continued in the middle of "
        "them; 0 keeps only finished ones",
        default=PARTIAL_TOKENS,
        type=non_negative_int,
        metavar="N",
    )
    continue_truncated: bool = option(
        "continue truncated responses from their text where their tokens are not known (a result file of another tool or "
        "without its journal, or one of an older version); otherwise they stay, or are made anew with a higher --max-tokens",
        default=False,
    )
    dry_run: bool = option("only print the plan: rows, first prompt, files, tokens", default=False)


@dataclass(frozen=True)
class RunOptions:
    """All options of a run except the row selection.

    command: as typed, for the manifest. cut_from: a finished result file whose thoughts are cut at the thinking budget.
    decisions: when a problem has enough responses. precision: when all have. rates: selects problems by an earlier run.
    """

    engine: EngineOptions
    sampling: Sampled
    files: FileOptions = field(default_factory=FileOptions)
    checks: CheckOptions = field(default_factory=CheckOptions)
    scoring: ScoringOptions = field(default_factory=ScoringOptions)
    max_failed: float = MAX_FAILED
    command: str = ""
    cut_from: Path | None = None
    decisions: DecisionPlan | None = None
    precision: PrecisionTarget | None = None
    rates: RateSelection | None = None
    few_shot: FewShotOptions = field(default_factory=FewShotOptions)

    @property
    def workers(self) -> int:
        """Number of checker processes on this machine."""
        return self.checks.workers or usable_cpus()


def add_run_options(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add the options for model, engine, sampling, checking, reports and files. required: whether --model is."""
    add_engine_options(parser, required=required)
    add_options(parser, SamplingOptions, "sampling")
    add_options(parser, ScoringOptions, "best-of-n")
    add_options(parser, CheckOptions, "checking")
    add_options(parser, ToleranceOptions, "failures")
    add_options(parser, ReportOptions, "reports")
    add_options(parser, FileOptions, "files")
    add_options(parser, DisplayOptions, "console")


def run_options(args: argparse.Namespace, default_temperature: float) -> RunOptions:
    """The options of a run; prints the temperatures. default_temperature: of the dataset.

    Raises:
        UserError: options exclude each other, or one requires another.
    """
    engine = engine_options(args)
    checks = options_from(CheckOptions, args)
    files = options_from(FileOptions, args)
    scoring = options_from(ScoringOptions, args)
    scoring.check()
    few_shot = options_from(FewShotOptions, args)
    few_shot.check()
    if engine.ray.ray_address is not None and engine.backend != "ray" and not checks.on_cluster:
        raise UserError("--ray-address needs --backend ray or --check-on-cluster.")
    if files.resume and files.overwrite:
        raise UserError("--resume and --overwrite cannot be combined.")
    sampling = resolved(options_from(SamplingOptions, args), engine, default_temperature)
    tell("temperatures: " + ", ".join(f"{t:g}" for t in sampling.temperatures))
    return RunOptions(engine, sampling, files, checks, scoring, args.max_failed, typed_command(), few_shot=few_shot)


def typed_command() -> str:
    """The command as it was typed, without credentials."""
    return redacted_command(["python", *sys.argv])


def resolved(options: SamplingOptions, engine: EngineOptions, default: float) -> Sampled:
    """The sampling parameters: from the command line, else from the preset (--preset), else ``default`` and neutral.

    Raises:
        UserError: there is no preset for this model, or a sampling parameter that no engine knows.
    """
    check_sampling_args(options.sampling_args or {})
    profile = engine.profile
    top_p, args = 1.0, dict[str, Any]()
    if options.preset is not None:
        preset = preset_of(engine.model, options.preset, engine.profiles)
        tell(f"preset: {preset}")
        default, top_p, args = preset.temperature, preset.top_p, dict(preset.args)
    elif profile.preset is not None and options.temperatures is None and default != profile.preset.temperature:
        text = f"note: the recommended sampling of {engine.model} is {profile.preset}; use --preset"
        tell(printable(text))
    fixed = engine.is_api and profile.fixed_sampling
    if options.n > 1 and not fixed and options.temperatures is None and options.preset is None:
        default = _for_several(default, options.n, engine)
    found = Sampled(
        sorted({float(f"{temperature:g}") for temperature in options.temperatures or [default]}),
        options.n,
        options.top_p if options.top_p is not None else top_p,
        options.max_tokens,
        options.seed,
        args | (options.sampling_args or {}),
        options.thinking_budget,
        options.stop_loops,
        tuple(options.temperatures or ()),
    )
    check_budget(found, engine)
    if fixed:
        return replace(found, temperatures=[1.0])
    if options.n > 1 and 0.0 in found.temperatures:
        print(
            f"warning: at temperature 0 the {options.n} responses to a problem are nearly the same, and each is made and paid "
            "for: pass@k, majority vote and best-of-n say nothing about it. Set --temperatures, or --n 1",
            file=sys.stderr,
        )
    return found


def check_budget(sampled: Sampled, engine: EngineOptions) -> None:
    """Refuse a thinking budget that cannot be kept.

    Raises:
        UserError: it leaves no room for an answer, the engine cannot go on from tokens, or a sampling parameter does not.
    """
    budget = sampled.thinking_budget
    if budget is None:
        return
    if budget >= sampled.max_tokens:
        raise UserError(
            f"--thinking-budget {budget} leaves no room for an answer within --max-tokens {sampled.max_tokens}. Raise that."
        )
    if engine.is_api and engine.api.batch:
        raise UserError("--thinking-budget cannot be combined with --batch: a thought is cut while it is made.")
    from util.engines.continuing import why_anew

    if why := why_anew(sampled.args):
        raise UserError(f"--thinking-budget cannot be combined with these --sampling-args: {why}.")


def _for_several(default: float, n: int, engine: EngineOptions) -> float:
    """The temperature of several responses where none was given: greedy decoding would repeat one."""
    if default > 0.0:
        return default
    try:
        preset = preset_of(engine.model, profiles=engine.profiles)
    except UserError:
        preset = None
    found, why = (SEVERAL, "") if preset is None or not preset.temperature else (preset.temperature, f" ({preset})")
    tell(printable(f"note: {n} responses per problem are sampled at temperature {found:g}{why}"))
    return found
