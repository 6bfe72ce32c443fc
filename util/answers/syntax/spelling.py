"""How operators, brackets and text commands are spelled."""

from __future__ import annotations

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
TEXT_COMMANDS = frozenset(
    ["text", "textbf", "textrm", "textit", "textsf", "texttt", "textnormal", "mbox", "mathrm", "mathbf",
     "mathit", "mathsf", "mathtt", "mathnormal", "operatorname", "boldsymbol", "bm", "mathcal", "mathbb",
     "mathfrak", "mathscr", "hbox", "rm", "bold", "pmb", "underline", "emph"]
)  # fmt: skip
ALIGNED = frozenset(["aligned", "align", "gathered", "gather", "split", "eqnarray", "alignedat"])
"""Environments whose "&" only says where lines are aligned; their tokens have none."""
LETTER_STYLES = frozenset(["mathbb", "mathcal", "mathfrak", "mathscr"])
DAMAGED = {
    "frac": "frac",
    "sqrt": "sqrt",
    "dfrac": "frac",
    "tfrac": "frac",
    "cdot": "*",
    "infty": "infty",
    "binom": "binom",
}
"""Commands that are recognised without their backslash."""
