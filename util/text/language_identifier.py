"""The language of a text, by py3langid."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def identifier() -> Any:
    """The language identifier; slow to load (0.7 s).

    Raises:
        UserError: the package py3langid is not installed.
    """
    from util.system.packages import require

    require("py3langid")
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def likelihoods(text: str) -> dict[str, float]:
    """ISO 639-1 code -> probability, of all languages that are known.

    Raises:
        UserError: the package py3langid is not installed.
    """
    return {str(language): float(probability) for language, probability in identifier().rank(text)}
