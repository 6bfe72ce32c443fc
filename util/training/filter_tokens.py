"""Lengths in the student's tokens, counted in batches by the ``tokenizers`` library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from util.system.errors import UserError
from util.system.packages import require
from util.training.filter_text import Flaw


@dataclass(frozen=True)
class TokenRange:
    """low, high: tokens, both inclusive; None is no bound."""

    low: int | None
    high: int | None

    def __str__(self) -> str:
        return f"{'' if self.low is None else self.low}:{'' if self.high is None else self.high}"

    def flaw(self, what: str, tokens: int) -> Flaw | None:
        if self.low is not None and tokens < self.low:
            return Flaw(f"{what} is too short", f"{tokens} tokens, at least {self.low} are wanted")
        if self.high is not None and tokens > self.high:
            return Flaw(f"{what} is too long", f"{tokens} tokens, at most {self.high} are wanted")
        return None


class TokenCounter:
    """Counts tokens of texts, without the special tokens that a chat template adds."""

    def __init__(self, name: str) -> None:
        """name: a folder with tokenizer.json, that file, or a model of the Hub.

        Raises:
            UserError: there is no such tokenizer.
        """
        require("tokenizers")
        from tokenizers import Tokenizer

        path = Path(name)
        file = path / "tokenizer.json" if path.is_dir() else path
        try:
            if path.exists():
                if not file.exists():
                    raise UserError(f"--tokenizer {name} has no tokenizer.json. Give the student's model folder.")
                self._tokenizer: Any = Tokenizer.from_file(str(file))
            else:
                self._tokenizer = Tokenizer.from_pretrained(name)
        except UserError:
            raise
        except Exception as error:  # the library raises bare exceptions, and those of its HTTP client
            raise UserError(
                f"--tokenizer {name} is neither a readable tokenizer.json, nor a folder with one, nor a model of the Hub "
                f"that can be reached ({str(error)[:200]}). Give the student's model folder or Hub id."
            ) from error
        # A tokenizer.json may cut or fill up what it encodes.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text."""
        encode = getattr(self._tokenizer, "encode_batch_fast", self._tokenizer.encode_batch)
        return [len(found.ids) for found in encode(list(texts), add_special_tokens=False)]
