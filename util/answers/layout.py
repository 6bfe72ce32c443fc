"""Normalise layout: Unicode, spacing, sizes, styles, and commas between digits.

Nothing here changes a value. ``cleaned`` returns the text for the parser, ``canonical`` a key: two answers with
the same key are the same text. ``1,234`` is one number and ``(1,234)`` two; ``110,121`` may be either. Braced commas
always group and are removed by ``cleaned``.
"""

from __future__ import annotations

import re
import unicodedata

from util.answers.trimming import trimmed

MAX_ANSWER = 4_000
"""Characters. Longer answers are rejected before any regular expression is applied to them."""

_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵏᵐˣʸ"
_SUPER = str.maketrans(_SUPERSCRIPTS, "0123456789+-=()nikmxy")
_SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₙₖₘ"
_SUB = str.maketrans(_SUBSCRIPTS, "0123456789+-=()aeoxnkm")
_RUNS = re.compile(f"([{_SUPERSCRIPTS}]+)|([{_SUBSCRIPTS}]+)")
_VULGAR = re.compile("[¼-¾⅐-⅞]")
_ROOT = re.compile(r"([√∛])\s*(\d+(?:\.\d+)?|[A-Za-z]|\()?")

_UNICODE = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": r" \times ", "·": r" \cdot ", "⋅": r" \cdot ",
    "∙": r" \cdot ", "∗": "*", "÷": r" \div ", "∕": "/", "⁄": "/", "≤": r" \le ", "≥": r" \ge ", "⩽": r" \le ",
    "⩾": r" \ge ", "≠": r" \ne ", "≈": r" \approx ", "≡": r" \equiv ", "∈": r" \in ", "∉": r" \notin ",
    "∪": r" \cup ", "∩": r" \cap ", "∖": r" \setminus ", "∅": r" \emptyset ", "∞": r" \infty ", "±": r" \pm ",
    "∓": r" \mp ", "→": r" \to ", "°": r"^\circ ", "º": r"^\circ ", "∘": r" \circ ", "∫": r" \int ", "∑": r" \sum ",
    "∏": r" \prod ", "∂": r" \partial ", "∠": r" \angle ", "△": r" \triangle ", "∧": r" \land ", "∨": r" \lor ",
    "⟨": r" \langle ", "⟩": r" \rangle ", "⌊": r" \lfloor ", "⌋": r" \rfloor ", "⌈": r" \lceil ", "⌉": r" \rceil ",
    "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}", "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}", "′": "'",
    "’": "'", "‘": "'", "…": r" \ldots ", "⋯": r" \ldots ", "，": ", ", "：": ":", "（": "(", "）": ")", "；": ";",
    "、": ", ", "∣": "|", "∥": r"\|", "\u200b": "", "\u2061": "", "\u2062": "", "\u2063": ",", "\ufeff": "",
    "\u2009": " ", "\u202f": " ", "\u00a0": " ", "€": "", "£": "", "¥": "", "½": r"\frac{1}{2}", "∶": ":",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ϑ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi",
    "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi",
    "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma",
    "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
_MAP = str.maketrans({**_UNICODE, **{letter: rf"\{name} " for letter, name in _GREEK.items()}})

_LAYOUT = re.compile(
    r"(?P<newline>\\\\)(?:\s*\[\s*-?[\d.]+\s*(?:pt|mm|cm|em|ex|in)\s*\])?|\\(?:textcolor|color)\s*\{[^{}]*\}|\\(?:left|right)\s*\.|\\(?:left|right|bigg?[lrm]?|Bigg?[lrm]?|middle)(?![a-zA-Z])|\\(?:displaystyle|textstyle"
    r"|scriptstyle|limits|nolimits|rm|bf|it|cal|normalsize|small|large|Large|hline|phantom)(?![a-zA-Z])"
    r"|\\(?P<space>[,;: >]|quad(?![a-zA-Z])|qquad(?![a-zA-Z])|hspace\{[^{}]*\}|[hv]fill(?![a-zA-Z]))"
    r"|\\!|\\\$|\\(?P<fraction>[dtc]frac|[dt]binom)(?![a-zA-Z])|\\[()\[\]]|(?P<dollar>\$)|(?P<tie>~)"
    r"|(?P<comma>\{,\}|,\\!|\\!,)|(?P<colon>\{:\})|(?P<prime>\^\s*\{?\\prime\s*\}?)|(?P<o>\^\s*\{?\s*o\s*\}?(?![a-z]))|(?P<spaces>[ \t\r\n]{2,}|[\t\r\n])|(?P<stars>\*\*(?![\d({A-Za-z-]))"
)
_TEXT = re.compile(
    r"\\(?:text(?:bf|rm|it|sf|tt|normal)?|math(?:rm|bf|it|sf|tt|normal)|mbox|operatorname\*?|boldsymbol|bm)\{([^{}]*)\}"
)
_BARE_FRACTION = re.compile(r"\\(frac|binom)\s*(\d)\s*(\d)")
_HALF_FRACTION = re.compile(r"\\(frac|binom)\s*(?:(\d)\s*\{(\d+)\}|\{(\d+)\}\s*(\d))")
_SINGLE_ROOT = re.compile(r"\\sqrt\s*(\d+|[a-z])(?![\d{])")
_SINGLE_SCRIPT = re.compile(r"([\^_])\s*\{\s*([0-9a-zA-Z])\s*\}")
_SPACE = re.compile(r"(?<=[0-9A-Za-z.]) +(?=[0-9.])|(?<=[,;]) +(?=\d{3}(?!\d))|(?P<drop> +)")
_DOLLARS = re.compile(r"\\\$\s*(-?\d(?:[\d,]|\{,\}|\\!)*(?:\.\d+)?)(?!\s*[\\A-Za-z\d({^/*+-])")
_RUN_OF_SPACES = re.compile(" {2,}")
_WORDS = re.compile(r"[^\W\d_][^\W\d_'’-]+(?:\s+[^\W\d_][^\W\d_'’-]*)*")


