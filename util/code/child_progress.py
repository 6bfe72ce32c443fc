"""What a child has printed and reported so far. The bytes come from untrusted code."""

from __future__ import annotations

from dataclasses import dataclass, field

from util.code.inside.program import HEADER

SPARE = 16
"""Records that are read beyond one per test: a child of the harness writes at most a few."""


@dataclass
class ChildProgress:
    """tests: their number. cpu: seconds that the child had used when the last record was seen, as the kernel measured it.

    counted: for each record, ``cpu`` at the time when it was seen: at least what the child had used when it wrote it.
    """

    tests: int
    cpu: float = 0.0
    stdout: bytearray = field(default_factory=bytearray)
    records: list[tuple[bytes, bytes]] = field(default_factory=list)
    counted: list[float] = field(default_factory=list)
    _report: bytearray = field(default_factory=bytearray)
    _read: int = 0

    def add(self, stdout: bytes, report: bytes, cpu: float) -> None:
        """Take in what is new."""
        self.stdout += stdout
        self._report += report
        self.cpu = cpu
        while len(self.records) < self.tests + SPARE and self._read + HEADER.size <= len(self._report):
            tag, length = HEADER.unpack_from(self._report, self._read)
            start = self._read + HEADER.size
            if start + length > len(self._report):
                return
            self.records.append((tag, bytes(self._report[start : start + length])))
            self.counted.append(cpu)
            self._read = start + length
