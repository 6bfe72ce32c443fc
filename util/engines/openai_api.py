"""An OpenAI-compatible API as an engine: concurrent, with bounded retries."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path
from typing import Any

from util.engines.base import Completion, Request, Usage
from util.errors import UserError
from util.models import profile_of

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0


class OpenAIEngine:
    """Keeps ``concurrency`` requests in flight, spread over the keys in turn."""

    def __init__(
        self, model: str, *, base_url: str | None, keys: Path | None, concurrency: int, max_retries: int
    ) -> None:
        self.model = model
        self.base_url = base_url or os.environ.get("OPENAI_BASE_URL") or None
        self._keys = read_keys(keys, self.base_url)
        self._concurrency = concurrency
        self._max_retries = max_retries
        self._fixed = profile_of(f"openai/{model}").fixed_sampling

    def describe(self) -> dict[str, Any]:
        return {"backend": "openai", "base_url": self.base_url or "default", "device": "api"}

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        """Yield each completion as it arrives.

        Raises:
            UserError: the API refuses the keys or cannot be reached at all.
        """
        import openai

        clients = [openai.AsyncOpenAI(api_key=key, base_url=self.base_url, max_retries=0) for key in self._keys]
        turn = itertools.cycle(clients)
        source = iter(requests)
        running: set[asyncio.Task[Completion]] = set()
        try:
            while True:
                for request in itertools.islice(source, self._concurrency - len(running)):
                    running.add(asyncio.create_task(self._complete(next(turn), request)))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                # Yield what was paid for before a failure is raised.
                for task in sorted(done, key=lambda task: task.exception() is not None):
                    yield task.result()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            for client in clients:
                await client.close()

    def close(self) -> None:
        """Nothing stays open between calls of ``generate``."""

    async def _complete(self, client: Any, request: Request) -> Completion:
        import openai

        for attempt in itertools.count():
            try:
                answer = await client.chat.completions.create(**self._parameters(request))
                return _completion(request, answer)
            except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
                raise UserError(
                    f"The API refuses the key ...{client.api_key[-4:]} (status {error.status_code}). Check it; "
                    "everything finished is kept, rerun the same command to continue."
                ) from error
            except openai.APIStatusError as error:
                if error.status_code not in (408, 409, 429) and error.status_code < 500:
                    return Completion.failed(
                        request, f"API status {error.status_code}: {error.message}"[:500], final=True
                    )
                failure: Exception = error
            except openai.APIError as error:  # connection faults, timeouts, unreadable bodies
                failure = error
            except ValueError as error:  # a body that is no JSON
                failure = error
            if attempt >= self._max_retries:
                return Completion.failed(request, f"{type(failure).__name__}: {failure}"[:500], final=False)
            await asyncio.sleep(_pause(attempt, failure))
        raise AssertionError("unreachable")

    def _parameters(self, request: Request) -> dict[str, Any]:
        sampling = request.sampling
        common: dict[str, Any] = {"model": self.model, "messages": request.messages}
        if self._fixed:
            return common | {"max_completion_tokens": sampling.max_tokens}
        common |= {"temperature": sampling.temperature, "top_p": sampling.top_p, "max_tokens": sampling.max_tokens}
        return common | ({"seed": sampling.seed} if sampling.seed is not None else {})


def read_keys(path: Path | None, base_url: str | None) -> list[str]:
    """API keys from a file (one a line, # comments) or the environment.

    The environment's key is removed, so that no child process inherits it.

    Raises:
        UserError: no key anywhere, and the server is OpenAI's own.
    """
    if path is not None:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"--keys {path} cannot be read: {error}. Expected one API key a line.") from error
        keys = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
        for number, line in enumerate(lines, 1):
            if line.strip() in keys and len(line.split()) != 1:
                raise UserError(f"--keys {path}, line {number}: expected one key without spaces.")
        if not keys:
            raise UserError(f"--keys {path} holds no key. Write one API key a line.")
        os.environ.pop("OPENAI_API_KEY", None)
        return keys
    key = os.environ.pop("OPENAI_API_KEY", None)
    if key:
        return [key]
    if base_url:
        return ["none"]  # self-hosted servers ask for no key
    raise UserError("There is no API key. Give --keys FILE (one a line), or set OPENAI_API_KEY.")


def _pause(attempt: int, failure: Exception) -> float:
    """Seconds to wait: the server's own wish, else exponential with full jitter."""
    response = getattr(failure, "response", None)
    wish = response.headers.get("retry-after") if response is not None else None
    try:
        if wish:
            return min(float(wish), LONGEST_PAUSE)
    except ValueError:
        pass  # a date: fall back to our own pause
    return random.uniform(0.5, 1.0) * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**attempt)


def _completion(request: Request, answer: Any) -> Completion:
    choices = getattr(answer, "choices", None)
    if not choices:
        raise ValueError("the answer has no choices")
    choice = choices[0]
    if choice.finish_reason not in ("stop", "length"):
        return Completion.failed(request, f"the API ended the response: {choice.finish_reason}", final=True)
    usage = answer.usage
    counted = Usage(usage.prompt_tokens, usage.completion_tokens) if usage else Usage()
    text = choice.message.content or ""
    # Servers with a reasoning parser hand the thinking over apart from the answer.
    thinking = getattr(choice.message, "reasoning_content", None)
    if thinking:
        text = f"<think>\n{thinking}\n</think>\n\n{text}"
    return Completion(
        request.key,
        request.temperature,
        request.sample_index,
        text=text,
        finish_reason=choice.finish_reason,
        usage=counted,
        seed=request.sampling.seed,
    )
