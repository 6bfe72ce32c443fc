"""Conversations as servers and chat templates take them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from util.records import Message


def chat_dicts(messages: Iterable[Message]) -> list[dict[str, str]]:
    """The messages as the dicts of the chat completion format.

    >>> chat_dicts([Message("user", "1+1?")])
    [{'role': 'user', 'content': '1+1?'}]
    """
    return [{"role": message.role, "content": message.content} for message in messages]


def folded_system(messages: Sequence[Message]) -> list[Message]:
    """The conversation with its system prompt as the start of the first user message, for models without that role.

    >>> [message.content for message in folded_system([Message("system", "Think."), Message("user", "1+1?")])]
    ['Think.\\n\\n1+1?']
    """
    if len(messages) < 2 or messages[0].role != "system":
        return list(messages)
    system, first, *others = messages
    return [Message(first.role, f"{system.content}\n\n{first.content}"), *others]
