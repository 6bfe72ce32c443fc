"""How fast answers come: what an attempt that nobody saw the end of has cost, judged by the answers of the same file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Pace:
    """Sums over the answers and events of a journal.

    An answer of L tokens takes about ``delay + L * each`` seconds: a line fitted through all answers. Answers without
    times tell only how long they are.
    """

    _answers: int = 0
    _tokens: float = 0.0
    _squares: float = 0.0
    _timed: int = 0
    _sum_x: float = 0.0
    _sum_y: float = 0.0
    _sum_xx: float = 0.0
    _sum_xy: float = 0.0
    _gaps: float = 0.0
    _gap_squares: float = 0.0
    _estimated: int = 0
    _counted: int = 0

    def answer(self, tokens: int, seconds: float | None) -> None:
        """An answer of so many tokens. seconds: from its request to its end, None where that is not known."""
        self._answers += 1
        self._tokens += tokens
        self._squares += float(tokens) ** 2
        if seconds is not None:
            self._timed += 1
            self._sum_x, self._sum_y = self._sum_x + tokens, self._sum_y + seconds
            self._sum_xx, self._sum_xy = self._sum_xx + float(tokens) ** 2, self._sum_xy + tokens * seconds

    def prompt(self, estimated: int, counted: int) -> None:
        """A prompt as it was estimated, and as the server has counted it."""
        self._estimated, self._counted = self._estimated + estimated, self._counted + counted

    def gap(self, seconds: float) -> None:
        """So much time passed between two events of a run."""
        self._gaps += seconds
        self._gap_squares += seconds**2

    def prompt_tokens(self, estimated: int) -> int:
        """The server's usual count of a prompt of so many estimated tokens."""
        return round(estimated * self._counted / self._estimated) if self._estimated else estimated

    @property
    def silence(self) -> float:
        """Seconds between the last event and a random moment: E[G^2] / 2E[G] of the gaps G between events."""
        return self._gap_squares / (2 * self._gaps) if self._gaps else 0.0

    def completion_tokens(self, elapsed: float | None) -> float:
        """Tokens expected of an unfinished answer. elapsed: seconds since its request, None where that is not known.

        At a random moment the mean length so far is E[L^2] / 2E[L], where L is the length of an answer; the whole of such
        an answer is E[L^2] / E[L] long, which is also the most that is expected after a long time.
        """
        if not self._tokens:
            return 0.0
        whole = self._squares / self._tokens
        if elapsed is None or self._timed < 2:
            return whole / 2
        spread = self._sum_xx - self._sum_x**2 / self._timed
        slope = (self._sum_xy - self._sum_x * self._sum_y / self._timed) / spread if spread > 1e-9 else 0.0
        delay = (self._sum_y - slope * self._sum_x) / self._timed
        if slope <= 0.0 or delay < 0.0:  # no line: answers are alike, or too few
            slope, delay = self._sum_y / max(self._sum_x, 1.0), 0.0
        return max(0.0, min((elapsed - delay) / slope, whole)) if slope > 0.0 else whole / 2
