"""Records on their way to a journal. What finds no room on the disk waits in memory."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from util.results.entries import Fields
from util.results.journal import Journal
from util.results.journal_lines import line_of
from util.system.advice import rerun
from util.system.errors import UserError

SYNC_BYTES = 8 << 20
"""Bytes after which the journal is synced even if nobody waits for it; bounds what is kept in memory for a second try."""


class NotWrittenError(UserError):
    """A record could not be written to the journal; what was written before is kept."""


@dataclass(slots=True)
class _Record:
    """A record as a line. placed: gets its offset, -1 if it was lost again. end: the journal's size behind it."""

    line: bytes
    placed: Callable[[int], None]
    is_response: bool
    end: int = 0


class WriteQueue:
    """Appends to a journal in order.

    full: True from the first failed write or sync on. Then nothing more should be sent to an engine: the run ends with
    ``failure`` when what is in flight has arrived. Until then each ``add`` and ``write_held`` tries again.
    """

    def __init__(self, journal: Journal) -> None:
        self.full = False
        self._journal = journal
        self._held: deque[_Record] = deque()
        self._unsynced: deque[_Record] = deque()
        """Written since the last sync. A failed sync may have lost them: they are written again."""
        self._synced = journal.size
        self._sync: asyncio.Task[bool] | None = None
        self._cause = ""
        self._responses = 0
        """Responses of this run, written or not."""
        self._told = False

    def add(self, record: Fields, placed: Callable[[int], None]) -> None:
        """Write a record, or hold it in memory until there is room. placed: gets its offset when it is written."""
        is_response = record.get("type") == "completion"
        self._responses += is_response
        self._held.append(_Record(line_of(record), placed, is_response))
        self.write_held()

    def write(self, record: Fields) -> int:
        """Write a record now; return its offset.

        Raises:
            NotWrittenError: there is no room.
        """
        if not self.write_held():
            raise self.failure()
        found: list[int] = []
        self._held.append(_Record(line_of(record), found.append, is_response=False))
        if not self.write_held():
            self._held.pop()
            raise self.failure()
        return found[0]

    def write_held(self) -> bool:
        """Try to write what is held; return whether nothing is left."""
        while self._held:
            record = self._held[0]
            try:
                offset = self._journal.append(record.line)
            except OSError as error:
                self._failed(error)
                return False
            self._held.popleft()
            record.end = self._journal.size
            self._unsynced.append(record)
            record.placed(offset)
            if self._journal.size - self._synced > SYNC_BYTES and not self._try_sync():
                return False
        return True

    def sync_now(self) -> None:
        """Wait until everything written is on disk.

        Raises:
            NotWrittenError: it is not.
        """
        if not self.write_held() or not self._try_sync():
            raise self.failure()

    async def sync(self) -> None:
        """As ``sync_now``; other tasks run meanwhile, and concurrent calls share one sync."""
        if not self.write_held():
            raise self.failure()
        target = self._journal.size
        while self._synced < target:
            # No lock: it wakes one waiter per turn of the event loop, and an engine step may run between two.
            if self._sync is None:
                self._sync = asyncio.create_task(self._sync_written())
            if not await asyncio.shield(self._sync):
                raise self.failure()

    async def settle(self) -> None:
        """``sync`` at the end of a run.

        Raises:
            NotWrittenError: something could not be written when it arrived, even if it was written later.
        """
        with contextlib.suppress(NotWrittenError):  # raised below, since it makes the queue full
            await self.sync()
        if self.full:
            self._told = True
            raise self.failure()

    async def _sync_written(self) -> bool:
        upto = self._journal.size
        try:
            await asyncio.to_thread(self._journal.sync)
            self._is_synced(upto)
            return True
        except OSError as error:
            self._lost(error)
            return False
        finally:
            self._sync = None

    def _try_sync(self) -> bool:
        upto = self._journal.size
        try:
            self._journal.sync()
        except OSError as error:
            self._lost(error)
            return False
        self._is_synced(upto)
        return True

    def _is_synced(self, upto: int) -> None:
        self._synced = max(self._synced, upto)
        while self._unsynced and self._unsynced[0].end <= upto:
            self._unsynced.popleft()

    def _lost(self, error: OSError) -> None:
        """After a failed sync the system may have dropped what was written: hold it again."""
        self._journal.truncate(self._synced)
        for record in self._unsynced:
            record.placed(-1)
        self._held.extendleft(reversed(self._unsynced))
        self._unsynced.clear()
        self._failed(error)

    def _failed(self, error: OSError) -> None:
        self.full = True
        self._cause = error.strerror or str(error)

    def failure(self) -> NotWrittenError:
        """Why the run cannot go on, with the number of its responses that are written and that are not."""
        held = sum(record.is_response for record in self._held)
        lost = (
            f"; {held} that arrived later could not be written and {'is' if held == 1 else 'are'} lost" if held else ""
        )
        return NotWrittenError(
            f"{self._journal.path} cannot be written: {self._cause}. Nothing more was sent. "
            f"{self._responses - held} responses of this run are written{lost}. Responses written earlier are kept; free "
            f"some space and {rerun()} to continue."
        )

    def close(self) -> None:
        """Try a last time to write what is held, and say what is lost."""
        if self.full and not self.write_held() and not self._told:
            print(f"error: {self.failure()}", file=sys.stderr)
