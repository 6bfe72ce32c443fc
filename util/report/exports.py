"""``--export``: the scores of one model in the forms of others."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from util.report.every_eval_ever import document
from util.report.hub_entries import hub_yaml, why_not_on_the_hub
from util.report.score_records import Record
from util.results.output_checks import EVERY_EVAL_EVER, HUB_RESULTS, check_output
from util.results.writing import write_atomically
from util.system.characters import printable

FORMS: Mapping[str, Callable[[list[Record]], str]] = {
    "hub": hub_yaml,
    "every-eval-ever": lambda records: json.dumps(document(records), ensure_ascii=False, indent=2) + "\n",
}


def check_exports(wanted: Sequence[tuple[str, Path]]) -> None:
    """Check before a run that the files can be written.

    Raises:
        UserError: one cannot, or it is not a file that an export wrote.
    """
    for form, path in wanted:
        check_output(path, f"--export {form}=", HUB_RESULTS if form == "hub" else EVERY_EVAL_EVER)


def write_exports(wanted: Sequence[tuple[str, Path]], records: list[Record]) -> list[str]:
    """Write each (form, file) and tell what is left out; return what could not be written for want of a score."""
    failed = []
    for form, path in wanted:
        kept, left_out = [], []
        for record in records:
            reason = _why_not(form, record)
            (left_out.append(f"{record['benchmark']}: {reason}") if reason else kept.append(record))
        for line in left_out:
            print(printable(f"note: --export {form} leaves out {line}"), file=sys.stderr)
        if not kept:
            print(printable(f"error: --export {form}: no score to export; {path} is not written"), file=sys.stderr)
            failed.append(f"--export {form}")
            continue
        write_atomically(path, [FORMS[form](kept)])
        print(
            printable(f"export: {path} ({form}, {len(kept)} benchmark{'s' if len(kept) > 1 else ''})"), file=sys.stderr
        )
    return failed


def _why_not(form: str, record: Record) -> str | None:
    if record.get("score") is None or not record.get("metrics"):
        return str(record.get("reason") or "it has no details")
    return why_not_on_the_hub(record) if form == "hub" else None
