"""Instructions about the form of a response: paragraphs, lists, marks, JSON, begin and end."""

from __future__ import annotations

import json
import re

from util.instructions.instruction_arguments import Arguments, Undecided

OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
SEPARATOR = "******"
_DIVIDER = re.compile(r"\s?\*\*\*\s?|^[ \t]*\*[ \t]\*[ \t]\*[ \t]*$", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]*[*+-][ \t]+(?=\S)(?!(?:[*+-][ \t]*)+$)", re.MULTILINE)
_BOLD = re.compile(r"\*\*([^\n*]*)\*\*")
_EMPHASIS = re.compile(r"\*([^\n*]*)\*")
_TITLE = re.compile(r"<<([^\n]+?)>>")
_FENCE = re.compile(r"\A```[ \t]*(?:json)?[ \t]*\n?(.*?)(?:```)?\Z", re.DOTALL | re.IGNORECASE)


def number_paragraphs(arguments: Arguments, text: str) -> bool:
    """Exactly so many between the dividers ``***``; none is empty but before the first and behind the last divider."""
    parts = [part.strip() for part in _DIVIDER.split(text)]
    if not all(parts[1:-1]):
        return False
    return sum(map(bool, parts)) == arguments.count("num_paragraphs")


def number_placeholders(arguments: Arguments, text: str) -> bool:
    return len(re.findall(r"\[[^\]\n]*\]", text)) >= arguments.count("num_placeholders")


def postscript(arguments: Arguments, text: str) -> bool:
    """The marker is found, in any case and with or without the spaces of "P. S."."""
    marker = re.sub(r"\s+", "", arguments.text("postscript_marker"))
    pattern = r"\s?".join(re.escape(character) for character in marker)
    return re.search(rf"(?<!\w){pattern}", text, re.IGNORECASE) is not None


def number_bullet_lists(arguments: Arguments, text: str) -> bool:
    """Exactly so many lines that begin with a bullet of Markdown and a space; dividers are none."""
    return len(_BULLET.findall(text)) == arguments.count("num_bullets")


def constrained_response(arguments: Arguments, text: str) -> bool:
    """One of the three options, and no other."""
    return sum(option in text for option in OPTIONS) == 1


def number_highlighted_sections(arguments: Arguments, text: str) -> bool:
    """Texts between single or double asterisks on one line; what ``***both***`` mark is one."""
    bold = sum(bool(inner.strip()) for inner in _BOLD.findall(text))
    rest = _BOLD.sub(" ", text)
    return bold + sum(bool(inner.strip()) for inner in _EMPHASIS.findall(rest)) >= arguments.count("num_highlights")


def multiple_sections(arguments: Arguments, text: str) -> bool:
    splitter = re.escape(arguments.text("section_spliter"))
    return len(re.findall(rf"(?<!\w){splitter}\s?\d+", text)) >= arguments.count("num_sections")


def json_format(arguments: Arguments, text: str) -> bool:
    """The whole text is JSON, which a code fence may surround; NaN is none."""
    fenced = _FENCE.match(text.strip())
    try:
        json.loads((fenced[1] if fenced else text).strip(), parse_constant=_no_number, parse_int=str)
    except ValueError:
        return False
    except RecursionError as error:
        raise Undecided("the JSON is nested too deeply to be read", row=False) from error
    return True


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def title(arguments: Arguments, text: str) -> bool:
    return any(inner.strip("<> \t") for inner in _TITLE.findall(text))


def two_responses(arguments: Arguments, text: str) -> bool:
    """Two different texts between which six asterisks stand."""
    parts = [part.strip() for part in text.split(SEPARATOR)]
    filled = [part for part in parts if part]
    return all(parts[1:-1]) and len(filled) == 2 and filled[0] != filled[1]


def repeat_prompt(arguments: Arguments, text: str) -> bool:
    return text.strip().lower().startswith(arguments.text("prompt_to_repeat").lower())


def end_checker(arguments: Arguments, text: str) -> bool:
    """The phrase is the end, in any case; quotation marks around the response do not count."""
    return text.strip().strip('"“”').strip().lower().endswith(arguments.text("end_phrase").strip('"').lower())


def quotation(arguments: Arguments, text: str) -> bool:
    """Double quotation marks at both ends, straight or typographic."""
    text = text.strip()
    return len(text) > 1 and text[0] in '"“„' and text[-1] in '"”“'
