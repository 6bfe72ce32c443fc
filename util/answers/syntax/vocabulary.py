"""Words with a meaning inside mathematics, how operators and text commands are spelled, and synonyms of text answers."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OPERATORS = {
    "cdot": "*", "times": "*", "ast": "*", "bullet": "*", "div": "/", "le": "<=", "leq": "<=", "leqslant": "<=",
    "leqq": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "geqq": ">=", "ne": "!=", "neq": "!=", "lt": "<",
    "gt": ">", "to": "->", "rightarrow": "->", "pm": "±", "mp": "∓", "cup": "∪", "cap": "∩", "setminus": "∖",
    "backslash": "∖", "in": "∈", "notin": "∉", "mid": "|", "vert": "|", "lvert": "|", "rvert": "|", "Vert": "‖",
    "lVert": "‖", "rVert": "‖", "lbrace": r"\{", "rbrace": r"\}", "land": "and", "wedge": "and", "lor": "or",
    "vee": "or", "colon": ":", "approx": "≈", "simeq": "≈", "equiv": "≡", "sim": "∼", "ldots": "…", "cdots": "…",
    "dots": "…", "dotsc": "…", "dotsb": "…", "vdots": "…", "prime": "'", "langle": "⟨", "rangle": "⟩",
    "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "emptyset": "∅", "varnothing": "∅", "lbrack": "[",
    "rbrack": "]", "implies": "=>", "Rightarrow": "=>", "Longrightarrow": "=>", "iff": "⟺", "Leftrightarrow": "⟺",
    "bigcup": "∪", "bigcap": "∩", "circ": "°", "degree": "°", "newline": "\\\\", "cr": "\\\\", "lparen": "(",
    "rparen": ")", "subset": "⊂", "subseteq": "⊂", "parallel": "∥", "perp": "⊥", "propto": "∝", "star": "*",
}  # fmt: skip
SPELLINGS = {"**": "^", "=<": "<=", "<>": "!=", "==": "=", ":=": "=", "...": "…", "⟺": "=>"}
ESCAPED = {"{": r"\{", "}": r"\}", "%": "%", "|": "‖", "\\": "\\\\", "_": "_", "#": "#", "&": "&"}
TEXT_COMMANDS = _words(
    "text textbf textrm textit textsf texttt textnormal mbox mathrm mathbf mathit mathsf mathtt mathnormal "
    "operatorname boldsymbol bm mathcal mathbb mathfrak mathscr hbox rm bold pmb underline emph"
)
ALIGNED = _words("aligned align gathered gather split eqnarray alignedat")
"""Environments whose "&" only says where lines are aligned; their tokens have none."""
LETTER_STYLES = _words("mathbb mathcal mathfrak mathscr")
DAMAGED = {
    "frac": "frac", "dfrac": "frac", "tfrac": "frac", "sqrt": "sqrt", "cdot": "*", "infty": "infty", "binom": "binom",
}  # fmt: skip
"""Commands that are recognised without their backslash."""


FUNCTIONS = _words(
    "sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech csch arcsinh arccosh "
    "arctanh log ln lg exp sqrt cbrt abs floor ceil gcd lcm max min det arg sgn Re Im cis"
)
"""Functions that the evaluator has too."""
NAMES_ONLY = _words("sup rank dim ker tr ord")
"""Function names of which no value is known: their applications are compared as unknown functions."""
SYNONYMS = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "arctg": "arctan", "arcctg": "arccot", "tg": "tan",
    "ctg": "cot", "Arg": "arg", "sign": "sgn", "arsinh": "arcsinh", "arcosh": "arccosh", "artanh": "arctanh",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "Log": "log", "Ln": "ln", "cosec": "csc",
    "ceiling": "ceil", "GCD": "gcd", "LCM": "lcm",
}  # fmt: skip

GREEK = _words(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho varrho sigma tau "
    "upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar"
)
INFINITE = _words("infinity Infinity oo infty inf")

AND = frozenset(["and", "&", ", and", "and also", "plus also", "as well as"])
OR = frozenset(["or", ", or", "or else"])
CONDITIONS = frozenset(
    ["where", "for", "with", "if", "when", "for all", "for any", "such that", "for some", "for every", "for integer",
     "for integers", "where integer", "for all integers", "for any integer", "as", "provided", "provided that", "s.t.",
     "for each", "whenever"]
)  # fmt: skip
ORDINALS = _words("st nd rd th")
OTHERWISE = frozenset(["otherwise", "else", "elsewhere", "if otherwise"])

REFUSED = _words(
    "no not or and more less fewer than least most if except wrong incorrect false about approximately roughly none "
    "never neither nor but unless only some between over under up to almost nearly minus plus times half twice double "
    "cannot undefined squared cubed factorial pi root excluded excluding isn aren isn't ago below above zero invalid "
    "extraneous rejected impossible million billion thousand hundred dozen tens tenth tenths halves thirds quarters "
    "fourths fifths power when for where out mod modulo exclusive unknown either possibly maybe perhaps instead"
)
"""Words that change the value beside them: an answer with one of them is not the bare value."""

ENGLISH = _words(
    "no or is to if in at by of an as be he we so do up us me my it on go and the not for are was has yes all any one "
    "two six ten per but can did get had her him his its let may new now old our out own say see she too use way who "
    "why you red day odd even"
)

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
NUMBER_WORDS = {name: value for value, name in enumerate(_SMALL)}
NUMBER_WORDS |= {name: 10 * value for value, name in enumerate(_TENS, 2)}
NUMBER_WORDS |= {f"{ten}-{one}": 10 * a + b for a, ten in enumerate(_TENS, 2) for b, one in enumerate(_SMALL[:10]) if b}
NUMBER_WORDS |= {"hundred": 100, "one hundred": 100, "one thousand": 1000}
BASES = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
    "sixteen": 16, "binary": 2, "bin": 2, "octal": 8, "oct": 8, "hex": 16, "dec": 10,
}  # fmt: skip
SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}


NAMES = FUNCTIONS | NAMES_ONLY | SYNONYMS.keys() | GREEK | INFINITE | {"pi"}
KEPT = {"and", "or", "in", "mod", "choose", "is"} | CONDITIONS | OTHERWISE | ORDINALS | AND | OR | SCALES.keys()
"""Words that are one token wherever they stand."""

SAME_TEXT = {
    "true": "yes", "correct": "yes", "false": "no", "incorrect": "no", "nosolutions": "emptyset",
    "nosolution": "emptyset", "norealsolutions": "emptyset", "norealsolution": "emptyset", "none": "emptyset",
    "emptyset": "emptyset", "theemptyset": "emptyset", "nosuchvalues": "emptyset", "nosolutionexists": "emptyset",
    "dne": "doesnotexist", "thelimitdoesnotexist": "doesnotexist", "allrealnumbers": "setR", "allreals": "setR",
    "therealnumbers": "setR", "realnumbers": "setR", "allrealnumber": "setR", "infinitelymanysolutions": "infinitelymany",
}  # fmt: skip
"""Key of a text answer -> key of its synonym."""
_START = re.compile(r"^\s*(?:an?|the|there (?:is|are)|it is|it's)\s+")


def text_key(words: str) -> str:
    """The key of a text answer: its letters and digits, the same for synonyms."""
    key = re.sub(r"[^\w]|_", "", _START.sub("", words.casefold()))
    return SAME_TEXT.get(key, key)
