"""The commands of docs/models.md: read from the page, checked without a model, and adapted to a tiny one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from util.system.project import ROOT

LORA = "--lora"
PAGE = ROOT / "docs" / "models.md"
_BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DROPPED = {
    "--tp": 1, "--n": 1, "--max-tokens": 1, "--max-model-len": 1, "--gpu-memory-utilization": 1, "--evals": 1,
    "--dataset": 1, "--split": 1, "--source": 1, "--start": 1, "--end": 1, "--limit": 1, "--result-dir": 1,
    "--output-file": 1, "--base-url": 1, "--inference": 0, "--ray-address": 1, "--num-replicas": 1,
}  # fmt: skip
"""Options of size and place, with the number of their values; a trial sets its own."""
_SIZES = (
    "--tensor-parallel-size",
    "--data-parallel-size",
    "--pipeline-parallel-size",
    "--max-model-len",
    "--served-model-name",
)
"""The same for ``vllm serve``; each has one value."""


@dataclass(frozen=True)
class Example:
    """A command of the page. heading: the section. words: script and options. server: words after ``vllm serve``."""

    heading: str
    words: tuple[str, ...]
    server: tuple[str, ...] = ()

    @property
    def hub_id(self) -> str:
        """The model's id on the Hub: the server's where there is one."""
        return self.server[0] if self.server else self.words[self.words.index("--model") + 1]

    @property
    def served_name(self) -> str:
        """What requests call the model."""
        return self.words[self.words.index("--model") + 1].removeprefix("openai/")


def read_examples(text: str) -> list[Example]:
    """The ``python`` commands of a page, each with the ``vllm serve`` command before it in its block, if there is one.

    >>> read_examples("## A\\n```bash\\nvllm serve x/y\\npython eval.py \\\\\\n  --model openai/y\\n```\\n")
    [Example(heading='A', words=('eval.py', '--model', 'openai/y'), server=('x/y',))]
    """
    found = []
    headings = [(match.start(), match[1]) for match in re.finditer(r"^#+ (.+)$", text, re.MULTILINE)]
    for block in _BLOCK.finditer(text):
        heading = max(place for place in headings if place[0] < block.start())[1]
        server: tuple[str, ...] = ()
        for line in block[1].replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words[:2] == ["vllm", "serve"]:
                server = tuple(words[2:])
            elif words[:1] == ["python"]:
                found.append(Example(heading, tuple(words[1:]), server))
    return found


def page_examples() -> list[Example]:
    """The commands of docs/models.md."""
    return read_examples(PAGE.read_text(encoding="utf-8"))


def without(words: Sequence[str], dropped: dict[str, int]) -> list[str]:
    """``words`` without some options and their values.

    >>> without(["eval.py", "--tp", "8", "--preset"], {"--tp": 1})
    ['eval.py', '--preset']
    """
    kept, skip = [], 0
    for word in words:
        if skip:
            skip -= 1
        elif word in dropped:
            skip = dropped[word]
        else:
            kept.append(word)
    return kept


def kept_options(example: Example) -> list[str]:
    """The options that a trial passes on as they are."""
    return without(example.words[1:], _DROPPED | {"--model": 1})


def trial_words(example: Example, model: str, folder: Path, address: str = "") -> list[str]:
    """The command as it is tried: two rows of the samples, eight tokens, the tiny model.

    folder: for its files; a LoRA adapter is in ``adapter`` there.
    """
    words = [example.words[0], "--model", model, *_with_prompt_file(kept_options(example), folder)]
    if LORA in words:
        words[words.index(LORA) + 1] = str(folder / "adapter")
    if "openai" not in words and not address and "--backend" not in words:
        words += ["--backend", "vllm"]
    words += ["--base-url", address] if address else []
    # On a CPU without fast bfloat16 the suite computes in float32, which quantised layers do not take.
    words += ["--dtype", "bfloat16"] if re.search(r"AWQ|GPTQ|w8a8|quantization=", " ".join(example.words)) else []
    # The tiny checkpoint has no layers for it.
    words += ["--engine-args", "load_format=dummy"] if '"mtp"' in " ".join(example.words) else []
    words += ["--num-replicas", "1"] if "ray" in words else []
    words += ["--max-tokens", "8", "--result-dir", str(folder)]
    if example.words[0] == "eval.py":
        words += ["--evals", "MATH500", "--dataset-path", "samples/math500.jsonl", "--limit", "2"]
        return [*words, "--output-file", str(folder / "scores.json")]
    rows = ["--dataset", "NUMINA", "--source", "all", "--end", "2", "--dataset-path", "samples/numina.jsonl"]
    return [*words, *rows, "--inference"]


def _with_prompt_file(words: list[str], folder: Path) -> list[str]:
    """The words with a file of a trial's own in place of a system prompt that the reader writes."""
    if "--system-prompt" not in words:
        return words
    place = words.index("--system-prompt") + 1
    path = folder / "system-prompt.txt"
    path.write_text("Think first, then answer.\n")
    return [*words[:place], str(path), *words[place + 1 :]]


def server_words(example: Example, model: str, adapter: str, port: int) -> list[str]:
    """The words after ``vllm serve`` as they are tried on a CPU."""
    kept = without(example.server[1:], dict.fromkeys(_SIZES, 1))
    kept = [re.sub(r"^(\w+)=\S+$", rf"\1={adapter}", word) for word in kept]
    name = [] if "--lora-modules" in kept else ["--served-model-name", example.served_name]
    # vLLM 0.32 on a CPU dies of a seeded request whose prompt it splits.
    cpu = ["--dtype", "float32", "--enforce-eager", "--no-enable-chunked-prefill", "--max-model-len", "4096"]
    return ["--model", model, *kept, *name, *cpu, "--host", "127.0.0.1", "--port", str(port)]
