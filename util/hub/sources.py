"""Where each dataset lives on the Hub: the one table of repositories.

Facts that make a repository loadable today: ``codeparrot/apps``, ``BAAI/TACO`` and
``livecodebench/code_generation_lite`` carry a loading script, so their files are read by name;
the others are plain repositories. Row counts are those of the datasets' cards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class HubSource:
    """A repository, and how to read it.

    With ``files`` (split -> path patterns) these are downloaded and given to the named builder,
    which never asks for a script; otherwise ``load_dataset(id, config)`` is used.
    split: the repository's only split, whatever split is asked for. columns: those that are kept,
    () for all. rows: known counts, of a split ("test") or of what a source leaves of it
    ("train:2024"). alternatives: read in turn where the repository is gone or unreadable.
    """

    id: str
    config: str | None = None
    revision: str | None = None
    builder: str | None = None
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    split: str | None = None
    columns: tuple[str, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    licence: str = ""
    gated: bool = False
    alternatives: tuple[HubSource, ...] = ()

    @property
    def name(self) -> str:
        return self.id + (f" ({self.config})" if self.config else "")


def _gpqa(config: str, rows: int) -> HubSource:
    return HubSource("Idavidrein/gpqa", f"gpqa_{config}", rows={"train": rows}, licence="CC-BY-4.0", gated=True)


SOURCES: dict[str, HubSource] = {
    "NUMINA": HubSource(
        "AI-MO/NuminaMath-CoT", rows={"train": 859_494, "test": 100}, licence="Apache-2.0",
    ),
    "NUMINA labels": HubSource(
        "NovaSky-AI/labeled_numina_difficulty_859K", columns=("problem", "gpt_difficulty_parsed"),
        alternatives=(HubSource("NovaSky-AI/labeled_numina_difficulty", columns=("problem", "gpt_difficulty_parsed")),),
    ),
    "APPS": HubSource(
        "codeparrot/apps", revision="21e74ddf8de1a21436da12e3e653065c5213e9d1", builder="json",
        files={"train": ("train.jsonl",), "test": ("test.jsonl",)},
        rows={"train": 5_000, "test": 5_000}, licence="MIT",
        alternatives=(HubSource("metr-evals/apps", licence="MIT"),),
    ),
    "TACO": HubSource(
        "BAAI/TACO", revision="d593ed0a2becbbc952230bb89be09189bf1056dc", builder="parquet",
        files={"train": ("ALL/train-*.parquet",), "test": ("ALL/test-*.parquet",)},
        rows={"train": 25_443, "test": 1_000}, licence="Apache-2.0",
    ),
    "MMLU": HubSource(
        "cais/mmlu", "all", rows={"test": 14_042, "validation": 1_531, "dev": 285}, licence="MIT",
    ),
    "MATH500": HubSource(
        "HuggingFaceH4/MATH-500", rows={"test": 500},
        alternatives=(HubSource("qq8933/MATH500", rows={"test": 500}),),
    ),
    "AIME": HubSource(
        "AI-MO/aimo-validation-aime", revision="13f9e12f613e720c2a2b2f345dd04b998a29494d",
        rows={"train": 90, "train:2022": 30, "train:2023": 30, "train:2024": 30}, licence="Apache-2.0",
    ),
    "AIME25": HubSource(
        "yentinglin/aime_2025", split="train", rows={"train": 30},
        alternatives=(HubSource("math-ai/aime25", split="test", rows={"test": 30}),),
    ),
    "GPQADiamond": _gpqa("diamond", 198),
    "GPQA main": _gpqa("main", 448),
    "GPQA extended": _gpqa("extended", 546),
    "LiveCodeBench": HubSource(
        "livecodebench/code_generation_lite", revision="0fe84c3912ea0c4d4a78037083943e8f0c4dd505", builder="json",
        files={"test": ("test.jsonl", "test2.jsonl")}, rows={"test": 511}, licence="CC",
    ),
    "AMC23": HubSource(
        "AI-MO/aimo-validation-amc", revision="69d78a4a2c840e82d69af6bc742bda09005f6316",
        rows={"train:2023": 40}, licence="Apache-2.0",
    ),
    "GSM8K": HubSource("openai/gsm8k", "main", rows={"test": 1_319, "train": 7_473}, licence="MIT"),
    "OlympiadBench": HubSource(
        "Hothan/OlympiadBench", "OE_TO_maths_en_COMP", rows={"train": 674}, licence="Apache-2.0",
    ),
    "MinervaMath": HubSource("math-ai/minervamath", rows={"test": 272}),
    "MMLU-Pro": HubSource("TIGER-Lab/MMLU-Pro", rows={"test": 12_032, "validation": 70}, licence="MIT"),
    "ARC-C": HubSource("allenai/ai2_arc", "ARC-Challenge", rows={"test": 1_172}, licence="CC-BY-SA-4.0"),
}  # fmt: skip
"""Dataset (and part, where it has several repositories or configurations) -> its repository."""
