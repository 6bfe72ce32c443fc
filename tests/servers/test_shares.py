"""Keys of different limits at three servers, one of which dies: each request answered once, in fair shares, and billed.

A short form of ``benchmarks.api_keys`` and ``benchmarks.api_kills``, which also measure the time.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.lab import running_lab
from support.lab_kills import killed_often
from support.lab_server import LabSpec

from benchmarks.api_keys import limits, sent_all

pytestmark = pytest.mark.timeout(120)


def test_each_request_is_answered_once_in_fair_shares() -> None:
    spec = LabSpec(limits(3, 1.5), faults=0.1, burst=1.0, slow=1.0)
    with running_lab(spec) as lab:
        found = sent_all(lab, spec, 360, (2.0, 4.0))
    assert found.each_once
    assert found.bill.down[2]
    assert len(found.bill.faults) == len(spec.kinds)
    shares = found.bill.shares(found.seconds)
    assert max(shares.values()) < 1.2, shares
    assert found.difference < 0.02


def test_shares_are_fair_where_the_concurrency_is_the_limit() -> None:
    spec = LabSpec(limits(3, 20.0), burst=5.0)
    with running_lab(spec) as lab:
        found = sent_all(lab, spec, 300, None, concurrency=24)
    assert found.each_once
    rates = {lane: counts["rate"] for lane, counts in found.bill.lanes.items()}
    shares = {
        lane: counts["accepted"] / 300 / (rates[lane] / sum(rates.values()))
        for lane, counts in found.bill.lanes.items()
        if rates[lane] / sum(rates.values()) > 0.05  # fewer requests say nothing
    }
    assert max(shares.values()) < 1.2, shares


def test_kills_lose_nothing_and_the_journal_knows_what_they_cost(tmp_path: Path) -> None:
    spec = LabSpec(limits(3, 3.0), faults=0.1)
    with running_lab(spec) as lab:
        fate = killed_often(lab, spec, tmp_path, 120, 6, longest=1.5, concurrency=8)
    assert fate.finished == fate.wanted
    assert fate.kills == 6
    assert fate.lost == fate.bought_twice == []
    assert abs(fate.difference()) < 0.05  # a few kills; the benchmark holds it to 0.02
