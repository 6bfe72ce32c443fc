"""What a reader wants to see of a failed test: its input, the expected output, the program's own, the line that failed."""

from __future__ import annotations

import re
from typing import Any

from util.code import call_values
from util.code.problem import Tests

MOST = 2_000
"""Characters that are kept of each text."""
BEFORE = 400
"""Characters that are kept in front of the first difference, where a text is longer than ``MOST``."""
LOOKED_AT = 2**20
"""The first difference is looked for in this much of each text."""
CUT = "…"

_FRAME = re.compile(r'File "solution\.py", line (\d+)|\(solution\.py, line (\d+)\)')


def given(tests: Tests, index: int) -> str:
    """The input of test ``index``: what the program reads, or the call."""
    arguments = tests.inputs[index]
    if tests.function is None:
        return _shortened(_text(arguments), 0)
    values = arguments if isinstance(arguments, list | tuple) else [arguments]
    room, parts = MOST, list[str]()
    for value in values:
        parts.append(call_values.shown(value, max(room, 1)))
        room -= len(parts[-1])
        if room <= 0:
            break
    call = f"{tests.asked or tests.function}({', '.join(parts)}{f', {CUT}' if len(parts) < len(values) else ''})"
    return _shortened(call, 0)


def outputs(tests: Tests, index: int, data: bytes) -> dict[str, Any]:
    """Both outputs of test ``index``. data: what the program printed, or its encoded result.

    Long texts begin shortly before the first line that differs; "from_line" is then the number of their first line.
    """
    if tests.function is not None:
        try:
            got = call_values.shown(call_values.loads(data), MOST)
        except ValueError:
            return {"expected": call_values.shown(tests.outputs[index], MOST)}
        return {"expected": call_values.shown(tests.outputs[index], MOST), "output": got}
    expected, printed = _text(tests.outputs[index])[:LOOKED_AT], data[:LOOKED_AT].decode("utf-8", "replace")
    if max(len(expected), len(printed)) <= MOST:
        return {"expected": expected, "output": printed}
    place, line = _first_difference(expected, printed)
    shown = {"expected": _shortened(expected, place[0]), "output": _shortened(printed, place[1])}
    return shown | ({"from_line": line} if line > 1 else {})


def named_lines(text: str) -> tuple[int, ...]:
    """The lines of the program that a traceback or a compiler's message names, the innermost last."""
    return tuple(int(match[1] or match[2]) for match in _FRAME.finditer(text))


def failed_line(lines: tuple[int, ...], first: int, last: int) -> int | None:
    """The line of the solution, from 1, that is named last.

    first, last: the solution's lines in the program that was run, which may have others around it.
    """
    inside = [line for line in lines if first <= line <= last]
    return inside[-1] - first + 1 if inside else None


def solution_lines(program: str, tests: Tests) -> tuple[int, int]:
    """First and last line of the solution in ``tests.program(solution)``."""
    before = tests.preamble.count("\n") + 1 if tests.preamble and program.startswith(f"{tests.preamble}\n") else 0
    after = tests.epilogue.count("\n") + 1 if tests.epilogue else 0
    return before + 1, program.count("\n") + 1 - after


def _text(text: Any) -> str:
    """A test's text; of several right outputs, the first."""
    return str(text[0] if text else "") if isinstance(text, list) else str(text)


def _first_difference(expected: str, printed: str) -> tuple[tuple[int, int], int]:
    """Where to begin in each text so that the first difference is in view, and the number of the line there."""
    place, line = [0, 0], 1
    for wanted, got in zip(expected.splitlines(keepends=True), printed.splitlines(keepends=True), strict=False):
        if wanted.rstrip() != got.rstrip():
            common = next((i for i, (a, b) in enumerate(zip(wanted, got, strict=False)) if a != b), 0)
            if common > BEFORE:
                return (place[0] + common - BEFORE, place[1] + common - BEFORE), line
            break
        place, line = [place[0] + len(wanted), place[1] + len(got)], line + 1
    back = min(line - 1, 2)  # two lines that agree, so that the place is recognised
    for _ in range(back):
        place = [text.rfind("\n", 0, max(0, end - 1)) + 1 for text, end in zip((expected, printed), place, strict=True)]
    return (place[0], place[1]), line - back


def _shortened(text: str, start: int) -> str:
    """At most ``MOST`` characters from ``start`` on; a mark where a line begins or ends elsewhere."""
    head = CUT if start and text[start - 1 : start] != "\n" else ""
    return f"{head}{text[start : start + MOST]}{CUT if len(text) > start + MOST else ''}"
