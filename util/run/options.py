"""Options of the scripts that generate or check, and what becomes of them."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from util.code import Judging, Wanted
from util.code.limits import Limits
from util.engines import EngineOptions
from util.engines.base import temperature_label
from util.engines.openai.reward import RewardModel
from util.metrics import Tally
from util.metrics.estimators import SCORERS
from util.metrics.table import write_csv
from util.prompting.profiles import profile_of
from util.run.plan import RunOptions
from util.system import cli
from util.system.errors import UserError
from util.task import CheckOptions


def add_model_options(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Model, engine and sampling."""
    group = parser.add_argument_group("model and engine")
    group.add_argument("--model", required=required, help="Hub id, local folder, or openai/NAME for an API")
    group.add_argument("--backend", choices=("vllm", "ray", "openai"), help="engine; by default told from --model")
    group.add_argument("--tp", type=cli.positive_int, default=1, help="tensor parallel size: GPUs per replica")
    group.add_argument("--num-replicas", type=cli.positive_int, help="engine replicas (with --backend ray)")
    group.add_argument("--ray-address", metavar="ADDRESS", help="a running Ray cluster, such as 10.0.0.1:6379 or auto")
    group.add_argument("--max-model-len", type=cli.positive_int, help="context length in tokens, at most the model's")
    group.add_argument("--dtype", default="auto", help="weights' type: auto, bfloat16, float16, float32")
    group.add_argument("--gpu-memory-utilization", type=cli.fraction, help="share of GPU memory that vLLM takes")
    group.add_argument("--max-num-seqs", type=cli.positive_int, help="responses that vLLM generates side by side")
    group.add_argument("--system-prompt", type=Path, metavar="FILE", help="use this system prompt")
    group = parser.add_argument_group("sampling")
    group.add_argument("--n", type=cli.positive_int, default=1, help="responses per problem and temperature")
    group.add_argument(
        "--temperatures",
        type=cli.temperature,
        nargs="+",
        metavar="T",
        help="0.7 for distillation sets, 0 for benchmarks",
    )
    group.add_argument("--top-p", type=cli.fraction, help="nucleus sampling; else 1")
    group.add_argument(
        "--preset", action="store_true", help="sample as the model's authors advise, where it is known and printed"
    )
    group.add_argument("--max-tokens", type=cli.positive_int, default=32768, help="tokens per response at most")
    group.add_argument("--seed", type=int, default=0, help="each sample's seed is derived from it")
    group.add_argument(
        "--best-of-n-by",
        choices=SCORERS,
        help="also report best-of-n: the accuracy of the response that this scorer takes from each problem's n",
    )
    group.add_argument("--reward-model", metavar="NAME", help="for --best-of-n-by reward: as its server calls it")
    group.add_argument("--reward-url", metavar="URL", help="its server, such as `vllm serve NAME --runner pooling`")
    add_check_options(parser)
    group = parser.add_argument_group("reports")
    group.add_argument("--report", type=Path, metavar="FILE", help="also write an HTML page of the results")
    group.add_argument("--csv", type=Path, metavar="FILE", help="also write every metric with its interval as CSV")
    parser.add_argument("--resume", action="store_true", help="continue where the last run stopped, as is done anyway")
    parser.add_argument("--result-dir", type=Path, default=Path("."), help="folder of the result files")
    parser.add_argument("--overwrite", action="store_true", help="start anew; old files are kept as .bak")
    parser.add_argument("--dry-run", action="store_true", help="load no model; print rows, prompt, files, tokens")
    cli.add_api_options(parser)


def add_check_options(parser: argparse.ArgumentParser) -> None:
    """How responses are judged."""
    group = parser.add_argument_group("checking")
    group.add_argument(
        "--check-workers", type=cli.non_negative_int, default=0, help="checker processes; 0 is one per core"
    )
    group.add_argument(
        "--check-on-cluster",
        action="store_true",
        help="check on every node of the Ray cluster (--ray-address, or one started here); --check-workers is per node",
    )
    group.add_argument(
        "--answer-extraction",
        choices=("strict", "lenient"),
        default="strict",
        help="for mathematics: strict wants a box, 'the answer is' or '####'; lenient takes the last formula or number",
    )
    group.add_argument(
        "--math-fallback",
        action="store_true",
        help="for mathematics: ask math-verify where the own parser cannot read an answer; it may accept a wrong one",
    )
    group.add_argument(
        "--sandbox",
        choices=("full", "strong", "any"),
        default="strong",
        help="for code: layers without which nothing is run. full: namespaces, Landlock, seccomp, own uid; "
        "strong: seccomp and one layer that guards files; any: whatever there is, which is not safe",
    )
    group.add_argument(
        "--judge",
        choices=("strict", "compat"),
        default="strict",
        help="for code: compat compares as APPS' tester does, which accepts wrong output; for published numbers only",
    )
    group.add_argument("--all-tests", action="store_true", help="for code: go on after the first failing test")
    group.add_argument(
        "--fresh-child-per-test", action="store_true", help="for code: a process per test, instead of one for many"
    )
    group.add_argument(
        "--cpu-limit", type=cli.positive_float, metavar="S", help="CPU seconds per test; else the row's limit, else 6"
    )
    group.add_argument(
        "--wall-limit",
        type=cli.positive_float,
        metavar="S",
        help="wall seconds per test that a program may sleep; else 15",
    )
    group.add_argument("--output-limit", type=cli.positive_float, metavar="MIB", help="output per test; else 16")
    group.add_argument("--total-limit", type=cli.positive_float, metavar="S", help="CPU seconds of all tests; else 300")
    group.add_argument(
        "--memory-limit", type=cli.positive_float, metavar="GIB", help="memory per test; else the row's limit, else 1"
    )


