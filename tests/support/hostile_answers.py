"""Answers that could hang, crash or take over a checker: power towers, long numbers, deep nesting, code."""

from __future__ import annotations


def _towers() -> list[str]:
    return [
        "10^{10^{10^{10}}}", "9^{9^{9^{9}}}", "2^{2^{2^{2^{2^{2}}}}}", "x^{x^{x^{x^{x}}}}", "(10^{10})^{10^{10}}", "10**10**10",
        "0.5^{10^{12}}", "(1+10^{-9})^{10^{12}}", "10^{-10^{10}}", "\\sqrt{10^{10^{8}}}", "e^{e^{e^{e^{e}}}}", "i^{i^{10^{9}}}",
        "\\log(10^{10^{10}})", "\\sin(10^{10^{10}})", "1.5E999999999", "1e99999", "2^{1000000}", "3^{-1000000}",
    ]  # fmt: skip


def _factorials() -> list[str]:
    return [
        "1000000!", "(10^{10})!", "((10!)!)!", "10!!!!!!", "\\binom{10^{9}}{5\\cdot 10^{8}}", "\\binom{10^6}{500000}", "\\frac{100000!}{99999!}",
        "\\gcd(10^{5000}, 10^{4999}+1)",
    ]  # fmt: skip


def _digits() -> list[str]:
    long = "7" * 3900
    return [
        long, "7" * 5000, f"0.{long}", f"1/{long}", "1," * 1900 + "1", "9" * 100_000, f"\\frac{{{'3' * 1900}}}{{{'7' * 1900}}}",
        f"{'1' * 1500}^{{{'2' * 1500}}}", "1" + ",000" * 900,
    ]  # fmt: skip


def _nesting() -> list[str]:
    return [
        "(" * 1900 + "1" + ")" * 1900, "{" * 1900 + "1" + "}" * 1900, "\\frac{1}{" * 400 + "1" + "}" * 400, "\\sqrt{" * 500 + "2" + "}" * 500,
        "-" * 3900 + "1", "\\left(" * 500 + "x" + "\\right)" * 500, "\\{" * 900 + "1" + "\\}" * 900, "|" * 3000, "[" * 2000, "x^" * 1900 + "x",
        "\\sin " * 700 + "x", "\\begin{pmatrix}" * 200, "\\text{" * 600 + "a" + "}" * 600, "\\pm" * 1300 + "1", "x_{" * 1000 + "1" + "}" * 1000,
        "\\boxed{" * 400 + "1" + "}" * 400,
    ]  # fmt: skip


def _polynomials() -> list[str]:
    return [
        "(x+y+z+w)^{200}", "(1+x)^{100000}", "*".join(f"(x+{i})" for i in range(400)), "+".join(f"x^{{{i}}}" for i in range(500)),
        "\\prod_{k=1}^{100000} (x+k)", "(a+b+c+d+e+f+g+h)^{50}", "+".join(f"\\sqrt{{{i}+x}}" for i in range(250)), "(x^{100}-1)/(x-1)",
        "+".join("\\frac{1}{x+" + str(i) + "}" for i in range(250)),
    ]  # fmt: skip


def _calculus() -> list[str]:
    return [
        "\\int_0^1 x^{x^{x}} dx", "\\int_0^\\infty \\frac{\\sin x}{x} dx", "\\int_0^1 \\int_0^1 \\int_0^1 e^{xyz} dx dy dz",
        "\\sum_{n=1}^{\\infty} \\frac{1}{n}", "\\sum_{n=1}^{10^{9}} \\frac{1}{n^2}", "\\sum_{a=1}^{1000}\\sum_{b=1}^{1000}\\sum_{c=1}^{1000} abc",
        "\\prod_{n=1}^{\\infty} (1+\\frac{1}{n})", "\\lim_{x\\to 0} \\sin(1/x)", "\\lim_{n\\to\\infty} n!", "\\frac{d^4}{dx^4} x^{x^{x}}",
        "\\sum_{n=0}^{\\infty} (-1)^n", "\\int_{-\\infty}^{\\infty} e^{e^{x}} dx", "\\int_0^1 \\frac{1}{x} dx",
    ]  # fmt: skip


def _traps() -> list[str]:
    return [
        "\\sqrt{1+\\sqrt{2+\\sqrt{3+\\sqrt{4+\\sqrt{5+\\sqrt{6}}}}}}", "\\cos(\\cos(\\cos(\\cos(\\cos(x)))))", "\\tan(\\pi/2)", "0^0", "1/0", "\\frac{0}{0}",
        "\\log 0", "0^{-1}", "\\ln(-1)", "(-8)^{1/3}", "\\infty-\\infty", "\\frac{\\infty}{\\infty}", "\\arcsin(2)", "\\sqrt[0]{2}", "x/(x-x)",
        "\\Gamma(1/2)", "\\zeta(3)",
    ]  # fmt: skip


def _collections() -> list[str]:
    return [
        ",".join(str(i) for i in range(900)), "\\{" + ",".join("x" for _ in range(900)) + "\\}", "(" + ",".join(f"({i},{i})" for i in range(400)) + ")",
        "\\begin{pmatrix}" + "\\\\".join("&".join("1" for _ in range(30)) for _ in range(30)) + "\\end{pmatrix}",
        "\\begin{vmatrix}" + "\\\\".join("&".join("1" for _ in range(30)) for _ in range(30)) + "\\end{vmatrix}",
        "\\cup".join(f"({i},{i + 1})" for i in range(300)), ",".join(f"\\pm\\sqrt{{{i}}}" for i in range(200)), "1:" * 900 + "1",
    ]  # fmt: skip


CODE = [
    "__import__('os').mkdir('made')", 'open("made","w")', "exec('open(\"made\",\"w\")')", "().__class__.__bases__[0].__subclasses__()",
    "lambda: open('made','w')", "[x for x in ().__class__.__mro__]", "os.system('touch made')", "${touch made}", "`touch made`",
    "{{7*7}}", "\\input{/etc/passwd}", "\\write18{touch made}",
]  # fmt: skip

_REGEXES = [
    "a" * 3900, " " * 3900 + "1", "\\text{ " * 900, "1 " * 1900, "\\," * 1900 + "1", "{,}" * 1300, "$" * 3900, "\\\\" * 1900, "." * 3900,
    "a " * 1900, "-1-" * 1300, "\\ " * 1900, "ab" * 1900, "\u00bd" * 3000, "\u221a" * 3000, "\u00b2" * 3000,
]  # fmt: skip

HOSTILE = [
    *_towers(), *_factorials(), *_digits(), *_nesting(), *_polynomials(), *_calculus(), *_traps(), *_collections(), *CODE, *_REGEXES,
]  # fmt: skip
