"""What a rerun of a result file would find, without opening it for writing: for dry runs."""

from __future__ import annotations

from dataclasses import dataclass

from util.records import SampleId
from util.results.entries import response_of, sample_of
from util.results.partials import tokens_in
from util.results.paths import ResultPaths
from util.results.repair import lines_of


@dataclass(frozen=True)
class Outlook:
    """finished: responses with a text. truncated: of these, cut at their token limit. unfinished: in flight when a run
    ended; tokens: what is kept of them.
    """

    finished: int = 0
    truncated: int = 0
    unfinished: int = 0
    tokens: int = 0

    def __str__(self) -> str:
        parts = [f"{self.finished} responses are there"]
        if self.unfinished:
            parts.append(f"{self.unfinished} unfinished ones go on from {self.tokens:,} tokens")
        if self.truncated:
            parts.append(f"{self.truncated} truncated ones go on with a higher --max-tokens")
        return "; ".join(parts)


def outlook(paths: ResultPaths) -> Outlook | None:
    """What the journals of a result file have; None where there is no journal. Damaged lines are left out."""
    if not paths.journal.exists():
        return None
    truncated = dict[SampleId, bool]()
    for line in lines_of(paths.journal):
        if line.record is not None and line.record.get("type") == "completion":
            response = response_of(line.record["response"])
            if response.failed:
                truncated.pop(sample_of(line.record), None)
            else:
                truncated[sample_of(line.record)] = response.truncated and not response.repeats
    left = {sample: count for sample, count in tokens_in(paths.partial).items() if sample not in truncated}
    return Outlook(len(truncated), sum(truncated.values()), len(left), sum(left.values()))
