"""Options of what is written: the format, the form of a response, and the files beside the output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from util.system.errors import UserError
from util.system.options import option

MARKED, TAGGED, APART = "markers", "think", "reasoning_content"
STYLES = (MARKED, TAGGED, APART)
THOUGHT_FIELDS = ("reasoning_content", "thinking", "reasoning")
"""Names that chat templates give to the field of the thought: Qwen3, GLM and DeepSeek; gpt-oss; others."""

PAIR_FORMATS = ("preference", "ranking")
"""Formats of pairs of responses."""
RL_FORMATS = ("verl", "rlvr")
"""Formats of prompts with gold answers, without responses."""
FORMATS = ("sharegpt", "messages", "prompt-completion", *PAIR_FORMATS, *RL_FORMATS)
LLAMA_FACTORY, AXOLOTL = "llamafactory", "axolotl"
USES = ("auto", "converted", "original")


@dataclass(frozen=True)
class ThoughtForm:
    """How thoughts are written. style: of STYLES; None is markers, with ready-made conversations left as they are.
    field: of THOUGHT_FIELDS, for the style reasoning_content."""

    style: str | None = None
    field: str = THOUGHT_FIELDS[0]

    @property
    def is_marked(self) -> bool:
        return self.style in (None, MARKED)

    @property
    def is_apart(self) -> bool:
        return self.style == APART


@dataclass(frozen=True, kw_only=True)
class FormOptions:
    """form: a name of FORMATS. thought_style: None is markers, with ready-made conversations left as they are.
    thought_field: None is reasoning_content. use: of USES. entries: None is LLaMA-Factory's."""

    use: str = option(
        "result files to read: converted (converted_NAME.json), original (NAME.json, as the model wrote it), or auto: "
        "the converted ones for the thought style markers, else the original ones where they are judged",
        default="auto", choices=USES,
    )  # fmt: skip
    form: str = option(
        "output format: sharegpt or ranking (pairs) for LLaMA-Factory; messages, prompt-completion or preference (pairs) "
        "for TRL; verl or rlvr (open-instruct) for RL: a row per problem with a gold answer or tests, whatever its responses",
        default="sharegpt", flag="format", choices=FORMATS,
    )  # fmt: skip
    thought_style: str | None = option(
        "how a response's thought is written: markers, with Sky-T1's system prompt; think, as <think> tags without a system "
        "prompt; reasoning_content, as a field of its own. Default: markers, with ShareGPT and messages rows of --extra as "
        "they are",
        choices=STYLES,
    )  # fmt: skip
    thought_field: str | None = option(
        "name of the field of --thought-style reasoning_content, as the student's chat template has it (gpt-oss: thinking)",
        choices=THOUGHT_FIELDS,
    )
    data_source: str | None = option(
        "data_source of every row of --format verl, for a reward function of your own; by default the name by which verl "
        "chooses a reward that suits the dataset",
        metavar="NAME",
    )
    jsonl: bool = option(
        "write one JSON object per line whatever the name of --output; a name in .jsonl means it too", default=False
    )
    entries: Sequence[str] | None = option(
        "trainers whose entry for the output is written beside it: llamafactory (dataset_info.json), axolotl "
        "(NAME.axolotl.yaml); if given, they are printed too. Default: llamafactory",
        nargs="+", choices=(LLAMA_FACTORY, AXOLOTL),
    )  # fmt: skip

    @property
    def trainers_with_entries(self) -> Sequence[str]:
        return self.entries if self.entries is not None else (LLAMA_FACTORY,)

    @property
    def thought_form(self) -> ThoughtForm:
        return ThoughtForm(self.thought_style, self.thought_field or THOUGHT_FIELDS[0])

    @property
    def pairs_responses(self) -> bool:
        return self.form in PAIR_FORMATS

    @property
    def has_responses(self) -> bool:
        return self.form not in RL_FORMATS


def check_form(options: FormOptions) -> None:
    """Refuse options of what is written that contradict each other.

    Raises:
        UserError: they do.
    """
    if options.thought_field is not None and options.thought_style != APART:
        raise UserError(
            f"--thought-field {options.thought_field} has no effect on --thought-style {options.thought_style or 'markers'}. "
            f"Add --thought-style {APART}."
        )
    if options.thought_style == APART and options.form in ("sharegpt", "ranking"):
        raise UserError(
            f"--format {options.form} has no field for a thought, and LLaMA-Factory would drop one in silence. Use "
            "--thought-style think, or --format messages, prompt-completion or preference."
        )
    if options.form == "rlvr" and options.thought_style == MARKED:
        raise UserError(
            "--format rlvr has the user's message alone: some versions of open-instruct take the last of several messages for "
            "an answer. Leave --thought-style out, and set the system prompt in open-instruct."
        )
    if options.data_source is not None and options.form != "verl":
        raise UserError(f"--data-source is a field of --format verl, not of {options.form}.")
    if AXOLOTL in options.trainers_with_entries:
        _check_axolotl(options)


def _check_axolotl(options: FormOptions) -> None:
    if options.form in ("prompt-completion", "ranking", *RL_FORMATS):
        why = f"axolotl has no reader for --format {options.form}"
        instead = "preference" if options.form == "ranking" else "messages"
    elif options.form == "preference" and options.thought_form.is_apart:
        raise UserError(
            "axolotl drops a thought in a field of its own from preference pairs. Use --thought-style think."
        )
    elif options.form == "sharegpt" and not options.thought_form.is_marked:
        why = "axolotl adds an empty system prompt to sharegpt rows without one"
        instead = "messages"
    else:
        return
    raise UserError(f"{why}. Use --format {instead}.")
