"""Command-line code that all scripts share.

Options may be written with hyphens or underscores. An error that the user can correct
prints one message and exits with status 1. Ctrl-C loses no finished work and exits with
130. Wrong arguments exit with 2, as in argparse.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from util.system.advice import rerun
from util.system.credentials import hide_secrets
from util.system.errors import UserError
from util.system.packages import missing_package
from util.system.processes import SECRETS, hide_memory


def run(main: Callable[[Sequence[str]], int | None]) -> NoReturn:
    """Run a script's ``main`` and exit with its status."""
    arguments = sys.argv[1:]
    hide_secrets(SECRETS)
    if "--debug" not in arguments:  # so that a debugger can attach
        hide_memory()
    signal.signal(signal.SIGTERM, _terminate)
    try:
        status = _status_of(main, arguments)
    except UserError as error:
        if "--debug" in arguments:
            import traceback

            traceback.print_exc()
        print(f"error: {error}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        print(f"interrupted: finished results are kept; {rerun()} to continue", file=sys.stderr)
        status = 130
    except BrokenPipeError:
        # The reader of standard output ended (`| head`): nothing more can be printed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.stdout.flush()
    sys.exit(status)


def _status_of(main: Callable[[Sequence[str]], int | None], arguments: Sequence[str]) -> int:
    try:
        return main(arguments) or 0
    except ModuleNotFoundError as error:
        message = missing_package(error)
        if message is None:
            raise
        raise message from error


def _terminate(*_: object) -> NoReturn:
    raise KeyboardInterrupt


class ScriptParser(argparse.ArgumentParser):
    """An ArgumentParser that accepts both spellings of an option. doc: the docstring, with description and examples."""

    def __init__(self, doc: str | None) -> None:
        description, _, examples = (doc or "").partition("\n\n")
        super().__init__(description=description, epilog=examples, formatter_class=_Formatter, allow_abbrev=False)
        self.add_argument("--debug", action="store_true", help="show the traceback of an error")

    def parse_args(self, args: Sequence[str] | None = None, namespace: object = None) -> argparse.Namespace:  # type: ignore[override]
        given = sys.argv[1:] if args is None else args
        return super().parse_args([hyphenated(argument) for argument in given])


class _Formatter(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter):
    """Keeps the layout of the examples, and shows a default only if there is one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default in (None, False, [], (), "", argparse.SUPPRESS):
            return action.help
        return super()._get_help_string(action)


def hyphenated(argument: str) -> str:
    """``--max_tokens=1_000`` -> ``--max-tokens=1_000``; other arguments are unchanged."""
    if not argument.startswith("--"):
        return argument
    name, equals, value = argument.partition("=")
    return name.replace("_", "-") + equals + value


def confirm_overwrite(renamed: Mapping[Path, Path]) -> None:
    """Ask before old results are renamed; only if standard input is a terminal. renamed: old name -> new name.

    Raises:
        UserError: the user said no.
    """
    if renamed and sys.stdin.isatty():
        old, new = next(iter(renamed.items()))
        answer = input(f"{old} exists and will be kept as {new.name}. Start over? [y/N] ")
        if answer.strip().lower() not in ("y", "yes"):
            raise UserError("Nothing was changed.")
