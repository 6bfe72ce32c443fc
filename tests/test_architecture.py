"""The structure of the code: who may import whom, sizes, names, and where the file format is spelled out."""

from __future__ import annotations

import ast
import graphlib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from support.scripts import ROOT

BOTTOM = {"util/records", "util/system"}
ENGINES = {"util/engines", "util/engines/openai", "util/engines/vllm", "util/engines/ray", "util/engines/base"}

ALLOWED: dict[str, set[str]] = {
    # A room and the rooms that it may import; itself goes without saying. A room is a script, a folder of util, or a
    # file of util. util/engines is split: "util/engines" chooses an engine (its __init__.py), "util/engines/base" holds
    # its other files, which every engine shares, and each backend's folder is a room of its own.
    #
    # At the bottom, these import nothing of ours.
    "util/records": set(),
    "util/system": set(),
    "util/__init__": {"util/system"},  # Ctrl-C while a module of util is started
    # What a dataset is to the suite.
    "util/task": {*BOTTOM, "util/code"},
    "util/task_file": {*BOTTOM, "util/task"},
    # Texts and files. Only results and foreign turn records into dicts and back.
    "util/text": BOTTOM,
    "util/results": BOTTOM,
    "util/foreign": {*BOTTOM, "util/text", "util/results", "util/hub", "util/task", "util/answers"},
    "util/hub": {*BOTTOM, "util/task_file"},
    "util/prompting": BOTTOM,
    # Judging.
    "util/answers": {*BOTTOM, "util/text", "util/results"},  # results: its audit reads them
    "util/code": {*BOTTOM, "util/text"},
    "util/instructions": {*BOTTOM, "util/text"},
    "util/checks": {*BOTTOM, "util/task", "util/engines/ray"},
    "tasks": {
        *BOTTOM, "util/task", "util/task_file", "util/answers", "util/code", "util/hub", "util/prompting", "util/text",
        "util/foreign", "util/metrics", "util/instructions",
    },
    # Generating.
    "util/engines/base": {*BOTTOM, "util/text", "util/prompting"},
    "util/engines/openai": {*BOTTOM, "util/engines/base", "util/text", "util/prompting"},
    "util/engines/vllm": {*BOTTOM, "util/engines/base", "util/text", "util/prompting"},
    "util/engines/ray": {*BOTTOM, "util/engines/base", "util/engines/vllm", "util/text", "util/prompting"},
    "util/engines": {*BOTTOM, *(ENGINES - {"util/engines"})},
    # Reading results.
    "util/metrics": {"util/records", "util/results", "util/answers", "util/text"},
    "util/report": {*BOTTOM, "util/answers", "util/code", "util/results", "util/metrics", "util/training", "util/text"},
    "util/training": {
        *BOTTOM, "util/answers", "util/metrics", "util/results", "util/text", "util/hub", "util/prompting",
        "util/task", "util/task_file", "util/checks",  # its verify judges published files again
    },
    # A run: rows -> engine -> journal -> checks -> result file.
    "util/run": {
        *BOTTOM, *ENGINES, "util/checks", "util/results", "util/task", "util/text", "util/metrics", "util/hub",
        "util/prompting", "util/code", "util/report",
    },
    "util/distill": {
        *BOTTOM, *ENGINES, "util/results", "util/run", "util/text", "util/code", "util/answers", "util/prompting",
        "util/metrics",
    },
    # Judging other tools' results again.
    "util/referee": {
        *BOTTOM, "util/foreign", "util/checks", "util/task", "util/results", "util/metrics", "util/answers", "util/report",
    },
    # At the top. Nothing imports scripts or benchmarks.
    "samples": {*BOTTOM, "util/results"},
    "scripts": {
        *BOTTOM, *ENGINES, "tasks", "util/run", "util/distill", "util/training", "util/report", "util/metrics",
        "util/results", "util/foreign", "util/task", "util/referee",
    },
    "benchmarks": {
        *BOTTOM, *ENGINES, "tasks", "samples", "util/run", "util/distill", "util/training", "util/report", "util/metrics",
        "util/results", "util/task", "util/checks", "util/answers", "util/code", "util/hub", "util/prompting", "util/text",
        "util/instructions",
    },
}  # fmt: skip

MOST_LINES, MOST_LINES_OF_A_FUNCTION = 300, 60
SAME_JOB = {"__init__", "__main__", "engine", "judge", "options"}
"""Files that may have one name in several rooms. benchmarks/judge.py measures util/code/judge.py."""
FILE_FORMAT = {"correctness", "finish_reason", "processed_content", "sample_index", "token_usages"}
"""Fields of result files; everywhere else they are attributes of a record."""
SPELL_THE_FORMAT = ("util/records.py", "util/results/", "util/foreign/", "util/engines/openai/shapes.py")
"""The last spells the same word as the field of an API's answers."""


@cache
def sources() -> dict[str, ast.Module]:
    """Path from the root -> syntax tree, of every file outside of tests."""
    paths = [*ROOT.glob("*.py")]
    for folder in ("util", "tasks", "samples", "benchmarks"):
        paths += sorted((ROOT / folder).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in paths}


