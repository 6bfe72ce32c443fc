"""The names of the files that belong to one result file.

NAME.json                  the result file
NAME.journal.jsonl         its journal (see ``journal``)
NAME.partial.jsonl         its responses in flight (see ``partials``); gone when the run is complete
converted_NAME.json        its responses rewritten into thought and solution; has its own journal
token_usage/NAME.json      the summary of its token counts
NAME.log                   what the engine of its runs has printed
NAME.journal.damaged.jsonl lines of the journal that --repair set aside
*.bak, *.bak2, ...         files as they were before --overwrite or --repair
.NAME.json.lock            the lock of the process that writes it
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

CONVERTED = "converted_"


@dataclass(frozen=True)
class ResultPaths:
    """One result file. path: the file itself, which may be a converted one."""

    path: Path

    @classmethod
    def named(cls, folder: Path, parts: Sequence[str]) -> ResultPaths:
        """``{part}_{part}_....json`` in ``folder``; a slash in a part becomes a hyphen."""
        return cls(folder / ("_".join(part.replace("/", "-") for part in parts) + ".json"))

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_converted(self) -> bool:
        return self.path.name.startswith(CONVERTED)

    @property
    def original(self) -> ResultPaths:
        """The file that this one was converted from; this one if it is not a converted file."""
        return ResultPaths(self.path.with_name(self.path.name.removeprefix(CONVERTED)))

    @property
    def converted(self) -> ResultPaths:
        """The converted file of this one; this one if it is a converted file."""
        return self if self.is_converted else ResultPaths(self.path.with_name(CONVERTED + self.path.name))

    @property
    def journal(self) -> Path:
        """The journal. Its name does not match ``*.json``, the pattern for result files."""
        return self.path.with_name(f"{self.path.stem}.journal.jsonl")

    @property
    def partial(self) -> Path:
        """The journal of responses in flight."""
        return self.path.with_name(f"{self.path.stem}.partial.jsonl")

    @property
    def token_usage(self) -> Path:
        return self.path.parent / "token_usage" / self.original.name

    @property
    def lock(self) -> Path:
        return self.path.with_name(f".{self.path.name}.lock")

    @property
    def damaged(self) -> Path:
        return self.path.with_name(f"{self.path.stem}.journal.damaged.jsonl")

    def backups(self) -> dict[Path, Path]:
        """What ``backup`` renames: each existing file of this one and of its converted file -> its new name."""
        return backups([file for each in (self, self.converted) for file in each._own()])

    def _own(self) -> tuple[Path, ...]:
        return self.path, self.journal, self.partial, self.damaged

    def backup(self) -> None:
        """Rename the file, its converted file and their journals to ``*.bak``, or ``*.bak2`` if there are some, ..."""
        for old, new in self.backups().items():
            old.replace(new)

    def to_check(self) -> ResultPaths | None:
        """The converted file if it exists, else this file if it exists, else None."""
        return next((paths for paths in (self.converted, self) if paths.path.exists()), None)


def partial_beside(journal: Path) -> Path:
    """The journal of responses in flight that belongs to a journal."""
    return ResultPaths(journal.with_name(f"{journal.name.removesuffix('.journal.jsonl')}.json")).partial


def backups(paths: Iterable[Path]) -> dict[Path, Path]:
    """Existing files -> their backups. All have the same number, the first that none of ``paths`` has a backup of."""
    paths = list(paths)
    for number in itertools.count(1):
        names = {path: path.with_name(f"{path.name}.bak{'' if number == 1 else number}") for path in paths}
        if not any(map(Path.exists, names.values())):
            return {old: new for old, new in names.items() if old.exists()}
    raise AssertionError


def dataset_in_name(path: Path, datasets: Iterable[str]) -> str:
    """The dataset in the name of a result file, else the name. Prefer the manifest (see ``manifest``).

    >>> dataset_in_name(Path("converted_m_NUMINA_train_math_0_-1.json"), ["APPS", "NUMINA"])
    'NUMINA'
    """
    stem = ResultPaths(path).original.path.stem
    return next((name for name in datasets if f"_{name}_" in f"{stem}_"), stem)
