"""Find refusals, prompts that leaked into a response, missing parts and broken formatting.

Every rule is narrow on purpose: "I cannot find an integer" is no refusal, and "the user asks for a box" no leak.
"""

from __future__ import annotations

import re
from functools import lru_cache

from util.text.control_tokens import token_inside
from util.text.fences import blocks
from util.training.filter_text import Flaw, ResponseParts, quoted, without_code

_ASK = r"(?:help|assist|comply|fulfil+|engage|continue|proceed|participate|support)"
_THING = (
    r"(?:with )?(?:you |with |to )?(?:any |this|that|your|the|such|these|those)\b[^.\n]{0,60}"
    r"\b(?:request|question|topic|task|content|instructions?|conversation|discussion|activit(?:y|ies)|information|that)\b"
)
_REFUSALS = re.compile(
    rf"\b(?:I|we)(?: am|'m|’m| are)? (?:(?:really |very |so )?sorry[,.]?(?: but)? )?(?:I |we )?"
    rf"(?:can(?:no|['’])t|cannot|can not|won['’]t|will not|am unable to|(?:am |['’]m )?not able to|must decline to|"
    rf"decline to|must refuse to|refuse to|am not allowed to|am not permitted to)(?: \w+ly)?(?: \w+)? {_ASK}\b"
    rf"(?:\.|,? (?:you )?{_THING}|(?: you)? with (?:that|this|it)(?=[.!,;\n]|$))"
    r"|\bas an? (?:AI|artificial intelligence|large language|language)(?: language)?(?: model| assistant)?,? "
    r"(?:I|developed|created|trained)\b"
    r"|\bI(?:['’]m| am) (?:just |only )?an? (?:AI|large language|language)(?: language)? (?:model|assistant)\b"
    r"|\b(?:this|the) (?:request|content|question) (?:violates|goes against|is against|is disallowed by|is not allowed by)\b"
    r"|\b(?:we|I) (?:must|should|have to|need to) refuse\b(?! to (?:accept|believe))"
    r"|作为(?:一个|一名)?(?:人工智能|AI|大?语言模型|大型语言模型)[^。\n]{0,20}(?:我|无法|不能)"
    r"|(?:抱歉|对不起)[，,！!]?\s*(?:但)?我?(?:不能|无法|没有办法|没法)(?:协助|帮助|提供|回答|满足|完成|继续|处理|帮)"
    r"|我(?:不能|无法)(?:协助|满足|回应|答应)(?:您|你|这|该|此)",
    re.IGNORECASE,
)
_DECLINES = ("sorry", "can", "won", "will not", "able to", "decline", "refuse", "not allowed", "not permitted")
_DECLINED = ("help", "assist", "comply", "fulfil", "engage", "continu", "participat", "support")
_SAYS_SO = (
    "language model", "n ai", "artificial intelligence", "violates", "against", "disallowed", "not allowed by",
    "refuse", "作为", "抱歉", "对不起", "不能", "无法",
)  # fmt: skip
"""A refusal has words of the first two kinds or of the third; quick to look for, in lower case."""
_ROLE_LINE = re.compile(
    r"^(?:#{1,4} *)?(?:\*\*)?(?:(?:Human|User|Assistant|System|Instruction)(?:\*\*)?:(?:\*\*)?(?:[ \t]|$)"
    r"|(?:用户|助手)(?:\*\*)?[:：])",
    re.MULTILINE,
)
_LEAKS = re.compile(
    r"\byou are (?:a helpful|an? (?:AI|expert|large language|highly)[\w ]{0,30}?)\s?assistant\b|\bYou are (?:ChatGPT|Qwen|Claude|DeepSeek|Gemini)\b"
    r"|\bknowledge cutoff: |\bcurrent date: \d|^#{2,4} (?:Instruction|Response|Input):\s*$|\[/?INST\]"
    r"|^\W{0,3}(?:Sure|Certainly|Of course|Okay|OK)?[,.!]?\s*(?:Here(?:['’]s| is)|Below is) (?:the|your|a) "
    r"(?:rewritten|reformatted|converted|formatted|restructured) (?:version|response|text|solution|answer)\b",
    re.IGNORECASE | re.MULTILINE,
)
_ROLES = ("human", "user", "assistant", "system", "instruction", "用户", "助手")
_LEAK_SIGNS = (
    "you are ", "knowledge cutoff", "current date", "# instruction", "# response", "# input", "inst]", "here is the",
    "here is your", "here is a", "here's", "here’s", "below is",
)  # fmt: skip
"""Each match of the patterns has one of them, in lower case."""
LEAKED_WORDS = 10
"""Words in a row of the system prompt that a response does not have by chance."""
THOUGHT_WORDS = 3
"""Words from which a thought is one."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]|\w+")
_BROKEN = re.compile(r"[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_OPEN_MATH = re.compile(r"\\boxed\s*\{")


def refusal(parts: ResponseParts) -> Flaw | None:
    """Words of a model that declines to answer, outside of code and of what the question says itself."""
    for name, text in parts.texts:
        lower = text.lower()
        if not (_has(lower, _SAYS_SO) or (_has(lower, _DECLINED) and _has(lower, _DECLINES))):
            continue
        if (match := _REFUSALS.search(without_code(text))) is not None and match[0] not in parts.question:
            return Flaw("a refusal", f"{name}: {' '.join(match[0].split())[:100]}")
    return None


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)


def leaked_prompt(parts: ResponseParts) -> Flaw | None:
    """Text of the system prompt, of another turn of the conversation or of a rewriting prompt."""
    for name, text in parts.texts:
        plain = without_code(text)
        if parts.system and (words := _common(parts.system, plain)):
            return Flaw("a leaked prompt", f"{name} has words of the system prompt: {words}")
        lower = plain.lower()
        for pattern, signs in ((_LEAKS, _LEAK_SIGNS), (_ROLE_LINE, _ROLES)):
            if not _has(lower, signs):
                continue
            match = pattern.search(plain)
            if match is not None and match[0].strip() not in parts.question:
                return Flaw("a leaked prompt", f"{name}: {quoted(plain, match.start())}")
    return None


def _common(system: str, text: str) -> str:
    """The first words in a row that a text shares with the system prompt, or ""."""
    grams, may_have_one = _system_grams(system)
    if may_have_one is None or may_have_one.search(text) is None:
        return ""
    words = _WORD.findall(text.lower())
    for start in range(len(words) - LEAKED_WORDS + 1):
        if (gram := " ".join(words[start : start + LEAKED_WORDS])) in grams:
            return gram
    return ""


@lru_cache(maxsize=8)
def _system_grams(system: str) -> tuple[frozenset[str], re.Pattern[str] | None]:
    """(runs of LEAKED_WORDS words, a pattern that a text with such a run has).

    The pattern is quick to look for: of LEAKED_WORDS words in a row it needs two that follow each other.
    """
    words = _WORD.findall(system.lower())
    starts = range(len(words) - LEAKED_WORDS + 1)
    grams = frozenset(" ".join(words[start : start + LEAKED_WORDS]) for start in starts)
    pairs = {
        rf"{re.escape(words[place])}\W*{re.escape(words[place + 1])}"
        for place in range(0, len(words) - 1, LEAKED_WORDS - 1)
    }
    return grams, re.compile("|".join(sorted(pairs)), re.IGNORECASE) if grams else None


def missing_part(parts: ResponseParts) -> Flaw | None:
    """A thought or an answer that is missing or has no words."""
    if parts.thought is None:
        return Flaw("no thought")
    if len(_WORD.findall(parts.thought[:1000])) < THOUGHT_WORDS:
        return Flaw("an empty thought", parts.thought[:60])
    if not parts.answer or _WORD.search(parts.answer) is None:
        return Flaw("no answer", (parts.answer or "")[:60])
    return None


def bad_format(parts: ResponseParts) -> Flaw | None:
    """A fence or box that is not closed, a control token of a chat template, or a character that no text has."""
    for name, text in parts.texts:
        if "```" in text or "~~~" in text:
            last = blocks(text)[-1:]
            # One that opens behind other text may be no fence at all.
            if last and not last[0].closed and (last[0].start == 0 or text[last[0].start - 1] == "\n"):
                return Flaw("a code block that is not closed", f"{name}: {quoted(text, last[0].start)}")
        if (token := token_inside(text)) is not None:
            return Flaw("a control token", f"{name}: {token}")
        if (match := _BROKEN.search(text)) is not None:
            return Flaw("a character that no text has", f"{name}: U+{ord(match[0]):04X}")
        if name == "answer" and (place := _open_box(text)) is not None:
            return Flaw("a box that is not closed", f"{name}: {quoted(text, place)}")
    return None


def _open_box(text: str) -> int | None:
    """Where the last box of a text begins, if its brace is never closed."""
    last = None
    for last in _OPEN_MATH.finditer(text):  # noqa: B007 (only the last one matters)
        pass
    if last is None:
        return None
    depth = 1
    for brace in re.finditer(r"(?<!\\)[{}]", text[last.end() :]):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return None
    return last.start()
