"""The tokens of LaTeX, and the words that ``latex_values`` knows."""

from __future__ import annotations

import re

WORDS = ("times", "cdot", "div", "bmod")
GREEK = frozenset(
    (
        "alpha", "beta", "gamma", "delta", "theta", "lambda", "mu", "rho", "sigma", "phi", "omega", "hbar",
        "tau", "epsilon", "eta", "kappa", "nu", "xi", "psi", "Delta", "Omega",
    )
)  # fmt: skip
FUNCTIONS = frozenset(
    (
        "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "ln",
        "log", "exp", "max", "min", "gcd", "lcm",
    )
)  # fmt: skip
APPLIED = frozenset("fghFGPQIN")
"""Letters that may stand for a function before a bracket: such an expression is refused."""
TOKEN = re.compile(r"\\[A-Za-z]+|\\[^A-Za-z]|\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:\.\d+)?|\.\d+|[A-Za-z]|\S")


def tokens(text: str) -> list[str]:
    r"""The tokens of a text: commands, numbers, letters and signs, without ``\left`` and spacing commands."""
    text = re.sub(r"\\(?:left|right|big|Big|displaystyle)(?![A-Za-z])|\\[,;:! ]|~", " ", text)
    text = re.sub(r"\\[dt]frac(?![A-Za-z])", r"\\frac", text)
    text = re.sub(r"\\operatorname\{(\w+)\}", r"\\\1 ", text)
    text = re.sub(r"\\(?:mathrm|text)\{(?:e)\}", "e", text)
    return TOKEN.findall(text)