def cleaned(answer: str) -> str:
    """The answer with its layout normalised and its mathematics unchanged."""
    text = trimmed(answer)
    if r"\$" in text:
        text = _DOLLARS.sub(r"\1\\text{ dollars}", text)
    if not text.isascii():
        text = _ascii(text)
    if text.isalnum():
        return text
    text = _LAYOUT.sub(_laid_out, text)
    if "  " in text:
        text = _RUN_OF_SPACES.sub(" ", text)
    return text.strip()


def canonical(answer: str) -> str:
    r"""A key that is equal for two answers only if they are the same text.

    >>> canonical(r"\left( 1,\, \dfrac12 \right)") == canonical(r"(1, \frac{1}{2})")
    True
    >>> canonical("3 1/2") == canonical("31/2")
    False
    """
    return canonical_of(cleaned(answer))


def canonical_of(text: str) -> str:
    """``canonical`` of a text that is ``cleaned`` already."""
    if text.isalnum():
        plain = len(text) > 2 and text.isalpha() and (text.isupper() or text.islower() or text.istitle())
        return text.casefold() if plain else text
    if "\\" in text:
        text = _TEXT.sub(r"\1", text)
        text = _BARE_FRACTION.sub(r"\\\1{\2}{\3}", text)
        text = _HALF_FRACTION.sub(lambda m: rf"\{m[1]}{{{m[2] or m[4]}}}{{{m[3] or m[5]}}}", text)
        text = _SINGLE_ROOT.sub(r"\\sqrt{\1}", text)
        text = text.replace(r"\%", "%").replace(r"^{\circ}", r"^\circ")
    elif _WORDS.fullmatch(text):
        return " ".join(text.casefold().split())
    if "{" in text:
        text = _SINGLE_SCRIPT.sub(r"\1\2", text)
    return _SPACE.sub(lambda m: "" if m["drop"] else " ", text)


def _laid_out(match: re.Match[str]) -> str:
    if match["newline"]:
        return match["newline"]
    if match["space"] or match["tie"] or match["spaces"]:
        return " "
    if match["fraction"]:
        return "\\" + match["fraction"][1:]
    if match["prime"]:
        return "'"
    if match["o"]:
        return r"^\circ "
    # A braced comma only groups digits.
    return ":" if match["colon"] else ""


def _ascii(text: str) -> str:
    text = _RUNS.sub(lambda m: f"^{{{m[1].translate(_SUPER)}}}" if m[1] else f"_{{{m[2].translate(_SUB)}}}", text)
    text = _ROOT.sub(_root, text).translate(_MAP)
    if text.isascii():
        return text
    text = _VULGAR.sub(_vulgar, text)
    return unicodedata.normalize("NFKC", text).translate(_MAP)


def _root(match: re.Match[str]) -> str:
    root, inside = r"\sqrt" if match[1] == "√" else r"\sqrt[3]", match[2] or ""
    return root + inside if inside in ("", "(") else f"{root}{{{inside}}}"


def _vulgar(match: re.Match[str]) -> str:
    above, _, below = unicodedata.normalize("NFKC", match[0]).partition("\u2044")
    return rf"\frac{{{above}}}{{{below}}}"


_PAIR = re.compile(r"\d,\d{3}(?!\d)")
_BRACKETS = re.compile(r"([(\[{)\]}])")
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


def ambiguous(text: str) -> bool:
    """Whether a comma of the text might group digits."""
    return _PAIR.search(text) is not None


def grouped(text: str) -> str:
    """The usual reading: outside brackets commas group digits if all of them can, inside brackets they separate.

    A space is added after each separating comma, which is how the tokenizer distinguishes them.
    """
    if not ambiguous(text):
        return text
    parts, depth = list[str](), 0
    for part in _BRACKETS.split(text):
        depth += (part in _OPENING) - (part in _CLOSING)
        tight = re.findall(r"(?<=\d),(?=\S)", part)
        groups = len(re.findall(r"\d,(?=\d{3}(?!\d))", part)) == len(tight)
        separates = (depth and ", " not in part) or not groups
        parts.append(part.replace(",", ", ") if separates else part)
    return "".join(parts)


def separated(text: str) -> str:
    """The alternative reading: every comma separates."""
    return re.sub(r",(?=\S)", ", ", text)
