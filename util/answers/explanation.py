"""What a verdict was made of, in words: what each text was read as, which rule decided, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from util.answers.extraction.candidate import Extraction
from util.answers.interpret import option_of, read
from util.answers.layers import FALLBACK, NUMBER, POINTS, ROUNDING, compare
from util.answers.layout import cleaned, grouped
from util.answers.policy import Policy
from util.answers.syntax.grammar import parse_answer
from util.answers.syntax.nodes import Const, Group, Listing, Node, Num, Relation, SetOf, Sym, Unreadable, Words
from util.records import Verdict
from util.system.characters import printable

COMPARED_BY = {
    "text": "the texts, without spaces and styles; words by their letters, options by their letter and content",
    NUMBER: "the numbers, as exact fractions",
    "exact": "the expressions, by exact rules",
    POINTS: "the values of the expressions at many points (not a proof)",
    ROUNDING: "a rounding: one number is the other one rounded (not exact)",
    "mathematics": "the expressions: no exact rule, agreement at points or rounding makes them equal",
    FALLBACK: "math-verify, since the built-in parser could not read both",
    "": "none: nothing could be compared",
}
"""What was compared, by the layer that decided."""
_DECIMALS = (
    "for an exact gold answer a decimal needs six significant digits, all right; a gold decimal is taken for a rounding"
    " only from three significant digits on, and not if it is a simple fraction such as 12.5"
)


def extraction_lines(found: Extraction) -> Iterator[str]:
    """The candidates for the final answer of a response, and which of them was taken."""
    for candidate in found.candidates:
        fault = candidate.fault or ("counts only if nothing else does" if candidate.weak else "a statement")
        yield f"candidate:   {printable(candidate.text)!r} ({candidate.kind}, character {candidate.start}): {fault}"
    if found.answer is not None:
        yield f"extracted:   {printable(found.answer)!r}: {found.reason}"
        return
    yield f"extracted:   nothing: {found.reason}"
    yield "verdict:     wrong: no final answer found"
    if not found.candidates:
        yield r"to do:       nothing is marked as the answer (\boxed, 'the answer is', ####); --lenient takes the last formula"


def comparison_lines(gold: str, answer: str, policy: Policy) -> tuple[Verdict, list[str]]:
    """The verdict of ``compare`` with the lines that explain it."""
    verdict = compare(gold, answer, policy)
    lines = []
    for label, text in (("gold", gold), ("answer", answer)):
        lines += [
            f"{label + ' text:':<12} {printable(cleaned(text))}",
            f"{label + ' read:':<12} {printable(reading(text))}",
        ]
    word = {True: "right", False: "wrong", None: "no verdict"}[verdict.correct]
    lines.append(f"verdict:     {word}: {printable(verdict.reason)}")
    lines.append(f"compared:    {COMPARED_BY[verdict.evidence['layer']]}")
    lines += [f"to do:       {advice}" for advice in _advice(verdict, gold, answer, policy)]
    return verdict, lines


def reading(text: str) -> str:
    """What a text is read as: an option, a tree, or words."""
    clean = cleaned(text)
    if not clean:
        return "nothing: the text is empty"
    if (option := option_of(clean)) is not None:
        return f"option {option.letter}" + ("" if option.content is None else f" with content {option.content!r}")
    found = read(grouped(clean))
    if isinstance(found, str):
        return f"words {found!r}"
    if found is not None:
        return shown(found)
    try:
        return shown(parse_answer(grouped(clean)))
    except Unreadable as error:
        return f"cannot be read: {error}"


def shown(item: object) -> str:
    """A node as its kind and parts; numbers, names, relations and brackets as they are written."""
    if isinstance(item, Num):
        if not item.places:
            return str(item.value)
        digits = str(abs(int(item.value * 10**item.places))).zfill(item.places + 1)
        return f"{'-' if item.value < 0 else ''}{digits[: -item.places]}.{digits[-item.places :]}"
    if isinstance(item, (Sym, Const)):
        return item.name
    if isinstance(item, Words):
        return f"words {item.text!r}"
    if isinstance(item, Relation):
        words = [shown(item.sides[0])]
        for operator, side in zip(item.operators, item.sides[1:], strict=True):
            words += [operator, shown(side)]
        return " ".join(words)
    if isinstance(item, (Group, SetOf, Listing)):
        left, right = (item.left, item.right) if isinstance(item, Group) else ("{", "}")
        inside = ", ".join(map(shown, item.items))
        return f"List({inside})" if isinstance(item, Listing) else f"{left}{inside}{right}"
    if isinstance(item, Node):
        parts = [getattr(item, name) for name, field in item.__dataclass_fields__.items() if field.compare]
        return f"{type(item).__name__}({', '.join(map(shown, parts))})"
    if isinstance(item, tuple):
        return f"[{', '.join(map(shown, item))}]"
    return str(item)


def _advice(verdict: Verdict, gold: str, answer: str, policy: Policy) -> Iterator[str]:
    if verdict.correct is None:
        yield "write the gold answer in a form that can be read" + ("" if policy.fallback else ", or try --fallback")
    elif "cannot be read" in verdict.reason and not policy.fallback:
        yield "--fallback asks math-verify where the built-in parser cannot read one of the two"
    if verdict.correct is False and verdict.evidence["layer"] == "exact":
        yield "--unevaluated accept accepts computations that are equal to the gold answer"
    if verdict.correct is False and "." in gold + answer and verdict.evidence["layer"] in (NUMBER, "mathematics"):
        yield _DECIMALS
    if verdict.correct and verdict.evidence["layer"] in (POINTS, ROUNDING):
        yield "--doubtful null, in a run, gives no verdict where such a rule decides"
