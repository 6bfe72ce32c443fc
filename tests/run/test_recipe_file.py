"""Recipes as files: what they may contain, how options become words, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.scripts import ROOT

from util.run.recipe.recipe_file import Recipe, read_recipe
from util.run.recipe.step_checks import check_options, missing_inputs
from util.run.recipe.targets import runnable
from util.system.errors import UserError

HEAD = 'folder = "d"\n[models]\nteacher = "org/m"\n[vars]\nout = "${folder}/out"\nn = 4\n'
STEP = '[steps.generate]\nrun = "inference_and_check.py"\n'


def recipe(tmp_path: Path, text: str, **settings: str) -> Recipe:
    path = tmp_path / "r.toml"
    path.write_text(text, encoding="utf-8")
    return read_recipe(path, settings)


def words(tmp_path: Path, options: str) -> list[str]:
    [step] = recipe(tmp_path, HEAD + STEP + options).steps
    return list(step.commands[0].words[1:])


def refusal(tmp_path: Path, text: str, **settings: str) -> str:
    with pytest.raises(UserError) as caught:
        recipe(tmp_path, text, **settings)
    return str(caught.value)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ('dataset = "APPS"\nmax_tokens = 16384', ["--dataset", "APPS", "--max-tokens", "16384"]),
        ("inference = true\ncheck = false", ["--inference"]),
        ("end = -1", ["--end=-1"]),
        ("temperatures = [0.6, 1.0]", ["--temperatures", "0.6", "1.0"]),
        ('dataset-path = [["A=a"], ["B=b"]]', ["--dataset-path", "A=a", "--dataset-path", "B=b"]),
        ("sampling-args = {top_k = 20, stop = ['#', 'x y']}", ["--sampling-args", "top_k=20", 'stop=["#", "x y"]']),
        ("engine-args = {quantization = 'fp8', eager = true, name = '5'}",
         ["--engine-args", "quantization=fp8", "eager=true", 'name="5"']),
        ('result-dir = "${out}/$${x}"\nmodel = "${teacher}"', ["--result-dir", "d/out/${x}", "--model", "org/m"]),
        ("source = 2024-08-01", ["--source", "2024-08-01"]),
        ('arguments = ["${folder}", 3]\ndebug = true', ["d", "3", "--debug"]),
    ],
)  # fmt: skip
def test_options_become_words(tmp_path: Path, options: str, expected: list[str]) -> None:
    assert words(tmp_path, options) == expected


def test_a_step_runs_once_for_each_selection_and_may_be_like_another(tmp_path: Path) -> None:
    text = HEAD + (
        '[selections.a]\ndataset = "APPS"\n[selections.b]\ndataset = "NUMINA"\nmax_tokens = 9\n'
        f'{STEP}each = "selections"\ninference = true\nmax-tokens = 5\n'
        '[steps.check]\nlike = "generate"\neach = ["b"]\ninference = false\ncheck = true\n'
        '[steps.report]\nrun = "util.report"\narguments = ["x"]\nafter = []\n'
    )
    generate, check, report = recipe(tmp_path, text).steps
    assert [command.part for command in generate.commands] == ["a", "b"]
    assert generate.commands[0].words[1:] == ("--inference", "--max-tokens", "5", "--dataset", "APPS")
    assert generate.commands[1].words[1:] == ("--inference", "--max-tokens", "9", "--dataset", "NUMINA")
    assert [command.words[1:] for command in check.commands] == [
        ("--max-tokens", "9", "--check", "--dataset", "NUMINA")
    ]
    assert (generate.after, check.after, report.after) == ((), ("generate",), ())
    assert report.commands[0].words == ("-m", "util.report", "x")


def test_values_of_the_command_line_and_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCH_OF_TEST", "/s")
    text = HEAD.replace('"d"', '"${env:SCRATCH_OF_TEST}/d"') + STEP + 'n = "${n}"\nresult-dir = "${out}"\n'
    assert recipe(tmp_path, text).folder == Path("/s/d")
    [step] = recipe(tmp_path, text, n="7", folder="e").steps
    assert step.commands[0].words[1:] == ("--n", "7", "--result-dir", "e/out")


def test_small_files_are_part_of_the_recipe(tmp_path: Path) -> None:
    found = recipe(tmp_path, HEAD + '[files]\nmix = {a = 0.5}\nprompt = "Think ${n}"\n' + STEP + 'mix = "${mix}"\n')
    assert found.files == {
        Path("d/recipe_files/mix.json"): '{\n "a": 0.5\n}\n',
        Path("d/recipe_files/prompt.txt"): "Think ${n}",
    }
    assert found.steps[0].commands[0].words[1:] == ("--mix", "d/recipe_files/mix.json")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD.replace("models", "modells") + STEP, "modells is not known; did you mean models?"),
        (HEAD + STEP.replace("inference_and_check.py", "inference_check.py"), "did you mean inference_and_check.py?"),
        (HEAD + STEP.replace("inference_and_check.py", "util.reports"), "did you mean util.report?"),
        (HEAD + STEP.replace("inference_and_check.py", "os"), "is not a part of this suite"),
        (HEAD + STEP + 'model = "${techer}"', "did you mean teacher?"),
        (HEAD + '[steps.generate]\nmodel = "x"', "does not say what to run"),
        (HEAD + STEP + 'after = ["label"]', "'label' is not an earlier step"),
        (HEAD + STEP + 'each = "selections"', "at least one [selections.NAME]"),
        (HEAD + STEP + 'each = ["mat"]\n[selections.math]', "did you mean math?"),
        (HEAD + STEP + '[steps.check]\nlike = "generat"', "did you mean generate?"),
        (HEAD + STEP + "temperatures = []", "temperatures in [steps.generate]"),
        (HEAD.replace('"${folder}/out"', '"${out}"') + STEP + 'x = "${out}"', "contains itself"),
        (HEAD + STEP + "[steps.generate]\n", "is not a TOML file"),
        (HEAD, "has no steps"),
        (STEP, "folder is None; expected folder ="),
        (HEAD.replace('"d"', '"."') + STEP, "contains the current folder"),
        (HEAD + "teacher = 3\n" + STEP, "the name teacher is given twice"),
        (HEAD + STEP + 'x = "${env:NOT_SET_AT_ALL}"', "the environment variable NOT_SET_AT_ALL is not set"),
        (HEAD + STEP + "start = {}", "start in [steps.generate]"),
        ("a = " + "[" * 50, "is not a TOML file"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_nearest_name(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in refusal(tmp_path, text)


def test_a_setting_must_be_a_name_of_the_recipe(tmp_path: Path) -> None:
    assert "did you mean teacher?" in refusal(tmp_path, HEAD + STEP, teachers="x")


@pytest.mark.parametrize(
    "line",
    ['keys = "sk-abcdefgh12345678abcdefgh"', "request-args = {api_key = 'secret-secret-1'}",
     'base-url = "https://me:secret-secret-1@host/v1"'],
)  # fmt: skip
def test_an_api_key_is_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    message = refusal(tmp_path, HEAD + STEP + line)
    assert "looks like an API key" in message
    assert "secret-secret" not in message
    assert "sk-abc" not in message


def test_a_key_in_the_environment_is_not_put_into_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-abcdefgh12345678abcdefgh")
    message = refusal(tmp_path, HEAD + STEP + 'keys = "${env:OPENAI_API_KEY}"')
    assert "looks like a credential" in message
    assert "sk-abc" not in message


def test_the_scripts_check_their_options_before_anything_runs(tmp_path: Path) -> None:
    common = HEAD + STEP + 'dataset = "NUMINA"\nmodel = "m"\n'
    known = check_options(recipe(tmp_path, common))
    assert {"--max-tokens", "--overwrite", "--dry-run"} <= known["inference_and_check.py"]
    wrong = recipe(
        tmp_path,
        common + "max-tokenz = 5\ntemperaturs = 1\n"
        '[steps.data]\nrun = "convert_to_data.py"\ninput-dir = ["d"]\noutput = "d/t"\nselect = "shortst"\n',
    )
    with pytest.raises(UserError) as caught:
        check_options(wrong)
    message = str(caught.value)
    assert "nothing was started" in message
    assert "--max-tokenz; did you mean --max-tokens? (in generate)" in message
    assert "--temperaturs; did you mean --temperatures?" in message
    assert "did you mean 'shortest'?" in message
    both = recipe(tmp_path, common + "inference = true\ncheck = true")
    with pytest.raises(UserError, match="exclude each other"):
        check_options(both)


def test_input_files_must_be_there_but_not_those_that_steps_make(tmp_path: Path) -> None:
    found = recipe(
        tmp_path, HEAD + STEP + 'keys = "no-keys.txt"\ndataset-path = "A=no.jsonl"\ndifficulty-labels = "d/l.json"'
    )
    assert missing_inputs(found) == [
        "--keys no-keys.txt does not exist (in generate)",
        "--dataset-path no.jsonl does not exist (in generate)",
    ]


def test_modules_whose_options_can_be_checked_can_be_steps() -> None:
    assert {"eval.py", "util.report"} <= {*runnable()}
    assert "util.run.recipe" not in runnable()


@pytest.mark.parametrize(
    "path", [*sorted((ROOT / "examples").glob("*.toml")), ROOT / "samples/recipe.toml"], ids=os.path.basename
)
def test_the_examples_are_taken_by_the_scripts(path: Path, tmp_path: Path) -> None:
    assert check_options(read_recipe(path, {"folder": str(tmp_path / "x")}))
