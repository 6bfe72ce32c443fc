"""What surrounds the place that is read: it decides what a bar or a "d" means there."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Surroundings:
    """bar_closes: inside |...|. bar_separates: inside {...}, where a bar or colon means "such that".

    norm_closes: inside ‖...‖. integral: behind an integral sign, where "dx" is a differential. sums: open sums and
    products, which number their variables.
    """

    bar_closes: bool = False
    bar_separates: bool = False
    norm_closes: bool = False
    integral: bool = False
    sums: int = 0

    def bracketed(self, *, bar: bool = False, builder: bool = False, norm: bool = False) -> Surroundings:
        """The scope inside brackets: bars of the outside mean nothing there."""
        if not (self.bar_closes or self.bar_separates or self.norm_closes or bar or builder or norm):
            return self
        return replace(self, bar_closes=bar, bar_separates=builder, norm_closes=norm)

    def within_integral(self) -> Surroundings:
        return replace(self, integral=True)

    def within_sum(self) -> Surroundings:
        return replace(self, sums=self.sums + 1)


OUTSIDE = Surroundings()
