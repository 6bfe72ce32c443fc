"""Whether the sampled responses of ``benchmarks.partial_kills`` come from one distribution; the tests are explained there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from benchmarks.partial_models import WORDS, ranks_of_words
from util.records import Response, Usage

BEHIND = 16
"""Tokens behind an interruption."""


def p_values(whole: Sequence[Response], killed: Sequence[Response]) -> dict[str, tuple[str, float]]:
    """Name of a test -> (its numbers in words, p). whole: of the uninterrupted run."""
    from scipy.stats import binomtest, chi2_contingency, ks_2samp

    lengths = [[(r.usage or Usage()).completion_tokens for r in each] for each in (whole, killed)]
    means = [sum(each) / len(each) for each in lengths]
    ks = ks_2samp(*lengths)
    ranks = [[ranks_of(response) for response in each] for each in (whole, killed)]
    counts = [histogram(rank for text in each for rank in text) for each in ranks]
    chi2 = chi2_contingency(counts)
    cuts = [(text, cut) for text, response in zip(ranks[1], killed, strict=True) for cut in response.continued]
    near = histogram(rank for text, cut in cuts for rank in text[cut : cut + BEHIND])
    chi2_near = chi2_contingency([counts[0], near])
    equal = [
        a == b for text, cut in cuts if cut >= BEHIND for a, b in zip(text, text[cut : cut + BEHIND], strict=False)
    ]
    expected = sum((count / sum(counts[0])) ** 2 for count in counts[0])
    repeated = binomtest(sum(equal), len(equal), expected)
    cut_texts = sum(bool(response.continued) for response in killed)
    return {
        "lengths (KS)": (f"{len(whole)} and {len(killed)}, means {means[0]:.0f} and {means[1]:.0f}, D = {ks.statistic:.3f}", ks.pvalue),
        "tokens (chi-squared)": (f"{sum(counts[0]):,} and {sum(counts[1]):,}, {chi2.statistic:.1f} at {chi2.dof}", chi2.pvalue),
        "behind cuts (chi-squared)": (
            f"{sum(near):,} at {len(cuts)} cuts of {cut_texts} texts, {chi2_near.statistic:.1f} at {chi2_near.dof}",
            chi2_near.pvalue,
        ),
        "repeated (binomial)": (f"{sum(equal):,} of {len(equal):,}, expected {expected:.1%}", repeated.pvalue),
    }  # fmt: skip


def ranks_of(response: Response) -> list[int]:
    """The ranks of a response's tokens in their phases; each word is one token."""
    known = ranks_of_words()
    return [known[word] for word in response.content.split()]


def histogram(ranks: Iterable[int]) -> list[int]:
    counts = Counter(ranks)
    return [counts[rank] for rank in range(WORDS)]
