r"""Final answers: find them in a response, compare them with the gold answer.

>>> verify("So 6 * 7 = 42. The answer is \\boxed{42}.", "42").correct
True

No text is evaluated as code. The rules are in docs/answers.md. The modules of this package import
each other, never the package.
"""

from util.answers.extract import verify
from util.answers.layers import RULES, compare

__all__ = ["RULES", "compare", "verify"]
