"""The commands that the documentation prints in fenced blocks, and how each of them is checked.

``PYTHONPATH=.:tests python -m support.doc_commands`` lists them.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import re
import runpy
import shlex
import sys
import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from support.scripts import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "tasks/README.md", *sorted(ROOT.glob("docs/*.md"))]
"""README_zh.md has the blocks of README.md (``test_the_chinese_readme_is_complete``)."""
SCRIPTS = ("label_math_difficulty", "inference_and_check", "convert_format", "convert_to_data", "eval")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SHELL = {"bash", "sh", "shell", "console"}
_PROGRAM = re.compile(r"(\S*/)?(python|vllm|pip|lm_eval|lighteval|git|ray|srun|sbatch) |\./")

# How a command is checked.
PARSE = "its own parser takes the words (tests/test_docs.py)"
DRY_RUN = "run with --dry-run on local rows (tests/scripts/test_doc_commands.py)"
RUN = "run as printed (tests/scripts/test_doc_commands.py)"
GUIDE = "run as printed, with stubs of the Hub and of an API (tests/tasks/test_readme.py)"
NO_ARGUMENTS = "a measurement without options: its module exists (tests/test_docs.py)"
SERVER = "vLLM's own parser takes the words (tests/engines/vllm/test_model_families.py)"
INSTALL = "the file or the extras exist (tests/test_docs.py), and are installed in tests/test_install.py"
SHELL = "its syntax, and the scripts that it names exist (tests/test_docs.py)"

GUIDES = {"tasks/README.md": GUIDE}
SERVER_PAGE = "docs/models.md"
SHELL_LINES = (
    r"\./quickstart\.sh( --small)?", r"\./run_tests\.sh( .*)?", r"export \w+=\S+", r"cd \S+", r"git clone .*",
    r"#!/bin/bash", r"head=.*", r"srun .*", r"sleep \d+", r"(\w+=\S+ )*examples/\w+\.sh.*", r"ray start .*",
    r"python -m venv /tmp/\w+", r"/tmp/\w+/bin/(pip|python) .*", r"pip install pre-commit", r"pre-commit install",
)  # fmt: skip
"""Regular expressions of commands that are neither ours nor pip's. A new one belongs here only if nothing can run it."""


@dataclass(frozen=True)
class DocCommand:
    """A command. page: from the root. text: in one line. words: without comment and redirection."""

    page: str
    text: str
    words: tuple[str, ...]

    @property
    def is_ours(self) -> bool:
        return self.words[0] == "python" and not re.match(r"-m (venv|pip)\b", " ".join(self.words[1:]))

    @property
    def target(self) -> str:
        """``eval.py``, or the module behind ``-m``."""
        return self.words[2] if self.words[1] == "-m" else self.words[1]

    @property
    def arguments(self) -> list[str]:
        """What the program gets; ``...`` stands for the options of a generating command."""
        given = list(self.words[3:] if self.words[1] == "-m" else self.words[2:])
        if "..." in given:
            place = given.index("...")
            given[place : place + 1] = ["--dataset", "MATH500", "--model", "M"]
        return given


def commands_of(page: Path) -> Iterator[DocCommand]:
    """The commands in the shell blocks of a page, and in blocks without a language those that begin with a program."""
    name = page.relative_to(ROOT).as_posix()
    for language, block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        if language and language not in _SHELL:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            line = line.strip().removeprefix("$ ")
            if not line or (line.startswith("#") and not line.startswith("#!")):
                continue
            if not language and not _PROGRAM.match(line):
                continue
            yield from _split(name, line)


def _split(page: str, line: str) -> Iterator[DocCommand]:
    """The commands of a line: joined by ``&&``, in the background by ``&``, with ``>`` into a file."""
    words = [line] if line.startswith(("#!", "head=")) else shlex.split(line, comments=True)
    part: list[str] = []
    for word in [*words, "&&"]:
        if word in {"&&", "&", "|", ";"}:
            if part:
                kept = part[: part.index(">")] if ">" in part else part
                yield DocCommand(page, " ".join(part), tuple(kept))
            part = []
        else:
            part.append(word)


def all_commands() -> list[DocCommand]:
    return [command for page in PAGES for command in commands_of(page)]


def way_of(command: DocCommand) -> str | None:
    """How a command is checked; ``None`` if nothing checks it."""
    if command.page in GUIDES:
        return GUIDES[command.page]
    if command.is_ours:
        return _way_of_ours(command)
    if command.words[:2] == ("vllm", "serve"):
        return SERVER if command.page == SERVER_PAGE or command.text in _server_commands() else None
    if command.words[:2] == ("pip", "install") and command.words[2] in {"-r", "-e", "--no-deps"}:
        return INSTALL
    return SHELL if any(re.fullmatch(pattern, command.text) for pattern in SHELL_LINES) else None


def _way_of_ours(command: DocCommand) -> str:
    if command.target == "util.answers" and "--audit" not in command.words:
        return RUN
    if command.target.startswith("benchmarks."):
        return PARSE if has_parser(command.target) else NO_ARGUMENTS
    reads_files = {"--compare", "--reproduce", "--rejudge", "--check", "--recheck"} & set(command.words)
    can_plan = command.target.removesuffix(".py") in SCRIPTS and not reads_files
    return DRY_RUN if can_plan else PARSE


def _server_commands() -> set[str]:
    return {each.text for each in commands_of(ROOT / SERVER_PAGE)}


class Parsed(BaseException):
    """Raised in place of what follows a parser's work; not an ``Exception``, which ``cli.run`` reports."""


def file_of(target: str) -> Path:
    """The source of ``eval.py``, or of a module."""
    path = ROOT / target if target.endswith(".py") else ROOT / target.replace(".", "/")
    return path / "__main__.py" if path.is_dir() else path.with_suffix(".py")


def has_parser(target: str) -> bool:
    return "parse_args" in file_of(target).read_text(encoding="utf-8")


def parse(command: DocCommand) -> None:
    """Let the program itself parse the words.

    Raises:
        SystemExit: it refuses them; its message is on standard error.
    """
    tree = ast.parse(file_of(command.target).read_text(encoding="utf-8"))
    if any(isinstance(node, ast.FunctionDef) and node.name == "parse" for node in tree.body):
        name = command.target.removesuffix(".py")
        name += ".__main__" if file_of(command.target).name == "__main__.py" else ""
        importlib.import_module(name).parse(command.arguments)
        return
    whole = argparse.ArgumentParser.parse_args

    def parsed(parser: argparse.ArgumentParser, *given: object, **more: object) -> argparse.Namespace:
        whole(parser, *given, **more)  # type: ignore[arg-type]
        raise Parsed

    patches = mock.patch.object(argparse.ArgumentParser, "parse_args", parsed)
    words = mock.patch.object(sys, "argv", [command.target, *command.arguments])
    with patches, words, warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message=".*found in sys.modules", category=RuntimeWarning
        )  # it runs once more
        try:
            runpy.run_module(command.target, run_name="__main__", alter_sys=False)
        except Parsed:
            return
    raise AssertionError(f"{command.target} ended without parsing its arguments")


def missing_of_installation(command: DocCommand) -> list[str]:
    """Requirements files and extras of a ``pip install`` that do not exist."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    missing = []
    for word in command.words[2:]:
        if word.endswith(".txt") and not (ROOT / word).is_file():
            missing.append(word)
        if found := re.fullmatch(r"\.\[([\w,]+)\]", word):
            missing += [name for name in found[1].split(",") if name not in extras]
    return missing


if __name__ == "__main__":
    for each in all_commands():
        print(f"{each.page}\t{way_of(each)}\t{each.text}")
