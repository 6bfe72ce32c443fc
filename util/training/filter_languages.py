"""Find responses that change the script or the language.

Latin and Greek letters are allowed everywhere (mathematics is written in them), and so are the scripts of the question.
Code and words in quotation marks or brackets do not count: "the Chinese remainder theorem (中国剩余定理)" is no change.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from functools import lru_cache

from util.text.language_identifier import identifier
from util.training.filter_text import Flaw, ResponseParts, prose, quoted, without_code

SCRIPTS = {
    "Han": "\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "kana": "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9d",
    "Hangul": "\u1100-\u11ff\u3131-\u318e\uac00-\ud7af",
    "Cyrillic": "\u0400-\u052f",
    "Arabic": "\u0620-\u065f\u066e-\u06d3\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc",
    "Hebrew": "\u05d0-\u05f2",
    "Indic": "\u0900-\u0dff",
    "Thai": "\u0e01-\u0e3a\u0e40-\u0e4e",
    "Armenian": "\u0531-\u0587",
    "Georgian": "\u10a0-\u10ff",
}
"""Script -> its characters, for a class of a regular expression. Symbols of mathematics (𝑥, ℵ) belong to none."""
_DENSE = ("Han", "kana", "Hangul")
LEAST = 10
"""Letters of other scripts below which their share says nothing."""
PASSAGE, DENSE_PASSAGE = 20, 8
"""Letters in a row that are a passage, whatever their share: of alphabets, and of Han, kana or Hangul."""

PARAGRAPH, DENSITY = 150, 3
"""Letters of prose from which a paragraph's language is identified; one of Han, kana or Hangul counts as three."""
SHORT = 40
"""Letters of a question below which its language is in doubt."""
CERTAIN = 0.99
NO_LANGUAGE = "zxx"
ENGLISH_WORDS = 0.12
"""Share of frequent English words from which a paragraph is English: no need to identify it."""
ALIKE = (
    frozenset(["no", "nb", "nn", "da", "sv"]), frozenset(["es", "pt", "gl", "ca", "an", "oc", "it"]),
    frozenset(["hr", "sr", "bs", "sl"]), frozenset(["id", "ms", "jv"]), frozenset(["cs", "sk"]),
    frozenset(["ru", "uk", "be", "bg", "mk"]), frozenset(["nl", "af", "de", "lb"]), frozenset(["hi", "mr", "ne"]),
    frozenset(["fr", "wa", "oc"]), frozenset(["fa", "ar", "ur", "ps"]),
)  # fmt: skip
"""Languages that are taken for each other; a change between them is not reported."""

_ANY = re.compile(f"[{''.join(SCRIPTS.values())}]")
_LETTERS = re.compile(r"[^\W\d_]+")
_PARTS_OF = {name: re.compile(f"[{letters}]+") for name, letters in SCRIPTS.items()}
_QUOTES = re.compile(
    r"“[^”\n]{0,120}”|\"[^\"\n]{0,120}\"|‘[^’\n]{0,80}’|(?<!\w)'[^'\n]{0,80}'|«[^»\n]{0,120}»|「[^」\n]{0,80}」"
    r"|『[^』\n]{0,80}』|《[^》\n]{0,80}》|\([^()\n]{0,120}\)|（[^（）\n]{0,120}）|\[[^\[\]\n]{0,80}\]|\*[^*\n]{1,80}\*"
)
_FREQUENT = frozenset(
    (
        "the", "of", "is", "and", "to", "a", "in", "that", "we", "for", "so", "it", "this", "be",
        "as", "are", "with", "if", "then", "let", "by", "have", "which", "can", "on", "i", "not", "from",
        "but", "since", "need", "now", "or", "when", "all", "no", "will", "has", "an", "at", "there", "because",
        "one", "each", "thus", "hence", "what", "how",
    )
)  # fmt: skip


def foreign_script(parts: ResponseParts, limit: float) -> Flaw | None:
    """Letters of a script that the question does not have: a passage, or more than the share ``limit`` of all letters."""
    for name, text in parts.texts:
        if text.isascii():
            continue
        letters_of_it = "".join(set(text))
        if _ANY.search(letters_of_it) is None:
            continue
        allowed = _allowed(parts.question)
        others = [name for name, one in _PARTS_OF.items() if name not in allowed and one.search(letters_of_it)]
        if not others:
            continue
        plain = _QUOTES.sub(" ", without_code(text))
        found = {script: sum(map(len, _PARTS_OF[script].findall(plain))) for script in others}
        number = sum(found.values())
        if not number:
            continue
        if (match := _passages(tuple(others)).search(plain)) is not None:
            return Flaw("another script", f"{name}: {quoted(plain, match.start())}")
        letters = sum(map(len, _LETTERS.findall(plain)))
        if number >= LEAST and number > limit * letters:
            script = max(found, key=lambda one: found[one])
            return Flaw("another script", f"{name}: {number} of {letters} letters, most of them {script}")
    return None


