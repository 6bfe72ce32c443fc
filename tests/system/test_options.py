"""Options out of dataclasses, and messages about missing packages."""

from __future__ import annotations

import argparse
import doctest
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.scripts import script

from util.system import options
from util.system.arguments import end_index, fraction, positive_int, temperature
from util.system.command_words import hyphenated
from util.system.options import add_options, option, options_from


@dataclass(frozen=True)
class Engine:
    """What a test needs."""

    model: str
    parallel: int = option("GPUs", default=1, flag="tp", type=positive_int)
    share: float | None = option("of the memory", type=fraction)
    eager: bool = option("no compilation", default=False)
    folder: Path = option("where", default=Path("."), type=Path)
    internal: int = 7


def parsed(*arguments: str, **settings: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_options(parser, Engine, "engine", **settings)  # type: ignore[arg-type]
    return parser.parse_args(arguments)


def test_fields_become_options_and_options_fields() -> None:
    assert options_from(Engine, parsed(), model="m") == Engine("m")
    found = options_from(Engine, parsed("--tp", "8", "--share", "0.5", "--eager", "--folder", "x"), model="m")
    assert found == Engine("m", 8, 0.5, True, Path("x"))


def test_a_script_may_leave_options_out_or_change_a_default() -> None:
    assert options_from(Engine, parsed(without=("parallel",)), model="m").parallel == 1
    assert options_from(Engine, parsed(parallel=4), model="m").parallel == 4
    with pytest.raises(SystemExit):
        parsed("--internal", "3")


def test_the_example_of_the_module_works() -> None:
    assert doctest.testmod(options).failed == 0


@pytest.mark.parametrize(
    ("parse", "text"),
    [(positive_int, "0"), (fraction, "1.5"), (temperature, "nan"), (end_index, "0"), (end_index, "x")],
)
def test_arguments_say_what_they_must_be(parse: object, text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="must be"):
        parse(text)  # type: ignore[operator]


def test_temperatures_are_rounded_as_files_spell_them() -> None:
    assert temperature("0.70000001") == 0.7
    assert end_index("-1") == -1


def test_both_spellings_of_an_option() -> None:
    assert hyphenated("--max_tokens=1_000") == "--max-tokens=1_000"
    assert hyphenated("max_tokens") == "max_tokens"


@pytest.mark.parametrize(("name", "extra"), [("openai", "api"), ("tokenizers.models", "filters"), ("ray", "ray"), ("tqdm", "api")])  # fmt: skip
def test_a_missing_package_is_one_message_with_its_extra(name: str, extra: str) -> None:
    program = (
        "from util.system import cli\n"
        f"def main(arguments):\n    raise ModuleNotFoundError('No module', name={name!r})\n"
        "cli.run(main)"
    )
    done = script("-c", program)
    assert done.returncode == 1
    assert f"pip install -e '.[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in script("-c", program, "--debug").stderr


def test_a_missing_module_of_ours_is_a_fault_of_ours() -> None:
    program = "from util.system import cli\ndef main(arguments):\n    import util.nothing\ncli.run(main)"
    done = script("-c", program)
    assert "ModuleNotFoundError" in done.stderr
