"""A training file on the Hub, with a card that says what it is."""

from __future__ import annotations

from pathlib import Path

from util.system.credentials import HUB_TOKENS, exposed
from util.system.errors import UserError
from util.training.build import DataOptions, Report, funnel_table


def card(options: DataOptions, report: Report, command: str) -> str:
    """The dataset card: YAML for the Hub, then recipe and funnel for people."""
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
            f"{report.written} rows in the `{options.form}` form, made by",
            f"```\n{command}\n```",
            "Responses of a reasoning model, rewritten into a thought and a solution section. Responses count as "
            "passed when tests or a verified answer say so; rows under `extra` were taken as they came.",
            f"```\n{funnel_table(report.funnel)}\n```",
        ]
    )


def push(options: DataOptions, report: Report, repository: str, command: str) -> str:
    """Upload file and card to a private dataset repository; return its address.

    Raises:
        UserError: the Hub refuses or cannot be reached; the local file stays.
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
    except Exception as error:  # the Hub's errors, and its HTTP library's, which changes
        raise UserError(
            f"{options.output} is written, but {repository} could not be filled: {type(error).__name__}: "
            f"{str(error)[:300]}. Log in with `hf auth login` (a token that may write), then rerun."
        ) from error
    return str(where)