@lru_cache(maxsize=64)
def _allowed(question: str) -> frozenset[str]:
    found = {script for script, letters in _PARTS_OF.items() if letters.search(question)}
    return frozenset(found | ({"Han"} if "kana" in found else set()))


@lru_cache(maxsize=64)
def _passages(scripts: tuple[str, ...]) -> re.Pattern[str]:
    dense = "".join(SCRIPTS[name] for name in scripts if name in _DENSE)
    spaced = "".join(SCRIPTS[name] for name in scripts if name not in _DENSE)
    found = [(dense, DENSE_PASSAGE), (spaced, PASSAGE)]
    return re.compile(
        "|".join(rf"(?:[{letters}](?:[^\w\n]|\d){{0,3}}){{{least},}}" for letters, least in found if letters)
    )


def foreign_language(parts: ResponseParts, languages: Collection[str] = ()) -> Flaw | None:
    """A long paragraph of prose in a language that is neither the question's nor English, nor one of ``languages``.

    Where the language of a short question is in doubt, the most likely one and that of most of the response are allowed.
    Languages are ISO 639-1 codes.

    Raises:
        UserError: the package py3langid is not installed.
    """
    found = [(name, text, code) for name, whole in parts.texts for text, code in _paragraphs(whole)]
    if all(code == "en" for _, _, code in found):
        return None
    allowed = {"en", *languages}
    asked, is_certain = _language_of(prose(parts.question))
    allowed.add(asked)
    if not is_certain:
        letters: Counter[str] = Counter()
        for _, text, code in found:
            letters[code] += len(text)
        code, most = letters.most_common(1)[0]
        if 2 * most > sum(len(text) for _, text in parts.texts):
            allowed.add(code)
    for name, text, code in found:
        if code and code not in allowed and not any(code in group and group & allowed for group in ALIKE):
            return Flaw("another language", f"{name}, {code}: {quoted(text, 0)}")
    return None


def _paragraphs(text: str) -> Iterator[tuple[str, str]]:
    """(prose, language) of each paragraph that is long enough; "" where the language is in doubt."""
    for paragraph in re.split(r"\n\s*\n", prose(text)):
        if len(paragraph) < PARAGRAPH // DENSITY:
            continue
        plain = paragraph.lower().split()
        if sum(word in _FREQUENT for word in plain) >= ENGLISH_WORDS * len(plain):
            yield paragraph, "en"
            continue
        words = _LETTERS.findall(paragraph)
        long = [word for word in words if len(word) > 1 or not word.isascii()]
        # Formulas without marks, tables and lists of names are no prose.
        letters = sum(map(len, long))
        if letters + _dense(paragraph) < PARAGRAPH or letters < 0.6 * len(paragraph.replace(" ", "")):
            continue
        if sum(word.lower() in _FREQUENT for word in words) >= ENGLISH_WORDS * len(words):
            yield paragraph, "en"
        else:
            yield paragraph, _of_its_script(paragraph) or _identified(" ".join(long))


def _dense(text: str) -> int:
    """What the letters of dense scripts count beyond one each."""
    if text.isascii():
        return 0
    return (DENSITY - 1) * sum(len(run) for name in _DENSE for run in _PARTS_OF[name].findall(text))


def _of_its_script(text: str) -> str:
    """Chinese, Japanese or Korean, where a text has some words of its letters."""
    for script, language in (("kana", "ja"), ("Hangul", "ko"), ("Han", "zh")):
        if not text.isascii() and sum(map(len, _PARTS_OF[script].findall(text))) >= DENSE_PASSAGE:
            return language
    return ""


def _language_of(question: str) -> tuple[str, bool]:
    """(the most likely language of a question, whether it is certain)."""
    if language := _of_its_script(question):
        return language, True
    words = [word for word in _LETTERS.findall(question) if len(word) > 1 or not word.isascii()]
    size = sum(map(len, words))
    if size >= SHORT and sum(word.lower() in _FREQUENT for word in words) >= 2 * ENGLISH_WORDS * len(words):
        return "en", True
    language, probability = identifier().classify(" ".join(words))
    return str(language), size >= SHORT and probability >= 0.9 and language != NO_LANGUAGE


def _identified(text: str) -> str:
    """The language of a text, "" where it is in doubt."""
    language, probability = identifier().classify(text)
    return str(language) if probability >= CERTAIN and language != NO_LANGUAGE else ""
