"""LLaMA-Factory's own templates, and what it trains with them. It does not use the chat template of the tokenizer.

The pieces of a conversation are tokenized one by one and joined. A template for reasoning models puts an empty thought
block, which is trained, in front of a response that has no think tags (version 0.9.5, with its default options).
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from util.system.errors import UserError
from util.training.rendering import Rendering, Span, Student, Turn

_CHATML = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
_CHATML_SYSTEM = "<|im_start|>system\n{}<|im_end|>\n"
_DEEPSEEK = "<｜User｜>{}<｜Assistant｜>"
_LLAMA = "<|start_header_id|>{}<|end_header_id|>\n\n"


@dataclass(frozen=True)
class LlamaFactoryTemplate:
    """A template of LLaMA-Factory; "{}" stands for a turn's content.

    default: the system prompt of rows that have none. tags: those of a template for reasoning models, else None.
    starts: begins with BOS. adds_eos: each turn of the assistant ends with EOS; ends: only the conversation does.
    """

    name: str
    user: str
    assistant: str = "{}"
    system: str = "{}"
    default: str = ""
    tags: tuple[str, str] | None = None
    starts: bool = False
    ends: bool = False
    adds_eos: bool = False


_THINK = ("<think>\n", "\n</think>\n\n")

_KNOWN = (
    LlamaFactoryTemplate("chatml", _CHATML, "{}<|im_end|>\n", _CHATML_SYSTEM),
    LlamaFactoryTemplate(
        "qwen", _CHATML, "{}<|im_end|>\n", _CHATML_SYSTEM, "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
    ),
    LlamaFactoryTemplate("qwen3", _CHATML, "{}<|im_end|>\n", _CHATML_SYSTEM, tags=_THINK),
    LlamaFactoryTemplate("qwen3_nothink", _CHATML, "{}<|im_end|>\n", _CHATML_SYSTEM),
    LlamaFactoryTemplate(
        "smollm2", _CHATML, "{}<|im_end|>\n", _CHATML_SYSTEM,
        "You are a helpful AI assistant named SmolLM, trained by Hugging Face.",
    ),
    LlamaFactoryTemplate("deepseek3", _DEEPSEEK, starts=True, adds_eos=True),
    LlamaFactoryTemplate("deepseekr1", _DEEPSEEK, tags=_THINK, starts=True, adds_eos=True),
    LlamaFactoryTemplate(
        "gpt_oss", "<|start|>user<|message|>{}<|end|><|start|>assistant", "{}", "<|start|>system<|message|>{}<|end|>",
        "You are ChatGPT, a large language model trained by OpenAI.",
        ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"), ends=True,
    ),
    LlamaFactoryTemplate(
        "llama3", f"{_LLAMA.format('user')}{{}}<|eot_id|>{_LLAMA.format('assistant')}", "{}<|eot_id|>",
        f"{_LLAMA.format('system')}{{}}<|eot_id|>", starts=True,
    ),
)  # fmt: skip
LLAMAFACTORY_TEMPLATES = {template.name: template for template in _KNOWN}
"""Those whose tokens are compared with the real loader's in benchmarks/trainers.py."""


def llamafactory_template(name: str) -> LlamaFactoryTemplate:
    """Raises: UserError: the template is not known here; names the nearest one."""
    if name not in LLAMAFACTORY_TEMPLATES:
        near = difflib.get_close_matches(
            name.lower().replace("-", "_").replace(".", "_"), LLAMAFACTORY_TEMPLATES, 1, 0.7
        )
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(LLAMAFACTORY_TEMPLATES)}."
        raise UserError(
            f"--template {name}: LLaMA-Factory renders with templates of its own (`template:` in its YAML), and this one is "
            f"not among those that are known here; {hint}"
        )
    return LLAMAFACTORY_TEMPLATES[name]


def fitting_template(student: Student) -> LlamaFactoryTemplate:
    """The known template that makes the prompts of the student's chat template, those without a system prompt too if there
    is one; of several, one for reasoning models if the chat template knows thoughts.

    Raises:
        UserError: there is none.
    """
    system: Turn = {"role": "system", "content": "S"}
    user: Turn = {"role": "user", "content": "U"}
    with_system, without = student.text([system, user], prompt=True), student.text([user], prompt=True)
    found = [known for known in LLAMAFACTORY_TEMPLATES.values() if with_system.startswith(_prompt(student, known, "S"))]
    if not found:
        raise UserError(
            f"No template of LLaMA-Factory that is known here makes the prompts of {student.name}. Name the one of your YAML "
            f"with --template; known are {', '.join(LLAMAFACTORY_TEMPLATES)}."
        )
    found = [known for known in found if without.startswith(_prompt(student, known, known.default))] or found
    thinks = "think" in student.template
    return next((known for known in found if (known.tags is not None) == thinks), found[0])


def render_llamafactory(
    student: Student, turns: list[Turn], template: LlamaFactoryTemplate, is_pair: bool
) -> Rendering:
    """A conversation as LLaMA-Factory renders and trains it; is_pair: one of a preference pair."""
    system = "\n\n".join(turn["content"] for turn in turns if turn["role"] == "system") or template.default
    ids = [student.tokenizer.bos_token_id] if template.starts and student.tokenizer.bos_token_id is not None else []
    text = student.tokenizer.bos_token if ids else ""
    trained = [False] * len(ids)
    spans: list[Span] = []
    is_own = True
    ends_at: list[int] = []  # where the next turn begins, whose first token gets the end token as its label

    def add(piece: str, flag: bool) -> None:
        nonlocal text
        tokens = student.encoded(piece)[0] if piece else []
        text += piece
        ids.extend(tokens)
        trained.extend([flag] * len(tokens))

    add(template.system.format(system) if system else "", False)
    for number, turn in enumerate(turns):
        if turn["role"] == "system":
            continue
        if turn["role"] != "assistant":
            ends_at += [len(ids)] if template.ends and spans else []
            add(template.user.replace("{}", turn["content"]), False)
            continue
        is_last, before = number == len(turns) - 1, text
        add(_thought(template, turn["content"]), True)
        content = (
            turn["content"] if is_last or not is_pair or template.tags is None else _stripped(template, turn["content"])
        )
        add(template.assistant.replace("{}", content), True)
        add(student.tokenizer.eos_token if template.adds_eos or (template.ends and is_last) else "", True)
        prompt = student.text(turns[:number], prompt=True) if student.template else before
        is_own = is_own and text.startswith(prompt)
        spans.append(Span(number, text[len(before) :], before, prompt if text.startswith(prompt) else before))
    if is_pair:  # only the last response is trained
        spans = spans[-1:]
        last_prompt = next((place for place in range(len(ids) - 1, -1, -1) if not trained[place]), -1)
        trained = [place > last_prompt for place in range(len(ids))]
        ends_at = []
    others = dict.fromkeys(ends_at, student.tokenizer.eos_token_id)
    return Rendering(text, ids, trained, spans, is_own_prompt=is_own, other_labels=others)


def _prompt(student: Student, template: LlamaFactoryTemplate, system: str) -> str:
    begin = (student.tokenizer.bos_token or "") if template.starts else ""
    return begin + (template.system.format(system) if system else "") + template.user.format("U")


def _thought(template: LlamaFactoryTemplate, content: str) -> str:
    if template.tags is None or any(tag.strip() in content for tag in template.tags):
        return ""
    return "".join(template.tags)


def _stripped(template: LlamaFactoryTemplate, content: str) -> str:
    begin, end = map(re.escape, template.tags or ("", ""))
    return re.sub(f"{begin}.*?{end}", "", content, flags=re.DOTALL).lstrip("\n")
