"""The repository of each dataset on the Hub.

``codeparrot/apps``, ``BAAI/TACO`` and ``livecodebench/code_generation_lite`` have a loading script,
so their files are read by name; the other repositories need none. Row counts come from the dataset
cards. Revisions are those that public evaluation code pins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class HubSource:
    """A repository, and how to read it.

    files: split -> paths of JSON lines or Parquet files. They are downloaded one at a time, as their rows are
    read, and read directly: no loading script runs and no second copy is written. Without ``files``,
    ``load_dataset(id, config)`` is used.
    split: the repository's only split, used for every requested split. columns: the columns to keep, () for all.
    dropped: large columns that no step uses; they are not read. rows: known row counts of a split ("test") or
    of a source in it ("train:2024"). alternatives: tried in order if the repository is missing or unreadable.
    folder_column: a column that gets the name of the folder of the row's file ("law/data.arrow": "law").
    """

    id: str
    config: str | None = None
    revision: str | None = None
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    split: str | None = None
    columns: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    licence: str = ""
    gated: bool = False
    alternatives: tuple[HubSource, ...] = ()
    folder_column: str = ""

    @property
    def name(self) -> str:
        return self.id + (f" ({self.config})" if self.config else "")


def _gpqa(config: str, rows: int) -> HubSource:
    return HubSource(
        "Idavidrein/gpqa", f"gpqa_{config}", revision="633f5ee89ab8ad4522a9f850766b73f62147ffdd",
        rows={"train": rows}, licence="CC-BY-4.0", gated=True,
    )  # fmt: skip


def _contest(name: str, revision: str | None, rows: int, *alternatives: HubSource) -> HubSource:
    return HubSource(
        f"MathArena/{name}", revision=revision, split="train", rows={"train": rows}, licence="CC-BY-NC-SA-4.0",
        alternatives=alternatives,
    )  # fmt: skip


def _shards(prefix: str, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}-{number:05}-of-{count:05}.parquet" for number in range(count))


MMLU_SUBJECTS = tuple(
    """
    abstract_algebra anatomy astronomy business_ethics clinical_knowledge college_biology college_chemistry
    college_computer_science college_mathematics college_medicine college_physics computer_security
    conceptual_physics econometrics electrical_engineering elementary_mathematics formal_logic global_facts
    high_school_biology high_school_chemistry high_school_computer_science high_school_european_history
    high_school_geography high_school_government_and_politics high_school_macroeconomics high_school_mathematics
    high_school_microeconomics high_school_physics high_school_psychology high_school_statistics
    high_school_us_history high_school_world_history human_aging human_sexuality international_law jurisprudence
    logical_fallacies machine_learning management marketing medical_genetics miscellaneous moral_disputes
    moral_scenarios nutrition philosophy prehistory professional_accounting professional_law professional_medicine
    professional_psychology public_relations security_studies sociology us_foreign_policy virology world_religions
    """.split()  # noqa: SIM905
)

BBH_CONFIGS = dict.fromkeys(
    """
    boolean_expressions causal_judgement date_understanding disambiguation_qa dyck_languages formal_fallacies geometric_shapes
    hyperbaton logical_deduction_five_objects logical_deduction_seven_objects logical_deduction_three_objects
    movie_recommendation multistep_arithmetic_two navigate object_counting penguins_in_a_table
    reasoning_about_colored_objects ruin_names salient_translation_error_detection snarks sports_understanding
    temporal_sequences tracking_shuffled_objects_five_objects tracking_shuffled_objects_seven_objects
    tracking_shuffled_objects_three_objects web_of_lies word_sorting
    """.split(),  # noqa: SIM905
    250,
) | {"causal_judgement": 187, "penguins_in_a_table": 146, "snarks": 178}
"""Sets of BIG-Bench Hard -> number of rows."""

_LABELS = ("problem", "gpt_difficulty_parsed")

SOURCES: dict[str, HubSource] = {
    "NUMINA": HubSource(
        "AI-MO/NuminaMath-CoT", rows={"train": 859_494, "test": 100}, licence="Apache-2.0",
    ),
    "NUMINA labels": HubSource(
        "NovaSky-AI/labeled_numina_difficulty_859K", columns=_LABELS,
        alternatives=(HubSource("NovaSky-AI/labeled_numina_difficulty", columns=_LABELS, licence="Apache-2.0"),),
    ),
    "APPS": HubSource(
        "codeparrot/apps", revision="21e74ddf8de1a21436da12e3e653065c5213e9d1",
        files={"train": ("train.jsonl",), "test": ("test.jsonl",)},
        rows={"train": 5_000, "test": 5_000}, licence="MIT",
        alternatives=(HubSource("metr-evals/apps", rows={"train": 5_000, "test": 5_000}, licence="MIT"),),
    ),
    "TACO": HubSource(
        "BAAI/TACO", revision="d593ed0a2becbbc952230bb89be09189bf1056dc",
        files={"train": _shards("ALL/train", 9), "test": _shards("ALL/test", 1)}, dropped=("solutions",),
        rows={"train": 25_443, "test": 1_000}, licence="Apache-2.0",
    ),
    "MMLU": HubSource(
        "cais/mmlu", "all", revision="c30699e8356da336a370243923dbaf21066bb9fe",
        rows={"test": 14_042, "validation": 1_531, "dev": 285}, licence="MIT",
    ),
    "MATH500": HubSource(
        "HuggingFaceH4/MATH-500", revision="6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be", rows={"test": 500},
        alternatives=(HubSource("qq8933/MATH500", rows={"test": 500}),),
    ),
    "AIME": HubSource(
        "AI-MO/aimo-validation-aime", revision="13f9e12f613e720c2a2b2f345dd04b998a29494d",
        rows={"train": 90, "train:2022": 30, "train:2023": 30, "train:2024": 30}, licence="Apache-2.0",
    ),
    "AIME25": HubSource(
        "math-ai/aime25", revision="563bb8404243c5f09de6ec262f2db674fe5bce9b", split="test",
        rows={"test": 30}, licence="Apache-2.0",
        alternatives=(HubSource("yentinglin/aime_2025", split="train", rows={"train": 30}),),
    ),
    "GPQADiamond": _gpqa("diamond", 198),
    "GPQA main": _gpqa("main", 448),
    "GPQA extended": _gpqa("extended", 546),
    "LiveCodeBench": HubSource(
        "livecodebench/code_generation_lite", revision="0fe84c3912ea0c4d4a78037083943e8f0c4dd505",
        files={"test": ("test.jsonl", "test2.jsonl")}, rows={"test": 511}, licence="CC",
    ),
    "HumanEvalPlus": HubSource(
        "evalplus/humanevalplus", revision="aa0d916268b1c17e84e881e9bd460508dd2fd308", rows={"test": 164},
        licence="Apache-2.0",
    ),
    "MBPPPlus": HubSource(
        "evalplus/mbppplus", revision="b2d74c91837c3f2a20c1299ae98133cbe7cfa077", rows={"test": 378},
        licence="Apache-2.0",
    ),
    "AMC23": HubSource(
        "AI-MO/aimo-validation-amc", revision="69d78a4a2c840e82d69af6bc742bda09005f6316",
        rows={"train": 83, "train:2022": 43, "train:2023": 40}, licence="Apache-2.0",
        alternatives=(
            HubSource("math-ai/amc23", revision="80815d37005feb82cd7f8fbc6901d5d3eff43057", split="test", rows={"test": 40}),
        ),
    ),
    "GSM8K": HubSource(
        "openai/gsm8k", "main", revision="740312add88f781978c0658806c59bc2815b9866",
        rows={"test": 1_319, "train": 7_473}, licence="MIT",
    ),
    "OlympiadBench": HubSource(
        "Hothan/OlympiadBench", "OE_TO_maths_en_COMP", revision="91184b52131e7fc9455fef848035173aea8cc01a",
        dropped=tuple(f"image_{number}" for number in range(1, 10)), rows={"train": 674}, licence="Apache-2.0",
        alternatives=(
            HubSource(
                "math-ai/olympiadbench", revision="4faaf1e6ec17d11a4218a9bf4c049ecaf954dd84", split="test",
                dropped=tuple(f"image_{number}" for number in range(1, 10)), rows={"test": 674},
            ),
        ),
    ),
    "MinervaMath": HubSource(
        "math-ai/minervamath", revision="ee46ddc498933b1977577953250ca5c66be64f96", rows={"test": 272},
    ),
    "MMLU-Pro": HubSource(
        "TIGER-Lab/MMLU-Pro", revision="b189ec765aa7ed75c8acfea42df31fdae71f97be",
        rows={"test": 12_032, "validation": 70}, licence="MIT",
    ),
    "ARC-C": HubSource(
        "allenai/ai2_arc", "ARC-Challenge", revision="210d026faf9955653af8916fad021475a3f00453",
        rows={"test": 1_172, "train": 1_119, "validation": 299}, licence="CC-BY-SA-4.0",
    ),
    "AIME26": _contest(
        "aime_2026", "d2de22f3c656b4f56cf8981212186377d1e23bc3", 30,
        HubSource("math-ai/aime26", revision="79037aebdb6580008fb960d17cb21fd3099083e3", split="test", rows={"test": 30}, licence="Apache-2.0"),
    ),
    "HMMT-Feb25": _contest("hmmt_feb_2025", "6fdc4277120810ff75aa22d2d5489b91f7a262a1", 30),
    "HMMT-Nov25": _contest("hmmt_nov_2025", "118dbfb45c4c9467c672268ed55166642897aa46", 30),
    "HMMT-Feb26": _contest("hmmt_feb_2026", "02fba4f74d8e68e73e66a02d540fd979c05c274c", 33),
    "BRUMO25": _contest("brumo_2025", "6de9bc0987f5710c6376ee980e1483dbeb55cfda", 30),
    "SMT25": _contest("smt_2025", "d8e99d83f1583842f46d4953cd960eea5d887e45", 53),
    "CMIMC25": _contest("cmimc_2025", None, 40),
    "Omni-MATH": HubSource(
        "KbsdJames/Omni-MATH", revision="40ba231d8f16e29ecd40e6407e2c8640145a8f62", rows={"test": 4_428},
        licence="Apache-2.0",
    ),
    "SuperGPQA": HubSource(
        "m-a-p/SuperGPQA", revision="4430d4458112c7d4497fdcf94d7cc223313d6acf", split="train", rows={"train": 26_529},
        licence="ODC-BY",
    ),
    "MMLU-Redux": HubSource(
        "edinburgh-dawg/mmlu-redux-2.0", revision="372ea425445d51e1ba1188c56e5e893f8138621f",
        files={"test": tuple(f"{subject}/data-00000-of-00001.arrow" for subject in MMLU_SUBJECTS)},
        folder_column="subject", rows={"test": 5_700}, licence="CC-BY-4.0",
    ),
    "HLE": HubSource(
        "cais/hle", revision="5a81a4c7271a2a2a312b9a690f0c2fde837e4c29", dropped=("image_preview", "rationale_image"),
        rows={"test": 2_500}, licence="MIT", gated=True,
    ),
    "BBEH": HubSource(
        "BBEH/bbeh", revision="08e07a803851822c04399782ece3c4a07ce419f9", split="train",
        rows={"train": 4_520, "train:mini": 460}, licence="Apache-2.0",
    ),
    "BBH": HubSource(
        "SaylorTwift/bbh", revision="b5306be6f827cfafbb545ff5a51f96916029b0fd", folder_column="config",
        files={"test": tuple(f"{name}/test-00000-of-00001.parquet" for name in BBH_CONFIGS)},
        rows={"test": 6_511, **{f"test:{name}": count for name, count in BBH_CONFIGS.items()}}, licence="MIT",
    ),
    "IFEval": HubSource(
        "google/IFEval", revision="966cd89545d6b6acfd7638bc708b98261ca58e84", split="train", rows={"train": 541},
        licence="Apache-2.0",
    ),
    "Codeforces": HubSource(
        "open-r1/codeforces", "verifiable", dropped=("editorial",), licence="CC-BY-4.0",
        files={"train": _shards("verifiable/train", 10), "test": _shards("verifiable/test", 1)},
    ),
}  # fmt: skip
"""Dataset -> its repository. A dataset with several repositories or configurations has several entries."""
