"""The words of a command line: their spelling, and what a word that no option has may mean."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterator, Sequence

from util.system.suggestions import nearest

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
"""Characters that word processors and web pages put in the place of hyphens."""


def hyphenated(argument: str) -> str:
    """``--max_tokens=1_000`` -> ``--max-tokens=1_000``; other arguments are unchanged."""
    if not argument.startswith("--"):
        return argument
    name, equals, value = argument.partition("=")
    return name.replace("_", "-") + equals + value


def faults_of_words(words: Sequence[str], known: Collection[str]) -> list[str]:
    """What is wrong with each word that looks like an option and is none.

    known: the options, with their dashes. argparse would say first that another option is missing.
    """
    found: dict[str, str] = {}
    for word in words:
        if word == "--":
            break
        name = word.partition("=")[0]
        if name in known or not _is_option(name):
            continue
        near = nearest(name, known)
        hint = f"; did you mean {near}?" if near is not None else ""
        dashed = " (a typographic dash; options begin with two hyphens)" if name[0] in _DASHES else ""
        found[name] = f"unknown option {name}{dashed}{hint}"
    return list(found.values())


def _is_option(name: str) -> bool:
    if name[:1] in _DASHES and name[1:2] != "":
        return name.lstrip(_DASHES)[:1].isalpha()
    return name.startswith("-") and name.lstrip("-")[:1].isalpha()


def choice_fault(value: object, choices: Collection[object]) -> str:
    """What is wrong with a value that is not among the choices of an option."""
    shown = [str(choice) for choice in choices]
    found = nearest(str(value), shown)
    hint = f"did you mean {found}? " if found is not None else ""
    return f"there is no {str(value)!r}; {hint}there are {', '.join(shown)}"


def program_name() -> str | None:
    """``python -m util.report`` for a module that is run so; None for a script."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    if spec is None or not spec.name.startswith(("util.", "samples.", "benchmarks.")):
        return None
    return f"python -m {spec.name.removesuffix('.__main__')}"


def help_command(prog: str) -> str:
    """The command that prints the help of a program."""
    return f"{prog if prog.startswith('python') else f'python {prog}'} --help"


def options_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Every option of a parser, with its dashes."""
    for action in parser._actions:
        yield from action.option_strings
