"""Upload a training file to the Hub with its dataset card, the plot of lengths and the passport."""

from __future__ import annotations

from pathlib import Path

from util.system.advice import rerun
from util.system.credentials import HUB_TOKENS, exposed
from util.system.errors import UserError
from util.training.data_report import DataReport
from util.training.length_plot import length_plot
from util.training.options import DataOptions
from util.training.publication_options import plot_file


def push(options: DataOptions, report: DataReport, repository: str, card: str) -> str:
    """Upload the file with what belongs to it to a private dataset repository; return its URL. card: the README.

    Raises:
        UserError: the Hub rejected the upload or is not reachable; the local files are kept.
    """
    from huggingface_hub import HfApi

    files: dict[str, Path | bytes] = {options.output.name: options.output}
    if options.passport is not None:
        files[options.passport.name] = options.passport
    if report.lengths is not None:
        files[plot_file(options.output)] = length_plot(report.lengths).encode()
    files["README.md"] = card.encode()
    try:
        with exposed(*HUB_TOKENS):
            api = HfApi()
            where = api.create_repo(repository, repo_type="dataset", private=True, exist_ok=True)
            for name, content in files.items():
                api.upload_file(path_or_fileobj=content, path_in_repo=name, repo_id=repository, repo_type="dataset")
    except Exception as error:  # the Hub library's errors, and those of its HTTP library
        raise UserError(
            f"{options.output} was written, but not uploaded to {repository}: {type(error).__name__}: "
            f"{str(error)[:300]}. Log in with `hf auth login` and a token with write access, then {rerun()}."
        ) from error
    return str(where)
