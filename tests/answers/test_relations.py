"""Equations, inequalities and chains in several variables: which way they may be turned and scaled."""

from __future__ import annotations

import pytest

from util.answers import compare

TURNED = [
    ("x < y", "y > x"),
    ("x > y", "y < x"),
    (r"x \le y", r"y \ge x"),
    (r"x \ge y", r"y \le x"),
    ("x^2 + y^2 < 1", "1 > x^2 + y^2"),
    (r"x \ne y", r"y \ne x"),
    (r"A \cup B = C \cap D", r"C \cap D = A \cup B"),
    ("0 < x < y", "y > x > 0"),
    ("y > x > 0", "0 < x < y"),
    (r"0 < x \le y", r"y \ge x > 0"),
    (r"y \ge x > 0", r"0 < x \le y"),
    (r"0 \le x < y", r"y > x \ge 0"),
    ("x = y < z", "z > y = x"),
    (r"x \equiv 2 \pmod{5}", r"x \equiv 7 \pmod{5}"),
    (r"x \equiv 2 \pmod{5}", r"7 \pmod{5}"),
    (r"x \equiv 2a \pmod{n}", r"x \equiv a + a \pmod{n}"),
]
SCALED = [
    ("x < y", "3x < 3y"),
    ("x > y", "3x > 3y"),
    (r"x \le y", r"3x \le 3y"),
    (r"x \ge y", r"3x \ge 3y"),
    ("x + y < 3", "-x - y > -3"),
    (r"x + y \le 3", r"-x - y \ge -3"),
    (r"y < \sin x", r"-y > -\sin x"),
    (r"y = \sin x + 1", r"-y = -\sin x - 1"),
    (r"y \ne \sin x", r"-y \ne -\sin x"),
    (r"x \ne y", r"2x \ne 2y"),
]
DIFFERENT = [
    ("x < y", "x > y"),
    ("x > y", "x < y"),
    (r"x \le y", r"x \ge y"),
    (r"x \ge y", r"x \le y"),
    ("x < y", "y < x"),
    ("x > y", "y > x"),
    (r"x \le y", r"y \le x"),
    (r"x \ge y", r"y \ge x"),
    ("x < y", r"x \le y"),
    ("x < y", r"y \ge x"),
    (r"x \le y", "y > x"),
    ("x < y", "-x < -y"),
    ("x + y < 3", "-x - y < -3"),
    (r"y < \sin x", r"-y < -\sin x"),
    ("x^2 + y^2 < 1", "1 < x^2 + y^2"),
    (r"A \cup B = C \cap D", r"C \cap D = A \cup E"),
    (r"A \cup B = C \cap D", r"A \cup B = C \cap E"),
    (r"A \cup B = C \cap D", r"A \cup E = C \cap D"),
    (r"A \subset B", r"B \subset A"),
    ("0 < x < y", "0 < y < x"),
    ("0 < x < y", "y < x < 0"),
    (r"0 < x \le y", r"y > x \ge 0"),
    (r"0 \le x < y", r"y \ge x > 0"),
    ("x = y < z", "z < y = x"),
    ("x < y < z", "x < y"),
    (r"x \equiv 2 \pmod{5}", r"y \equiv 2 \pmod{5}"),
    (r"x \equiv 2 \pmod{5}", r"x \equiv 2 \pmod{6}"),
    (r"x \equiv a \pmod{n}", r"x \equiv b \pmod{n}"),
]


@pytest.mark.parametrize(("gold", "answer"), TURNED + SCALED)
def test_a_relation_may_be_turned_round_or_scaled(gold: str, answer: str) -> None:
    assert compare(gold, answer).correct is True


@pytest.mark.parametrize(("gold", "answer"), DIFFERENT)
def test_another_direction_or_strictness_is_another_relation(gold: str, answer: str) -> None:
    assert compare(gold, answer).correct is False
