"""Instructions about the language of a response. The identifier is py3langid; the authors' program uses langdetect."""

from __future__ import annotations

import importlib.metadata
import importlib.util

from util.instructions.instruction_arguments import Arguments, Undecided

UNLIKELY = 0.2
"""A text is not in a language that is less likely than this part of the most likely one; in between, it is in doubt."""
VARIETIES = {"ar": ("ary", "arz"), "no": ("nb", "nn"), "zh": ("yue", "wuu")}
"""Language -> the codes of its varieties, which the identifier knows apart."""
_COMMON = frozenset(
    """
    the of and to a in is it that for on with as are was this be at by you or have from not but your we they can an all
    will i my me he she his her so if no yes do hello please thank thanks dear what who how when where why
    """.split()  # noqa: SIM905
)


def detector() -> str:
    """Name and version of the package that identifies languages, "" if it is not installed."""
    if importlib.util.find_spec("py3langid") is None:
        return ""
    return f"py3langid {importlib.metadata.version('py3langid')}"


def response_language(arguments: Arguments, text: str) -> bool:
    return _is_in(text, arguments.text("language").lower())


def english_capital(arguments: Arguments, text: str) -> bool:
    return text.isupper() and _is_in(text, "en")


def english_lowercase(arguments: Arguments, text: str) -> bool:
    return text.islower() and _is_in(text, "en")


def _is_in(text: str, language: str) -> bool:
    """Whether a text is in a language; a text without letters is in none.

    Raises:
        Undecided: the package is missing, the language is unknown to it, or the text is too short to tell.
    """
    from util.text.language_identifier import likelihoods

    if not detector():
        raise Undecided(
            "the language cannot be identified without py3langid: pip install py3langid, then run the command again",
            row=False,
        )
    if not any(c.isalpha() for c in text):
        return False
    folded, code = text.lower(), language.partition("-")[0]
    found = likelihoods(folded)
    if code not in found:
        raise Undecided(f"the language {language!r} is unknown to py3langid")
    likely = sum(found.get(variety, 0.0) for variety in (code, *VARIETIES.get(code, ())))
    most = max(found.values())
    if likely >= most > min(found.values()):
        return True
    if code == "en" and folded.isascii() and _looks_english(folded):
        return True
    if likely > UNLIKELY * most:
        raise Undecided("the text is too short for its language to be identified", row=False)
    return False


def _looks_english(text: str) -> bool:
    """Whether one word in five is a common one of English: enough for short texts without other letters."""
    words = [word.strip(".,;:!?\"'()*_#-") for word in text.split()]
    return 5 * sum(word in _COMMON for word in words) >= len(words)
