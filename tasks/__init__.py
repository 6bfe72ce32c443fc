"""The datasets: one handler each, imported when it is asked for."""

from __future__ import annotations

from tasks.registry import Registry

TASK_HANDLERS = Registry(
    {
        "NUMINA": "tasks.numina:NuminaTask",
        "APPS": "tasks.apps:AppsTask",
        "TACO": "tasks.taco:TacoTask",
        "MMLU": "tasks.mmlu:MmluTask",
        "MATH500": "tasks.math500:Math500Task",
        "AIME": "tasks.aime:AimeTask",
        "GPQADiamond": "tasks.gpqa:GpqaDiamondTask",
        "LiveCodeBench": "tasks.livecodebench:LiveCodeBenchTask",
        "HumanEvalPlus": "tasks.humanevalplus:HumanEvalPlusTask",
        "MBPPPlus": "tasks.mbppplus:MbppPlusTask",
        "AIME25": "tasks.aime25:Aime25Task",
        "AMC23": "tasks.amc23:Amc23Task",
        "GSM8K": "tasks.gsm8k:Gsm8kTask",
        "OlympiadBench": "tasks.olympiadbench:OlympiadBenchTask",
        "MinervaMath": "tasks.minervamath:MinervaMathTask",
        "MMLU-Pro": "tasks.mmlu_pro:MmluProTask",
        "ARC-C": "tasks.arc:ArcChallengeTask",
        "AIME26": "tasks.matharena:Aime26Task",
        "HMMT-Feb25": "tasks.matharena:HmmtFebruary25Task",
        "HMMT-Nov25": "tasks.matharena:HmmtNovember25Task",
        "HMMT-Feb26": "tasks.matharena:HmmtFebruary26Task",
        "BRUMO25": "tasks.matharena:Brumo25Task",
        "SMT25": "tasks.matharena:Smt25Task",
        "CMIMC25": "tasks.matharena:Cmimc25Task",
        "Omni-MATH": "tasks.omni_math:OmniMathTask",
        "SuperGPQA": "tasks.super_gpqa:SuperGpqaTask",
        "GPQAMain": "tasks.gpqa:GpqaMainTask",
        "HLE": "tasks.hle:HleTask",
        "BBEH": "tasks.bbeh:BbehTask",
        "Codeforces": "tasks.codeforces:CodeforcesTask",
        "MMLU-Redux": "tasks.mmlu_redux:MmluReduxTask",
        "BBH": "tasks.bbh:BbhTask",
        "IFEval": "tasks.ifeval:IfevalTask",
    }
)
"""Dataset name on the command line -> handler."""

__all__ = ["TASK_HANDLERS"]
