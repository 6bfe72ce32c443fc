"""The documentation names only what exists, and the Chinese README says what the English one says."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
from support.doc_commands import (
    DRY_RUN,
    INSTALL,
    NO_ARGUMENTS,
    PARSE,
    RUN,
    SCRIPTS,
    all_commands,
    file_of,
    missing_of_installation,
    parse,
    way_of,
)
from support.scripts import ROOT, script
from test_architecture import ALLOWED, fail_on, room_of, sources

DOCS = sorted([*ROOT.glob("README*.md"), ROOT / "CONTRIBUTING.md", ROOT / "tasks/README.md", *ROOT.glob("docs/*.md")])
WITH_LINKS = [*DOCS, ROOT / "CHANGELOG.md"]
"""The changelog also names what is gone, so only its links are checked."""

FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
MODULE = re.compile(r"\bpython -m ([\w.]+)")
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
WRITTEN = {"tasks/hmmt.py"}
REPOSITORY_PATH = re.compile(r"(?<![\w/.$-])(?:util|tests|tasks|docs|samples|benchmarks|examples)/[\w./*-]*\w")
TOOLS = (
    "util.answers",
    "util.code",
    "util.distill.judge",
    "util.hub",
    "util.report",
    "util.report.difficulty_table",
    "util.run.recipe",
    "util.training.prove",
    "util.training.verify",
)
HAN = "[\u4e00-\u9fff]"


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


each_document = pytest.mark.parametrize("document", DOCS, ids=name_of)


@cache
def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def without_blocks(text: str) -> str:
    return FENCED.sub("\n", text)


def spans(text: str) -> list[str]:
    """The code spans of a text, those in fenced blocks not."""
    return SPAN.findall(without_blocks(text))


def anchors(text: str) -> set[str]:
    """The fragments of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(text: str) -> list[str]:
    """What follows "python " in code spans and on lines of fenced blocks; continued lines are joined."""
    blocks = "\n".join(FENCED.findall(text)).replace("\\\n", " ").splitlines()
    lines = [*spans(text), *(line.partition(" # ")[0] for line in blocks)]
    return [line[found.end() :] for line in lines if (found := re.search(r"(?:^|\s)(?:\S*/)?python ", line))]


@cache
def options_of(target: str) -> frozenset[str]:
    """The options in the help of a script (``eval.py``) or a module (``-m util.hub``)."""
    done = script(*target.split(), "--help", timeout=120)
    assert done.returncode == 0, done.stderr
    return frozenset(OPTION.findall(done.stdout))


def hyphenated(options: list[str]) -> set[str]:
    return {option.replace("_", "-") for option in options}


