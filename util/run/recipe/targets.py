"""What a step can run: the scripts of this suite and its modules."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from util.run.recipe.placeholders import hint
from util.system.errors import UserError
from util.system.project import ROOT

SCRIPTS = ("label_math_difficulty", "inference_and_check", "convert_format", "convert_to_data", "eval")


def target_words(name: str, place: str) -> tuple[str, ...]:
    """The first words after ``python`` for the value of ``run``. place: for messages.

    >>> target_words("eval.py", "x"), target_words("util.report", "x")
    (('eval.py',), ('-m', 'util.report'))

    Raises:
        UserError: the suite has no such script or module.
    """
    plain = name.removesuffix(".py")
    if plain in SCRIPTS:
        file = ROOT / f"{plain}.py"
        return (file.name,) if Path.cwd() == ROOT else (str(file),)
    if name in runnable():
        return ("-m", name)
    raise UserError(f"{place}: run = {name!r} is not a part of this suite; {hint(name, runnable())}")


@cache
def runnable() -> tuple[str, ...]:
    """The scripts, and each module that can be run with ``python -m`` and whose options can be checked before a run."""
    found = [f"{name}.py" for name in SCRIPTS]
    for file in sorted((ROOT / "util").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if "    cli.run(main)\n" in text and "\ndef parse(" in text and file.parent != Path(__file__).parent:
            found.append(".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__"))
    return tuple(found)


def words_of_target(words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The script or module of a command, and its arguments.

    >>> words_of_target(["-m", "util.report", "data"])
    ('util.report', ('data',))
    """
    start = 2 if words[0] == "-m" else 1
    return words[start - 1], tuple(words[start:])
