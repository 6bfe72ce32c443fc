"""Command-line code that all scripts share.

Options may be written with hyphens or underscores. An error that the user can correct
prints one message and exits with status 1. Ctrl-C loses no finished work and exits with
130. Wrong arguments exit with 2, as in argparse.
"""

from __future__ import annotations

import _thread
import argparse
import atexit
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from util.system import early
from util.system.advice import rerun
from util.system.characters import printable
from util.system.command_words import choice_fault, faults_of_words, help_command, hyphenated, options_of, program_name
from util.system.credentials import hide_secrets
from util.system.errors import UserError
from util.system.packages import missing_package
from util.system.processes import hide_memory
from util.system.redaction import redacted
from util.system.streams import ReaderGone, guard_streams, lost_output

INTERRUPTED = 130
"""The exit status after Ctrl-C or SIGTERM."""


def run(main: Callable[[Sequence[str]], int | None]) -> NoReturn:
    """Run a script's ``main`` and exit with its status."""
    arguments = sys.argv[1:]
    guard_streams()
    hide_secrets()
    if "--debug" not in arguments:  # so that a debugger can attach
        hide_memory()
    sys.unraisablehook = _unraisable
    try:
        status = _guarded_status(main, arguments)
        _on_interrupt(_leave if status == INTERRUPTED else _leave_done)
    except KeyboardInterrupt:  # again, while the first one was told
        _leave()
    status = _with_output_written(status)
    if status == INTERRUPTED:
        atexit._run_exitfuncs()
        sys.stderr.flush()
        # Python would end itself with SIGINT if Ctrl-C has struck inside text that it ran as code, as dataclasses do.
        os._exit(status)
    sys.exit(status)


def _guarded_status(main: Callable[[Sequence[str]], int | None], arguments: Sequence[str]) -> int:
    """The exit status of ``main``; prints why it is not 0."""
    try:
        try:
            signal.signal(signal.SIGTERM, _terminate)
            if signal.getsignal(signal.SIGINT) is early.stop:
                signal.signal(signal.SIGINT, signal.default_int_handler)
            return _status_of(main, arguments)
        except UserError as error:
            if "--debug" in arguments:
                _print_traceback()
            print(f"error: {_shown(error)}", file=sys.stderr)
        except ReaderGone:
            pass
        except Exception as error:  # a bug
            if _is_interrupt(error):
                raise KeyboardInterrupt from error
            _print_traceback()
    except KeyboardInterrupt:
        _on_interrupt(_leave)
        print(f"interrupted: finished results are kept; {rerun()} to continue", file=sys.stderr)
        return INTERRUPTED
    return 1


def _on_interrupt(leave: Callable[..., NoReturn]) -> None:
    """End at once at the next Ctrl-C: threads and libraries that end would print tracebacks."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, leave)


def _leave(*_: object) -> NoReturn:
    os._exit(INTERRUPTED)


def _leave_done(*_: object) -> NoReturn:
    with contextlib.suppress(OSError):  # standard error is closed
        os.write(2, b"interrupted: everything was done\n")
    os._exit(INTERRUPTED)


def _with_output_written(status: int) -> int:
    """The exit status once standard output is flushed."""
    try:
        fault = lost_output()
    except ReaderGone:
        return status or 1
    if fault is None:
        return status
    print(f"error: standard output cannot be written ({fault}); a part of it is missing", file=sys.stderr)
    return status or 1


def _print_traceback() -> None:
    import traceback

    print(_shown(traceback.format_exc()), file=sys.stderr, end="")


def _shown(text: object) -> str:
    """A message or traceback for the console: its texts may come from servers, datasets and models."""
    return printable(redacted(str(text)))


def _is_interrupt(error: BaseException | None) -> bool:
    """Whether a library has turned Ctrl-C into an error of its own, as imports of extension modules do."""
    for _ in range(20):
        if error is None or isinstance(error, KeyboardInterrupt):
            return error is not None
        error = error.__cause__ or error.__context__
    return False


def _unraisable(found: sys.UnraisableHookArgs) -> None:
    """Ctrl-C inside a finalizer or a callback would be printed and lost: it is raised again."""
    if issubclass(found.exc_type, KeyboardInterrupt):
        _thread.interrupt_main()
    else:
        sys.__unraisablehook__(found)


def _status_of(main: Callable[[Sequence[str]], int | None], arguments: Sequence[str]) -> int:
    try:
        return main(arguments) or 0
    except SystemExit as end:  # argparse
        if end.code is not None and not isinstance(end.code, int):
            print(_shown(end.code), file=sys.stderr)
            return 1
        return end.code or 0
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
        super().__init__(
            prog=program_name(),
            description=description,
            epilog=examples,
            formatter_class=_Formatter,
            allow_abbrev=False,
        )
        self.add_argument("--debug", action="store_true", help="show the traceback of an error")

    def parse_args(self, args: Sequence[str] | None = None, namespace: object = None) -> argparse.Namespace:  # type: ignore[override]
        given = [hyphenated(argument) for argument in (sys.argv[1:] if args is None else args)]
        if faults := faults_of_words(given, list(options_of(self))):
            self.error(" ".join(fault if fault.endswith("?") else f"{fault}." for fault in faults).removesuffix("."))
        return super().parse_args(given)

    def error(self, message: str) -> NoReturn:
        """The message, and how to see the options: the usage of a script with a hundred options would hide it."""
        self.exit(2, f"{self.prog}: error: {_shown(message)}\n{help_command(self.prog)} lists all options.\n")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            raise argparse.ArgumentError(action, choice_fault(value, list(action.choices)))


class _Formatter(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter):
    """Keeps the layout of the examples, and shows a default only if there is one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default in (None, False, [], (), "", argparse.SUPPRESS):
            return action.help
        return super()._get_help_string(action)


def confirm_overwrite(renamed: Mapping[Path, Path]) -> None:
    """Ask before old results are renamed; only if standard input is a terminal. renamed: old name -> new name.

    Raises:
        UserError: the user said no.
    """
    if renamed and sys.stdin.isatty():
        old, new = next(iter(renamed.items()))
        question = f"{old} exists and will be kept as {new.name}. Start over? [y/N] "
        try:
            answer = input(printable(question))
        except EOFError:  # Ctrl-D
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            raise UserError("Nothing was changed.")