@pytest.mark.parametrize("document", WITH_LINKS, ids=name_of)
def test_relative_links_resolve(document: Path) -> None:
    broken = []
    for target in LINK.findall(without_blocks(text_of(document))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        linked = (document.parent / path) if path else document
        if not linked.exists() or (fragment and fragment not in anchors(text_of(linked))):
            broken.append(target)
    fail_on(broken, f"Links of {name_of(document)} that lead nowhere:")


@each_document
def test_modules_can_be_run(document: Path) -> None:
    missing = []
    for module in set(MODULE.findall(text_of(document))):
        spec = importlib.util.find_spec(module)
        is_package = spec is not None and spec.submodule_search_locations is not None
        if spec is None or (is_package and importlib.util.find_spec(f"{module}.__main__") is None):
            missing.append(module)
    fail_on(missing, f"Modules of {name_of(document)} that cannot be run:")


@each_document
def test_paths_exist(document: Path) -> None:
    """Names in capitals (``tasks/NAME.py``) stand for any file, and a guide's reader writes ``WRITTEN``."""
    paths = {
        path for path in REPOSITORY_PATH.findall(text_of(document)) if not re.search(r"\b[A-Z]{3,}\b(?!\.md)", path)
    } - WRITTEN
    fail_on(
        [path for path in sorted(paths) if not any(ROOT.glob(path))], f"Paths of {name_of(document)} that do not exist:"
    )


@each_document
def test_options_exist(document: Path) -> None:
    known = frozenset().union(*(options_of(f"{name}.py") for name in SCRIPTS), *(options_of(f"-m {m}") for m in TOOLS))
    named = hyphenated(
        [option for span in spans(text_of(document)) if span.startswith("--") for option in OPTION.findall(span)]
    )
    fail_on(sorted(named - known), f"Options of {name_of(document)} that no script has:")


@each_document
def test_commands_have_the_options_that_they_are_given(document: Path) -> None:
    wrong = []
    for command in commands(text_of(document)):
        words = command.split()
        target = " ".join(words[:2] if words[0] == "-m" else words[:1])
        given = hyphenated(OPTION.findall(command))
        if target.startswith("-m benchmarks."):
            known = set(OPTION.findall((ROOT / f"{words[1].replace('.', '/')}.py").read_text(encoding="utf-8")))
        elif target.removesuffix(".py") in SCRIPTS or target.removeprefix("-m ") in TOOLS:
            known = set(options_of(target))
        else:
            continue
        wrong += [f"{target} {option}" for option in sorted(given - known)]
    fail_on(wrong, f"Commands of {name_of(document)} with options that they do not have:")


def test_every_printed_command_is_checked() -> None:
    """support/doc_commands.py says how each one is; a command that nothing checks needs a way there."""
    unchecked = [f"{each.page}: {each.text}" for each in all_commands() if way_of(each) is None]
    fail_on(unchecked, "Commands of the documentation that no test checks (tests/support/doc_commands.py):")


def test_printed_commands_are_accepted_by_their_programs(capsys: pytest.CaptureFixture[str]) -> None:
    refused = []
    for command in all_commands():
        way = way_of(command)
        if way in {PARSE, DRY_RUN, RUN}:
            try:
                parse(command)
            except SystemExit:
                refused.append(f"{command.page}: {command.text}\n    {capsys.readouterr().err.strip()[-300:]}")
        elif way == NO_ARGUMENTS and (len(command.arguments) or not file_of(command.target).is_file()):
            refused.append(f"{command.page}: {command.text}\n    it takes no options, or does not exist")
        elif way == INSTALL:
            refused += [f"{command.page}: {command.text}: no {name}" for name in missing_of_installation(command)]
    fail_on(refused, "Commands of the documentation that their programs refuse:")


@each_document
def test_shell_blocks_are_shell(document: Path) -> None:
    for language, block in re.findall(r"^```(\w+)\n(.*?)^```$", text_of(document), re.MULTILINE | re.DOTALL):
        if language in {"bash", "sh"}:
            done = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True, check=False)
            assert done.returncode == 0, f"{block}\n{done.stderr}"


@cache
def texts_of_the_code() -> frozenset[str]:
    """The constant texts of the code, those between the values of an f-string apart; and the shell scripts' lines."""
    found = set((ROOT / "setup_env.sh").read_text(encoding="utf-8").splitlines())
    for path, tree in sources().items():
        if not path.startswith(("benchmarks/", "samples/")):
            nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
            found |= {node.value for node in nodes if isinstance(node.value, str)}
    return frozenset(found)


def test_the_messages_of_the_troubleshooting_page_are_those_of_the_code() -> None:
    """What stands between the dots is in one text of the code; a changed message changes the page too."""
    page = text_of(ROOT / "docs/troubleshooting.md")
    messages = re.findall(r"^```text\n(.+?)\n```$", page, re.MULTILINE | re.DOTALL)
    assert len(messages) >= 25
    gone = []
    for message in messages:
        parts = [part.strip(" ,") for part in message.split("...")]
        told = [part for part in parts if re.search(r"\w{3}", part)]
        assert told, message
        gone += [
            f"{message}\n    not in the code: {part!r}"
            for part in told
            if not any(part in text for text in texts_of_the_code())
        ]
    fail_on(gone, "Messages of docs/troubleshooting.md that the code does not print (correct the page):")


def test_the_readme_links_every_page() -> None:
    linked = set(LINK.findall(text_of(ROOT / "README.md")))
    fail_on(
        [each for each in map(name_of, DOCS) if each.startswith("docs/") and each not in linked],
        "Pages that README.md does not link (table Documentation):",
    )


def test_the_presets_in_the_readme_are_those_of_the_profiles() -> None:
    profiles = tomllib.loads((ROOT / "util/prompting/profiles.toml").read_text())["profile"]
    words = {"temperature": "temperature", "top_p": "top-p"}
    wanted = {
        each["name"]: ", ".join(f"{words.get(name, name)} {value:g}" for name, value in each["preset"].items())
        for each in profiles
        if "preset" in each
    }
    table = text_of(ROOT / "README.md").partition("| family | `--preset` |")[2].partition("\n\n")[0]
    assert dict(re.findall(r"^\| ([^|-][^|]*) \| ([^|]*) \|$", table, re.MULTILINE)) == wanted


