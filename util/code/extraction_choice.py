"""Which of a response's pieces of code is its final program.

The last program counts. A later piece does not replace it if it is only an example of its use, a test, an excerpt or
an output. Where a later piece changes a part of the program without being a whole program, that piece is the
choice: the earlier program is no longer what the response says, and no program is made up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from util.code.extraction_outline import Outline, redefined, same_definition
from util.code.extraction_scope import Effects

_TEST = re.compile(r"(?i)_*test|\w*_test\Z")


def choice_for_input(
    outlines: Sequence[Outline], excerpts: frozenset[int], joined_effects: Callable[[int], Effects]
) -> int | None:
    """Index of the program that reads standard input; None if all pieces are sessions.

    excerpts: see ``excerpts_of``. joined_effects: index of a piece -> effects of what it takes from other pieces.
    """
    usable = [i for i, piece in enumerate(outlines) if not piece.session]

    def is_whole(index: int, *, alone: bool) -> bool:
        """alone: the piece itself reads, and does not only call what others define."""
        piece = outlines[index]
        if not piece.valid or not piece.runs or (alone and not piece.effects.reads):
            return False
        found = piece.effects
        if not (found.reads and found.prints):
            found |= joined_effects(index)
        return found.reads and found.prints

    for alone in (True, False):
        program = next((i for i in reversed(usable) if i not in excerpts and is_whole(i, alone=alone)), None)
        if program is not None:
            break
    else:
        return _last_acting(outlines, usable)
    changing = [i for i in usable if i > program and changes_program(outlines[i], outlines[program])]
    if not changing:
        return program
    return next((i for i in reversed(usable) if i >= changing[0] and is_whole(i, alone=False)), changing[-1])


def choice_for_call(outlines: Sequence[Outline], function: str, excerpts: frozenset[int]) -> int | None:
    """Index of the last piece that defines ``function`` as a caller finds it; None if no piece does.

    A definition without a body, and a value of that name in a piece without functions, count only if there is no other.
    """
    definers = [i for i, piece in enumerate(outlines) if function in (piece.callables or piece.text_defines)]
    bodies = [i for i in definers if function not in outlines[i].stubs]
    real = [i for i in bodies if function not in outlines[i].weak] or bodies or definers
    return next((i for i in reversed(real) if i not in excerpts), real[-1] if real else None)


def later_change(outlines: Sequence[Outline], index: int) -> int:
    """Index of the last piece that changes a function of piece ``index``, or would replace it; without one, ``index``."""
    later = range(index + 1, len(outlines))
    return max((i for i in later if changes_function(outlines[i], outlines[index])), default=index)


def excerpts_of(outlines: Sequence[Outline]) -> frozenset[int]:
    """Indices of the pieces that quote lines of an earlier one and use a name that they do not define."""
    return frozenset(
        i
        for i, piece in enumerate(outlines)
        if (piece.missing or not piece.valid)
        and any(
            len(piece.lines) < len(earlier.lines) and piece.lines in earlier.lines
            for earlier in outlines[:i]
            if earlier.valid
        )
    )


def changes_program(piece: Outline, program: Outline) -> bool:
    """Whether a later ``piece`` is meant to replace or change a program that reads standard input."""
    if piece.session or piece.idle or piece.lines in program.lines:
        return False
    if not piece.valid:
        return piece.effects.reads or not piece.text_defines.isdisjoint(program.functions)
    if _redefines(piece, program):
        return True
    return piece.effects == Effects(True, True) and not piece.runs and not _repeats(piece, program)


def changes_function(piece: Outline, program: Outline) -> bool:
    """Whether a later ``piece`` is meant to change a function of ``program``, or to replace it, for a call-based problem."""
    if piece.session or piece.idle or piece.lines in program.lines:
        return False
    if not piece.valid:
        return not piece.text_defines.isdisjoint(program.callables | program.text_defines)
    return _redefines(piece, program)


def is_unfinished_program(piece: Outline) -> bool:
    """Whether code at the end of a cut response began a program.

    It reads, or defines more than tests; or it is valid and has not done anything yet.
    """
    if piece.effects.reads or any(not _TEST.match(name) for name in piece.text_defines):
        return True
    return piece.valid and not (piece.runs or piece.idle or piece.checks or piece.text_defines)


def _redefines(piece: Outline, program: Outline) -> bool:
    names = piece.functions.keys() & program.functions.keys()
    return any(redefined(piece.functions[name], program.functions[name]) for name in names)


def _repeats(piece: Outline, program: Outline) -> bool:
    return all(
        name in program.functions and same_definition(node, program.functions[name])
        for name, node in piece.functions.items()
    )


def _last_acting(outlines: Sequence[Outline], usable: Sequence[int]) -> int | None:
    """The last piece that does anything other than to check; without one, the last that is no session."""
    acting = [i for i in usable if not outlines[i].idle and not outlines[i].checks]
    return max(acting or usable, default=None)
