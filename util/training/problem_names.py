"""What identifies a training problem, and the text by which it is compared with others."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable

from util.results.entries import Entry
from util.results.problem_identity import NUMBERED, gold_of
from util.system.characters import utf8


def identity_of(texts: Iterable[str]) -> bytes:
    """The name of a problem in the pool, from the texts that identify it."""
    return hashlib.sha256(utf8("\0".join(map(plain, texts)))).digest()[:16]


def identity_texts(entry: Entry) -> list[str]:
    """The texts that identify the problem of an entry: its prompt and its gold answer."""
    return [entry.question, gold_of(entry.row)]


def source_of(dataset: str, entry: Entry) -> str:
    """The source of a problem in the funnel."""
    subset = entry.row.get("source")
    return f"{dataset}/{subset}" if isinstance(subset, str) else dataset


def key_text(entry: Entry) -> str:
    """The key of an entry without the number of a repeated one."""
    return NUMBERED.sub("", entry.key)


def compared_question(entry: Entry) -> str:
    """The text of an entry for near-duplicate and contamination checks."""
    choices = entry.row.get("choices")
    options = [str(option) for option in choices] if isinstance(choices, list) else []
    return " ".join([key_text(entry), *options])


def plain(text: str) -> str:
    """``text`` in Unicode form NFKC, with each run of white space as one space.

    >>> plain(" ﬁnd\\n x  ")
    'find x'
    """
    return " ".join(unicodedata.normalize("NFKC", text).split())