def test_the_page_of_licences_says_what_the_sources_say() -> None:
    """The table of datasets, against ``python -m util.hub``."""
    from tasks import TASK_HANDLERS
    from util.hub import SOURCES

    table = text_of(ROOT / "docs/licences.md").partition("| dataset | licence |")[2]
    stated = {
        name.strip(): licence.strip()
        for names, licence in re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)
        for name in names.split(",")
        if name.strip() != "---"
    }
    wrong = []
    for name in TASK_HANDLERS:
        source = SOURCES[{"GPQAMain": "GPQA main"}.get(name, name)]
        if not stated.get(name, "nothing").startswith(source.licence or "not stated"):
            wrong.append(f"{name}: {source.licence or 'not stated'}, the page says {stated.get(name, 'nothing')}")
    fail_on(wrong, "Licences in docs/licences.md that differ from util/hub/sources.py:")


def test_the_citation_names_this_version() -> None:
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for line in (
        "cff-version: 1.2.0",
        f"version: {project['version']}",
        f"license: {project['license']}",
        "title: Sky-T1 tools",
    ):
        assert f"\n{line}\n" in f"\n{text}"


def test_the_names_in_the_architecture_page_are_those_of_the_code() -> None:
    """Files without a folder, and identifiers such as ``ResultStore.add``."""
    code = "\n".join((ROOT / path).read_text(encoding="utf-8") for path in [*sources(), "tests/test_architecture.py"])
    words, files = set(re.findall(r"\w+", code)), {path.rsplit("/", 1)[-1] for path in sources()}
    unknown = []
    for span in spans(text_of(ROOT / "docs/architecture.md")):
        if re.fullmatch(r"\w+\.py", span):
            unknown += [span] if span not in files else []
        elif re.fullmatch(r"[A-Za-z_][\w.]*", span) and not span.endswith((".json", ".jsonl")):
            unknown += [span] if not set(span.split(".")) <= words else []
    fail_on(unknown, "Names in docs/architecture.md that the code does not have:")


def test_the_layers_in_the_architecture_page_are_those_of_the_table() -> None:
    section = text_of(ROOT / "docs/architecture.md").partition("## Who may import whom")[2].partition("\n## ")[0]
    layers: dict[str, int] = {"scripts": 1}
    for number, line in re.findall(r"^(\d+)\. (.+)$", section, re.MULTILINE):
        rooms = [span.removesuffix("/").removesuffix(".py") for span in SPAN.findall(line.partition("(")[0])]
        layers |= dict.fromkeys(rooms, int(number))

    def layer(room: str) -> int:
        return layers["util/engines" if room.startswith("util/engines/") else room]

    rooms = {room_of(path) for path in sources()} - {"util/__init__"}
    upward = [
        f"{room} -> {other}"
        for room in rooms
        for other in ALLOWED[room] & rooms
        if {room, other} != {"benchmarks", "samples"}
        if layer(other) <= layer(room)
        and not (layer(other) == layer(room) and room.split("/")[:2] == other.split("/")[:2])
    ]
    fail_on(sorted(upward), "Imports that the layers in docs/architecture.md do not allow:")


def test_the_chinese_readme_is_complete() -> None:
    english, chinese = (text_of(ROOT / name) for name in ("README.md", "README_zh.md"))
    assert len(re.findall(r"^## ", chinese, re.MULTILINE)) == len(re.findall(r"^## ", english, re.MULTILINE))
    assert [block for block in FENCED.findall(english) if block not in chinese] == []
    assert sorted(set(spans(english)) - set(spans(chinese))) == []
    targets = {target for target in LINK.findall(english) if not target.startswith(("#", "README"))}
    assert sorted(targets - set(LINK.findall(chinese))) == []


def test_the_chinese_readme_has_full_width_punctuation() -> None:
    text = without_blocks(text_of(ROOT / "README_zh.md")).replace("![", "[")
    text = LINK.sub(lambda link: link[0].partition("](")[0].lstrip("["), text)
    plain = SPAN.sub("X", text)
    assert re.findall(rf".?{HAN}[,.:;?!()]|[,.:;?!()]{HAN}.?", plain) == []


def test_the_readme_promises_two_commands() -> None:
    blocks = FENCED.findall(text_of(ROOT / "README.md"))
    assert {"./quickstart.sh\n", "./run_tests.sh\n"} <= set(blocks)
    assert all((ROOT / name).stat().st_mode & 0o100 for name in ("quickstart.sh", "run_tests.sh"))
