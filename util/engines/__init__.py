"""Engines: vLLM in this process, replicas of it on a Ray cluster, or an OpenAI-compatible API.

Importing this package imports no engine and no library; ``make_engine`` imports the engine that is asked for.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from util.engines.options import API_PREFIX, EngineOptions
from util.system.errors import UserError
from util.system.messages import tell
from util.system.noise import captured

if TYPE_CHECKING:
    from util.engines.base import Engine, Note, Request, Spent

__all__ = ["API_PREFIX", "EngineOptions", "attach", "leave_cluster", "make_engine", "spending"]


def make_engine(
    options: EngineOptions, expected: Callable[[Request], float] | None = None, log: Path | None = None
) -> Engine:
    """Load the engine. expected: an API's completion tokens per request before any answer is known; see ``Budget``.

    log: the file for what vLLM and Ray print, see ``noise``.

    Raises:
        UserError: it cannot start; says why and what to do.
    """
    if options.is_api and options.api.batch:
        from util.engines.openai.batch_engine import BatchEngine

        return BatchEngine(options.api_model, options.api, options.budget(expected))
    if options.is_api:
        from util.engines.openai.engine import OpenAIEngine

        return OpenAIEngine(options.api_model, options.api, options.budget(expected))
    with captured(log):
        if options.backend == "ray":
            from util.engines.ray.engine import RayEngine

            return RayEngine(options.model, options.vllm, options.ray)
        from util.engines.vllm.engine import VllmEngine

        return VllmEngine(options.model, options.vllm)


def check_engine(options: EngineOptions) -> None:
    """Check what can be checked of an engine without loading a model, as far as vLLM is installed.

    Raises:
        UserError: an engine argument, the chat template, the reasoning parser or the adapter is refused.
    """
    if options.is_api or importlib.util.find_spec("vllm") is None:
        return
    from util.engines.vllm.engine_args import checked
    from util.engines.vllm.lora import lora_rank
    from util.engines.vllm.reasoning import check_parser
    from util.engines.vllm.template_check import check_template

    check_template(options.model, options.vllm.template)
    checked(options.vllm.engine_args or {})
    check_parser(options.vllm)
    if options.vllm.lora is not None:
        lora_rank(options.vllm.lora)


def attach(
    engine: Engine, notes: list[Note], write: Callable[[Note], None], name: str, spent: Spent | None = None
) -> None:
    """Hand a journal's notes to an engine that takes notes, and the place where it reports what its requests cost.

    write: writes a note durably. name: of the result file.

    Raises:
        UserError: the notes say that batches are at the server, and this engine cannot fetch them.
    """
    from util.engines.base import Accounting, Noting

    noting = engine if isinstance(engine, Noting) else None
    if noting is not None:
        noting.attach(notes, write)
    if spent is not None and isinstance(engine, Accounting):
        engine.account(spent)
    if notes and not (noting is not None and noting.fetches_batches):
        from util.engines.openai.batch_notes import noted_batches

        if unfinished := noted_batches(notes):
            batches = ", ".join(str(note.get("batch", file)) for file, note in unfinished.items())
            raise UserError(
                f"{name} has batches at the server that are paid for ({batches}). Run the command with --batch to "
                "fetch them, or start anew with --overwrite."
            )


@contextlib.contextmanager
def spending(engine: Engine) -> Iterator[None]:
    """Print at the end, also after a failure, what the engine of an API has spent."""
    from util.engines.base import Paid

    try:
        yield
    finally:
        if isinstance(engine, Paid):
            tell(engine.budget.summary())


def leave_cluster() -> None:
    """Disconnect from a Ray cluster, if there is a connection: Ray writes to standard output at any time."""
    if "ray" in sys.modules:
        sys.modules["ray"].shutdown()