def check_options(args: argparse.Namespace) -> CheckOptions:
    return CheckOptions(judging(args), args.answer_extraction == "lenient", args.math_fallback)


def judging(args: argparse.Namespace) -> Judging:
    return Judging(
        wanted=Wanted(args.sandbox),
        cpu=args.cpu_limit,
        memory=int(args.memory_limit * 2**30) if args.memory_limit else None,
        limits=Limits(
            wall=args.wall_limit or Limits.wall,
            output=int((args.output_limit or Limits.output / 2**20) * 2**20),
            total=args.total_limit or Limits.total,
        ),
        lenient=args.judge == "compat",
        all_tests=args.all_tests,
        fresh=args.fresh_child_per_test,
    )


def engine_options(args: argparse.Namespace) -> EngineOptions:
    return EngineOptions(
        model=args.model,
        backend=args.backend,
        tensor_parallel=args.tp,
        max_model_len=args.max_model_len,
        dtype=args.dtype,
        gpu_memory_utilization=args.gpu_memory_utilization,
        max_num_seqs=args.max_num_seqs,
        num_replicas=args.num_replicas,
        ray_address=args.ray_address,
        **cli.api_options(args),
    )


def run_options(args: argparse.Namespace, handler: Any) -> RunOptions:
    """The run's options; the temperatures in force are printed."""
    if args.num_replicas is not None and args.backend != "ray":
        raise UserError("--num-replicas needs --backend ray.")
    if args.ray_address is not None and args.backend != "ray" and not args.check_on_cluster:
        raise UserError("--ray-address needs --backend ray or --check-on-cluster.")
    if args.resume and args.overwrite:
        raise UserError("--resume and --overwrite exclude each other.")
    engine = engine_options(args)
    temperatures, top_p = sampling(args, handler.default_temperature)
    if engine.is_api and profile_of(args.model).fixed_sampling:
        temperatures = [1.0]
    print("temperatures: " + ", ".join(map(temperature_label, temperatures)), file=sys.stderr)
    return RunOptions(
        engine=engine,
        result_dir=args.result_dir,
        temperatures=temperatures,
        n=args.n,
        top_p=top_p,
        max_tokens=args.max_tokens,
        seed=args.seed,
        system_prompt=args.system_prompt,
        check_workers=args.check_workers,
        check_on_cluster=args.check_on_cluster,
        checks=check_options(args),
        overwrite=args.overwrite,
        command=shlex.join(["python", *sys.argv]),
        best_by=args.best_of_n_by,
        reward=reward_model(args),
    )


def sampling(args: argparse.Namespace, default: float) -> tuple[list[float], float]:
    """Temperatures and top-p: what the command says, else the preset if it is asked for, else ``default`` and 1."""
    preset = profile_of(args.model).preset
    if args.preset:
        if preset is None:
            raise UserError(f"No preset is known for {args.model}. Give --temperatures and --top-p instead.")
        print(f"preset: {preset}", file=sys.stderr)
        default, top_p = preset.temperature, preset.top_p
    else:
        top_p = 1.0
        if preset is not None and args.temperatures is None and default != preset.temperature:
            print(f"note: {args.model} is better sampled at {preset}; --preset does", file=sys.stderr)
    return sorted(set(args.temperatures or [default])), args.top_p if args.top_p is not None else top_p


def write_reports(args: argparse.Namespace, results: list[tuple[str, Tally, Path]]) -> None:
    """The report and the CSV of (benchmark, tally, result file), where they are asked for."""
    if args.csv and results:
        write_csv(args.csv, results)
        print(f"metrics: {args.csv}", file=sys.stderr)
    if args.report and results:
        from util.report import write_report

        command = shlex.join(["python", *sys.argv])
        write_report(args.report, [path for _, _, path in results], command, best_by=args.best_of_n_by)
        print(f"report: {args.report.resolve()}", file=sys.stderr)


def reward_model(args: argparse.Namespace) -> RewardModel | None:
    wanted = args.best_of_n_by == "reward"
    if wanted != bool(args.reward_model) or wanted != bool(args.reward_url):
        raise UserError("--best-of-n-by reward, --reward-model NAME and --reward-url URL go together.")
    return RewardModel(args.reward_model, args.reward_url) if wanted else None
