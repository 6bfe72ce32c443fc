"""Upload a training file to the Hub with a dataset card."""

from __future__ import annotations

from pathlib import Path

from util.system.advice import rerun
from util.system.credentials import HUB_TOKENS, exposed
from util.system.errors import UserError
from util.training.data_report import DataReport, funnel_table
from util.training.options import DataOptions


def card(options: DataOptions, report: DataReport, command: str) -> str:
    """The dataset card: YAML metadata, then the command and the funnel."""
    bounds = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
    size = next((name for bound, name in bounds if report.written < bound), "n>1M")
    return "\n".join(
        [
            "---",
            "task_categories:\n- text-generation",
            f"size_categories:\n- {size}",
            f"configs:\n- config_name: default\n  data_files: {options.output.name}",
            "---",
            f"# {options.output.stem}",
            f"{report.written} rows in the `{options.form}` format, created by",
            f"```\n{command}\n```",
            "Responses of a reasoning model, rewritten into a thought and a solution section. A response has passed if "
            "it passed all tests or its answer equals the gold answer; rows under `extra` were not verified.",
            f"```\n{funnel_table(report.funnel)}\n```",
        ]
    )


def push(options: DataOptions, report: DataReport, repository: str, command: str) -> str:
    """Upload file and card to a private dataset repository; return its URL.

    Raises:
        UserError: the Hub rejected the upload or is not reachable; the local file is kept.
    """
    from huggingface_hub import HfApi

    try:
        with exposed(*HUB_TOKENS):
            api = HfApi()
            where = api.create_repo(repository, repo_type="dataset", private=True, exist_ok=True)
            files: dict[str, Path | bytes] = {
                options.output.name: options.output,
                "README.md": card(options, report, command).encode(),
            }
            for name, content in files.items():
                api.upload_file(path_or_fileobj=content, path_in_repo=name, repo_id=repository, repo_type="dataset")
    except Exception as error:  # the Hub library's errors, and those of its HTTP library
        raise UserError(
            f"{options.output} was written, but not uploaded to {repository}: {type(error).__name__}: "
            f"{str(error)[:300]}. Log in with `hf auth login` and a token with write access, then {rerun()}."
        ) from error
    return str(where)
