"""Parse command lines of one script without running them; the runner starts it as a child process.

    echo '[["--input-dir", "data"]]' | python -m util.run.recipe.parse_only convert_format.py

Standard input: a JSON list of argument lists. Standard output: {"options": [...], "faults": [[text, ...], ...]}.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from util.system import cli
from util.system.command_words import faults_of_words
from util.system.errors import UserError

_OPTION = re.compile(r"^ {2,4}(?:-\w, )?(--[a-z][\w-]*(?:, --[a-z][\w-]*)*)", re.MULTILINE)


def main(arguments: Sequence[str]) -> int:
    script, *_ = arguments
    parse = _parser_of(script)
    _, shown, _ = _parsed(parse, ["--help"])
    options = [name for names in _OPTION.findall(shown) for name in names.split(", ")]
    faults = [_faults(parse, words, options) for words in json.load(sys.stdin)]
    print(json.dumps({"options": options, "faults": faults}))
    return 0


def _parser_of(script: str) -> Callable[[Sequence[str]], Any]:
    """The function ``parse`` of a script or module."""
    name = Path(script).stem if script.endswith(".py") else script
    if importlib.util.find_spec(name).submodule_search_locations is not None:  # type: ignore[union-attr]
        name += ".__main__"
    parse: Callable[[Sequence[str]], Any] = importlib.import_module(name).parse
    return parse


def _faults(parse: Callable[[Sequence[str]], Any], words: list[str], options: list[str]) -> list[str]:
    """Why the script refuses these arguments; none if it takes them."""
    status, _, message = _parsed(parse, words)
    if status is None:
        return []
    lines = message.strip().rpartition("error: ")[2].splitlines()
    text = "\n".join(lines[:-1] if len(lines) > 1 and "--help" in lines[-1] else lines)
    return faults_of_words(words, options) or [text or f"it would end at once with status {status}"]


def _parsed(parse: Callable[[Sequence[str]], Any], words: list[str]) -> tuple[object, str, str]:
    """(status with which the script would end, or None if it takes the arguments; standard output; standard error)."""
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            parse(words)
        except SystemExit as end:
            return end.code or 0, output.getvalue(), errors.getvalue()
        except UserError as error:
            return 1, output.getvalue(), str(error)
    return None, output.getvalue(), errors.getvalue()


if __name__ == "__main__":
    cli.run(main)
