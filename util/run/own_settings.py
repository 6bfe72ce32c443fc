"""Options of one benchmark of eval.py: ``--set AIME.n=64``."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from util.engines.sampling_args import NAMES
from util.run.few_shot_options import FewShotOptions
from util.run.options import SamplingOptions
from util.run.precision_options import PrecisionOptions
from util.system.arguments import json_or_text
from util.system.errors import UserError
from util.system.options import add_options
from util.task import ChosenBenchmark

_GROUPS: tuple[type[Any], ...] = (SamplingOptions, FewShotOptions, PrecisionOptions)
"""The dataclasses whose options a benchmark may have of its own."""

_ALIASES = {"temperature": "temperatures"}
_PATTERN = re.compile(r"(?P<name>.+?)\.(?P<option>[A-Za-z_-]+)=(?P<value>.*)", re.DOTALL)
"""The shortest name: "MMLU:subject=law.n=4" is about MMLU:subject=law."""


def settled(
    benchmarks: Sequence[ChosenBenchmark],
    given: Sequence[str],
    options: Collection[str],
    named: Callable[[str], str],
) -> list[ChosenBenchmark]:
    """The benchmarks with all their settings: the group's, unless the command has that option (``options``) for all; then
    ``--set`` (``given``). named: returns the right spelling of a benchmark's name.

    Raises:
        UserError: a setting is malformed, or names no benchmark of the run.
    """
    found = {
        each.label: {
            name: value for name, value in each.settings.items() if f"--{name.replace('_', '-')}" not in options
        }
        for each in benchmarks
    }
    for text in given:
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise UserError(f"--set {text}: expected NAME.OPTION=VALUE, such as AIME.n=64.")
        option = match["option"].replace("-", "_")
        for label in _meant(match["name"], benchmarks, named, text):
            found[label][_ALIASES.get(option, option)] = match["value"]
    return [replace(each, settings=found[each.label]) for each in benchmarks]


def _meant(name: str, benchmarks: Sequence[ChosenBenchmark], named: Callable[[str], str], text: str) -> list[str]:
    """The labels that the name of a setting means: one part, or every part of a benchmark."""
    first, colon, rest = name.partition(":")
    spelt = f"{named(first)}{colon}{rest}"
    labels = [each.label for each in benchmarks if spelt in (each.label, each.handler.name)]
    if not labels:
        known = [each.label for each in benchmarks]
        near = difflib.get_close_matches(spelt, known, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UserError(f"--set {text}: {spelt} is not among --evals; {hint}there are {', '.join(known)}.")
    return labels


def with_settings(args: argparse.Namespace, benchmark: ChosenBenchmark) -> argparse.Namespace:
    """The arguments of the command with a benchmark's own in their place.

    Raises:
        UserError: an option is unknown, or has a value that it cannot have; names both.
    """
    parser = _Parser(add_help=False, allow_abbrev=False)
    for group in _GROUPS:
        add_options(parser, group)
    actions = {action.option_strings[0][2:].replace("-", "_"): action for action in parser._actions}
    del actions["sampling_args"]  # its parameters have names of their own here
    own, more = dict[str, Any](), dict[str, Any]()
    for name, value in benchmark.settings.items():
        if name in NAMES:
            more[name] = json_or_text(value)
            continue
        action = actions.get(name)
        if action is None:
            raise UserError(f"--set {benchmark.label}.{name}: {_unknown(name, actions)}")
        try:
            own[action.dest] = getattr(parser.parse_args(_words(action, value)), action.dest)
        except UserError as error:
            raise UserError(f"--set {benchmark.label}.{name}={value}: {error}") from error
    if more:
        own["sampling_args"] = {**(args.sampling_args or {}), **more}
    return argparse.Namespace(**{**vars(args), **own})


def _unknown(name: str, actions: Mapping[str, argparse.Action]) -> str:
    known = [*actions, *NAMES]
    near = difflib.get_close_matches(name, (*known, *_ALIASES), 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
    return f"no such option of a single benchmark; {hint}"


def _words(action: argparse.Action, value: str) -> list[str]:
    flag = action.option_strings[0]
    if action.nargs == 0:
        if value not in ("true", "false"):
            raise UserError("must be true or false")
        return [flag] if value == "true" else []
    if action.nargs == "+":
        return [flag, *re.split(r"[,\s]+", value.strip())]
    return [f"{flag}={value}"]


class _Parser(argparse.ArgumentParser):
    """Raises what the other parsers print."""

    def error(self, message: str) -> NoReturn:
        _, _, reason = message.partition(": ")
        raise UserError(reason or message)
