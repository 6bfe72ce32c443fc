"""Command-line habits that the scripts share.

Options of several words may be written with hyphens or underscores. A fault that
the user can mend is one clear message and exit status 1; Ctrl-C keeps everything
and exits with 130; wrong arguments exit with 2, as argparse does.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from util.system.credentials import hide_secrets
from util.system.errors import UserError
from util.system.processes import SECRETS, hide_memory

_N = TypeVar("_N", int, float)


def run(main: Callable[[Sequence[str]], int | None]) -> NoReturn:
    """Run a script's ``main`` and end the process with the right status."""
    arguments = sys.argv[1:]
    hide_secrets(SECRETS)
    if "--debug" not in arguments:  # a debugger must be able to attach
        hide_memory()
    signal.signal(signal.SIGTERM, _terminate)
    try:
        status = main(arguments) or 0
    except UserError as error:
        if "--debug" in arguments:
            traceback.print_exc()
        print(f"error: {error}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        print("interrupted: everything finished is kept; rerun the same command to continue", file=sys.stderr)
        status = 130
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.stdout.flush()
    sys.exit(status)


def _terminate(*_: object) -> NoReturn:
    raise KeyboardInterrupt


class Parser(argparse.ArgumentParser):
    """argparse with both spellings of an option, and examples left as written."""

    def __init__(self, description: str, epilog: str) -> None:
        super().__init__(description=description, epilog=epilog, formatter_class=_Formatter, allow_abbrev=False)
        self.add_argument("--debug", action="store_true", help="show the traceback of an error")

    def parse_args(self, args: Sequence[str] | None = None, namespace: object = None) -> argparse.Namespace:  # type: ignore[override]
        given = sys.argv[1:] if args is None else args
        return super().parse_args([hyphenated(argument) for argument in given])


class _Formatter(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter):
    """Examples as written; a default shown only where there is one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default in (None, False, [], argparse.SUPPRESS):
            return action.help
        return super()._get_help_string(action)


def hyphenated(argument: str) -> str:
    """``--max_tokens=1_000`` -> ``--max-tokens=1_000``; other words are left alone."""
    if not argument.startswith("--"):
        return argument
    name, equals, value = argument.partition("=")
    return name.replace("_", "-") + equals + value


def positive_int(text: str) -> int:
    return _number(text, int, "a whole number of at least 1", lambda n: n >= 1)


def non_negative_int(text: str) -> int:
    return _number(text, int, "a whole number of at least 0", lambda n: n >= 0)


def end_index(text: str) -> int:
    return _number(text, int, "-1 (to the end) or a whole number of at least 1", lambda n: n == -1 or n >= 1)


def temperature(text: str) -> float:
    return _number(text, float, "a number from 0 to 2", lambda x: 0 <= x <= 2)


def positive_float(text: str) -> float:
    return _number(text, float, "a number above 0", lambda x: 0 < x < 1e9)


def fraction(text: str) -> float:
    return _number(text, float, "a number above 0 and at most 1", lambda x: 0 < x <= 1)


def share(text: str) -> float:
    return _number(text, float, "a number from 0 to 1", lambda x: 0 <= x <= 1)


def _number(text: str, kind: type[_N], wanted: str, allowed: Callable[[_N], bool]) -> _N:
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not allowed(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}") from None
    return value


def add_api_options(parser: argparse.ArgumentParser) -> None:
    """Options of every script that may talk to an OpenAI-compatible API."""
    group = parser.add_argument_group("API", "for an OpenAI-compatible server")
    group.add_argument("--base-url", help="address of the server, else OPENAI_BASE_URL, else OpenAI's")
    group.add_argument("--keys", type=Path, help="file with API keys, one a line; else OPENAI_API_KEY")
    group.add_argument("--concurrency", type=positive_int, help="requests in flight at most; by default it adapts")
    group.add_argument("--rpm", type=positive_int, help="requests per minute and key at most")
    group.add_argument("--tpm", type=positive_int, help="tokens per minute and key at most")
    group.add_argument("--max-cost", type=positive_float, metavar="DOLLARS", help="stop before this run spends more")
    group.add_argument("--price-input", type=positive_float, metavar="DOLLARS", help="per million prompt tokens")
    group.add_argument("--price-output", type=positive_float, metavar="DOLLARS", help="per million completion tokens")
    group.add_argument(
        "--batch",
        action="store_true",
        help="OpenAI's Batch API: half the price, answers within a day; may be interrupted and rerun",
    )
    group.add_argument(
        "--batch-poll", type=positive_float, default=30.0, metavar="S", help="seconds between two looks at a batch"
    )
    group.add_argument("--max-retries", type=non_negative_int, default=6, help="tries after the first, per request")


def api_options(args: argparse.Namespace) -> dict[str, Any]:
    """Fields of ``EngineOptions`` from the options of ``add_api_options``."""
    names = ("base_url", "keys", "concurrency", "rpm", "tpm", "max_retries", "max_cost", "batch", "batch_poll")
    if (args.price_input is None) != (args.price_output is None):
        raise UserError("Give both --price-input and --price-output, or neither.")
    price = (args.price_input, args.price_output) if args.price_input is not None else None
    return {**{name: getattr(args, name) for name in names}, "price": price}


def failed_status(count: int, what: str = "") -> int:
    """The exit status of a run of which ``count`` requests failed; says how to go on."""
    if count:
        print(f"error: {what}{count} requests failed; rerun the same command to try them again", file=sys.stderr)
    return 1 if count else 0


def confirm_overwrite(path: Path) -> None:
    """Ask before old results are set aside; say nothing where nobody can answer."""
    if path.exists() and sys.stdin.isatty():
        answer = input(f"{path} exists and will be kept as {path.name}.bak. Start anew? [y/N] ")
        if answer.strip().lower() not in ("y", "yes"):
            raise UserError("Nothing was changed.")
