"""How many problems and rows of each source are used: --per-source and --mix.

Problems are taken in the order of a hash of question and gold answer, so that added rows or another order of the files
exchange nothing that was chosen, except where a number of rows forces it.
"""

from __future__ import annotations

import difflib
import json
import math
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from util.system.errors import UserError
from util.system.named_files import read_text
from util.training.gather import Sample, TrainingProblem

Item = tuple[TrainingProblem, Sample, Sample | None]
"""A conversation; with a second sample, a preference pair (chosen, rejected)."""

Candidates = list[tuple[bytes, list[Item]]]
"""(hash of the problem, its items)."""

TOTAL, MAX_REPEATS = "total", "max_repeats"
_EXAMPLE = 'such as\n"NUMINA/math" = 5000\nAPPS = 2000\nor with shares of all rows\nNUMINA = 0.7\nAPPS = 0.3'


@dataclass(frozen=True)
class Mix:
    """amounts: source, or the dataset of several sources, to rows (int) or share (float), all of one kind. total: rows in
    all, for shares. max_repeats: how often a row may be written."""

    path: Path
    amounts: dict[str, int] | dict[str, float] = field(default_factory=dict)
    total: int | None = None
    max_repeats: int = 1

    def entry_of(self, source: str) -> str | None:
        """The entry that a source belongs to: its own, else that of its dataset."""
        return next((name for name in (source, source.partition("/")[0]) if name in self.amounts), None)


def read_mix(path: Path) -> Mix:
    """Read a mix; JSON where the name ends in .json, else TOML.

    Raises:
        UserError: the file cannot be read, or is not a mix; says what was expected.
    """
    try:
        text = read_text(path, "--mix", "TOML, or JSON in a file whose name ends in .json")
        found = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except ValueError as error:
        kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
        raise UserError(f"--mix {path} is not {kind} ({error}). It has a line per source, {_EXAMPLE}") from error
    if not isinstance(found, dict):
        raise UserError(f"--mix {path} is not an object from source to rows or share, {_EXAMPLE}")
    total, repeats = found.pop(TOTAL, None), found.pop(MAX_REPEATS, 1)
    for name, value in ((TOTAL, total), (MAX_REPEATS, repeats)):
        if value is not None and (type(value) is not int or value < 1):
            raise UserError(f"--mix {path}: {name} must be an integer of at least 1, not {value!r}.")
    for name, value in found.items():
        if type(value) not in (int, float) or value < 0 or not math.isfinite(value):
            hint = (
                f' A name with a dot or a slash needs quotation marks: "{name}/..." = 5000'
                if type(value) is dict
                else ""
            )
            raise UserError(
                f"--mix {path}: {name} must be a number of rows (5000) or a share (0.3), not {value!r}.{hint}"
            )
    kinds = {type(value) for value in found.values()}
    if len(kinds) != 1:
        problem = "has no source" if not kinds else "mixes numbers of rows (5000) with shares (0.3)"
        raise UserError(f"--mix {path} {problem}. Give each source one kind of number, {_EXAMPLE}")
    if kinds == {float} and abs(sum(found.values()) - 1) > 1e-6:
        raise UserError(f"--mix {path}: the shares add up to {sum(found.values()):g}, not to 1.")
    if kinds == {int} and total is not None:
        raise UserError(f"--mix {path}: {TOTAL} is for shares; numbers of rows have their own sum.")
    return Mix(path, found, total, repeats)


def limited(candidates: Candidates, per_source: int | None) -> Candidates:
    """The problems that are used, in their order: at most ``per_source`` of each source."""
    if per_source is None:
        return candidates
    by_source: dict[str, list[bytes]] = defaultdict(list)
    for name, items in candidates:
        if items:
            by_source[items[0][0].source].append(name)
    kept = {name for names in by_source.values() for name in sorted(names)[:per_source]}
    return [(name, items) for name, items in candidates if name in kept]


def mixed(candidates: Candidates, mix: Mix) -> tuple[list[Item], list[str]]:
    """(the rows of a mix, what the reader should know of it, a line per source).

    Rows keep their order; those that are written again follow, pass by pass. Of a source's rows the first responses of its
    problems come first, by the hash of the problem.

    Raises:
        UserError: a source has no entry in the mix, or an entry with a share has no rows.
    """
    ranked: dict[str, list[tuple[int, bytes, int]]] = {name: [] for name in mix.amounts}
    rows: list[tuple[Item, str]] = []
    for name, items in candidates:
        for rank, item in enumerate(items):
            entry = _entry(mix, item[0].source, candidates)
            ranked[entry].append((rank, name, len(rows)))
            rows.append((item, entry))
    wanted = _wanted(mix, {name: len(found) for name, found in ranked.items()})
    times = [0] * len(rows)
    lines = []
    for entry, order in ranked.items():
        places = [place for _, _, place in sorted(order)]
        number = min(wanted[entry], len(places) * mix.max_repeats)
        for turn in range(number):
            times[places[turn % len(places)]] += 1
        lines.append(_line(mix, entry, wanted[entry], number, len(places)))
    passes = range(max(times, default=0))
    return [item for turn in passes for (item, _), n in zip(rows, times, strict=True) if n > turn], lines


def _entry(mix: Mix, source: str, candidates: Candidates) -> str:
    found = mix.entry_of(source)
    if found is None:
        sources = {items[0][0].source for _, items in candidates if items}
        missing = sorted(name for name in sources if mix.entry_of(name) is None)
        near = difflib.get_close_matches(missing[0], mix.amounts, 1)
        hint = f" (did you mean it by {near[0]!r}?)" if near else ""
        raise UserError(
            f"--mix {mix.path} has no entry for {', '.join(missing)}{hint}. Give each source its rows or share; 0 leaves it out."
        )
    return found


def _wanted(mix: Mix, available: dict[str, int]) -> dict[str, int]:
    """Rows of each entry. Shares without a total: as many rows in all as the rarest source allows."""
    amounts = mix.amounts
    if all(type(value) is int for value in amounts.values()):
        return {name: int(value) for name, value in amounts.items()}
    empty = sorted(name for name, share in amounts.items() if share and not available[name])
    if empty:
        raise UserError(
            f"--mix {mix.path}: no rows of {', '.join(empty)} are left, so that no mix has the wanted shares. Set the share "
            f"to 0 and raise the others, or use another name. Sources: {', '.join(sorted(available))}."
        )
    total = mix.total
    if total is None:
        total = min(int(available[name] * mix.max_repeats / share + 1e-9) for name, share in amounts.items() if share)
    exact = {name: share * total for name, share in amounts.items()}
    found = {name: math.floor(value + 1e-9) for name, value in exact.items()}
    rest = total - sum(found.values())
    for name in sorted(exact, key=lambda one: (found[one] - exact[one], one))[:rest]:  # the largest remainders
        found[name] += 1
    return found


def _line(mix: Mix, entry: str, wanted: int, number: int, available: int) -> str:
    line = f"mix: {number} rows of {entry}, {min(number, available)} of {available} different ones"
    if number > available:
        line += f", each at most {math.ceil(number / available)} times"
    if number < wanted:
        line += f"; {wanted} were wanted, but {MAX_REPEATS} is {mix.max_repeats}"
    return line
