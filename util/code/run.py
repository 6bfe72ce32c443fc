"""What one child of the sandbox left: output, records, and what it used."""

from __future__ import annotations

from dataclasses import dataclass

from util.code.inside.program import HEADER


@dataclass(frozen=True)
class Run:
    """What one child left. status: exit code, negative for a signal."""

    status: int
    timed_out: bool
    out_of_disk: bool
    stdout: bytes
    stderr: bytes
    records: list[tuple[bytes, bytes]]
    cpu: float
    wall: float
    memory: int


def records_in(data: bytes) -> list[tuple[bytes, bytes]]:
    """The report's records; whatever does not parse ends them."""
    records, position = list[tuple[bytes, bytes]](), 0
    while position + HEADER.size <= len(data):
        tag, length = HEADER.unpack_from(data, position)
        position += HEADER.size
        if position + length > len(data):
            break
        records.append((tag, data[position : position + length]))
        position += length
    return records
