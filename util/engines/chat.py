"""Conversations as servers and chat templates take them."""

from __future__ import annotations

from collections.abc import Iterable

from util.records import Message


def chat_dicts(messages: Iterable[Message]) -> list[dict[str, str]]:
    """The messages as the dicts of the chat completion format.

    >>> chat_dicts([Message("user", "1+1?")])
    [{'role': 'user', 'content': '1+1?'}]
    """
    return [{"role": message.role, "content": message.content} for message in messages]