def module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def room_of(path: str) -> str:
    """The room of a file, as ``ALLOWED`` names it."""
    folders = path.removesuffix(".py").split("/")
    if folders[0] != "util":
        return folders[0] if len(folders) > 1 else "scripts"
    if folders[1] == "engines" and folders[2] != "__init__":
        return "/".join(folders[:3]) if len(folders) > 3 else "util/engines/base"
    return "/".join(folders[:2])


def imports(path: str, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """(path of a file of ours, line) of every import, those in functions included, those for type checkers not."""
    paths = {module_name(known): known for known in sources()}
    package = module_name(path).split(".") if path.endswith("__init__.py") else module_name(path).split(".")[:-1]
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending += node.orelse
            continue
        pending += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            inner = [f"{base}.{alias.name}" for alias in node.names]
            names = [name if name in paths else base for name in inner]
        else:
            continue
        for name in dict.fromkeys(names):
            if name in paths and paths[name] != path:
                yield paths[name], node.lineno


def fail_on(faults: list[str], rule: str) -> None:
    if faults:
        pytest.fail(f"{rule}\n  " + "\n  ".join(faults), pytrace=False)


def circles(graph: dict[str, set[str]]) -> list[str]:
    """Circles of a graph; each is broken at one edge before the next is looked for."""
    found = []
    while True:
        try:
            graphlib.TopologicalSorter(graph).prepare()
        except graphlib.CycleError as error:
            circle = error.args[1][::-1]  # graphlib lists dependencies first
            found.append(" -> ".join(circle))
            graph[circle[0]].discard(circle[1])
        else:
            return found


def test_no_module_imports_itself_through_others() -> None:
    graph = {path: {other for other, _ in imports(path, tree)} for path, tree in sources().items()}
    fail_on(circles(graph), "Import circles (move what both need into a third module):")


def test_the_table_has_no_circle_and_knows_every_room() -> None:
    fail_on(circles({room: set(others) for room, others in ALLOWED.items()}), "ALLOWED itself runs in a circle:")
    rooms = {room_of(path) for path in sources()}
    fail_on(sorted(rooms - set(ALLOWED)), "Rooms that ALLOWED does not name (add what they may import):")


def test_imports_run_one_way() -> None:
    faults = [
        f"{path}:{line} imports {other}: {room_of(path)} may not import {room_of(other)}"
        for path, tree in sources().items()
        for other, line in imports(path, tree)
        if room_of(other) not in ALLOWED.get(room_of(path), set()) | {room_of(path)}
    ]
    fail_on(faults, "Imports against the direction (ALLOWED, at the top of this file):")


def test_files_and_functions_are_short() -> None:
    faults = []
    for path, tree in sources().items():
        lines = len((ROOT / path).read_text().splitlines())
        if lines > MOST_LINES:
            faults.append(f"{path}: {lines} lines, more than {MOST_LINES}")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > MOST_LINES_OF_A_FUNCTION:
                    faults.append(
                        f"{path}:{node.lineno} {node.name}: {size} lines, more than {MOST_LINES_OF_A_FUNCTION}"
                    )
    fail_on(faults, "Too long:")


def test_no_two_public_classes_or_files_have_one_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path, tree in sources().items():
        if Path(path).stem not in SAME_JOB:
            places[f"file {Path(path).name}"].append(path)
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[f"class {node.name}"].append(path)
    faults = [f"{name}: {', '.join(found)}" for name, found in places.items() if len(found) > 1]
    fail_on(faults, "One name for two things (give one of them a name of its own):")


def test_fields_of_the_file_format_are_named_in_one_place() -> None:
    faults = [
        f'{path}:{node.lineno} "{node.value}"'
        for path, tree in sources().items()
        if not path.startswith(SPELL_THE_FORMAT)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in FILE_FORMAT
    ]
    fail_on(faults, f"Only {', '.join(SPELL_THE_FORMAT)} spell these fields; elsewhere use the record's attribute:")


def test_the_rules_see_what_they_forbid() -> None:
    """Circles and imports of every form, on made-up sources."""
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) in (
        ["a -> b -> c -> a"], ["b -> c -> a -> b"], ["c -> a -> b -> c"],
    )  # fmt: skip
    code = (
        "if TYPE_CHECKING:\n    import util.task\ndef f():\n    from util import records\n    from ..text import fences\n"
        "    import util.system.cli as x\n    from util.task import Selection\n    import os, json\n"
    )
    found = dict(imports("util/code/judge.py", ast.parse(code)))
    assert found == {"util/records.py": 4, "util/text/fences.py": 5, "util/system/cli.py": 6, "util/task.py": 7}
    rooms = [room_of(f"util/engines/{name}.py") for name in ("__init__", "base", "ray/__init__", "openai/wire")]
    assert rooms == ["util/engines", "util/engines/base", "util/engines/ray", "util/engines/openai"]
    assert [room_of(path) for path in ("eval.py", "util/records.py", "tasks/code.py")] == [
        "scripts",
        "util/records",
        "tasks",
    ]
