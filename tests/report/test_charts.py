"""The charts: their numbers, and in a browser that no label lies over another at any width."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from support import report_data

from util.metrics.intervals import share_estimate
from util.report import write_report
from util.report.bars import by_group, histogram, intervals
from util.report.funnel_picture import TrainingFunnel, picture
from util.report.plot import Point, Scale, Series, Tick, linear_ticks, lines, log_ticks, spaced

FUNNEL = TrainingFunnel(
    {"generated": 4800, "passed": 2400, "converted": 4700, "verified": 2300, "deduplicated": 2100, "written": 0},
    {"passed": {"wrong": 2000, "truncated": 300, "not judged": 100}, "deduplicated": {"</b> nearly equals": 200}},
)
OVERLAPS = """() => [...document.querySelectorAll("svg.plot")].flatMap((svg) => {
  const texts = [...svg.querySelectorAll("text")];
  const boxes = texts.map((text) => text.getBoundingClientRect());
  const faults = [];
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b, j) => {
    if (a.left < b.right && b.left < a.right && a.top + 1 < b.bottom - 1 && b.top + 1 < a.bottom - 1)
      faults.push(`${texts[i].textContent} | ${texts[i + 1 + j].textContent}`);
  }));
  const card = svg.closest("figure").getBoundingClientRect();
  boxes.forEach((a, i) => {
    if (a.left < card.left || a.right > card.right) faults.push(`outside: ${texts[i].textContent}`);
  });
  return faults;
})"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("charts")
    path = report_data.make(folder / "tiny_MATH500_test_all_0_-1.json", 40, 12)
    write_report(folder / "report.html", [path], "python -m util.report", funnel=FUNNEL)
    return folder / "report.html"


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (700, "light"), (1280, "light")])
def test_no_label_lies_over_another(browser: Any, report: Path, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(report.as_uri())
    assert page.locator("svg.plot").count() == 3
    assert page.evaluate(OVERLAPS) == []
    sizes = page.evaluate("[...document.querySelectorAll('svg.plot text')].map(t => getComputedStyle(t).fontSize)")
    assert set(sizes) == {"12px"}
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    if folder := os.environ.get("REPORT_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/charts-{width}.png", full_page=True)
    page.close()


def test_every_chart_has_a_text_alternative(browser: Any, report: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    assert all(page.evaluate("[...document.querySelectorAll('svg[role=img]')].map(e => e.getAttribute('aria-label'))"))
    curves = page.locator("figure", has_text="pass@k and cons@k")
    curves.locator("summary").press("Enter")
    rows = curves.locator("tbody tr")
    assert rows.count() == 10  # pass@ and cons@ 1, 2, 4, 8, 12
    assert rows.first.locator("td").nth(1).inner_text() == "1"
    levels = page.locator("table.intervals", has_text="n = 8").first
    assert [row.split("\n")[0] for row in levels.locator("th").all_inner_texts()] == ["1", "2", "3", "4", "5"]
    strips = page.locator("figure", has_text="Length of responses")
    names = strips.locator("svg.plot text").all_text_contents()
    assert any(name.startswith("right: ") for name in names)
    assert any(name.startswith("truncated: ") for name in names)
    page.close()


def test_the_funnel_names_counts_shares_and_reasons() -> None:
    html = picture(FUNNEL)
    assert "4,800<small>100.0%</small>" in html
    assert "2,400<small>50.0%</small>" in html
    assert "2,000 wrong; 300 truncated; 100 not judged" in html
    assert "200 &lt;/b&gt; nearly equals" in html
    assert 'width="47.92%"' in html  # 2,300 of 4,800
    assert html.count('class="lost"') == 4  # "converted" has more than the stage before it
    many = TrainingFunnel({"generated": 9, "passed": 1}, {"passed": {f"reason {n}": 1 for n in range(8)}})
    assert "2 for 2 other reasons" in picture(many)
    assert "written" in picture(TrainingFunnel({"generated": 0, "written": 0}))  # no division by zero


def test_groups_are_in_their_order() -> None:
    names = ["10", "9", "Level 2", "algebra", "hard"]
    assert list(by_group(dict.fromkeys(names, share_estimate(1, 2)))) == ["Level 2", "hard", "9", "10", "algebra"]
    html = intervals({"\ud800<i>": share_estimate(1, 4)}, "accuracy by 'x'")
    assert "\ufffd&lt;i&gt;" in html
    assert "25.0%<small>" in html


def test_scales_and_ticks() -> None:
    assert [Scale(1, 16, log=True).at(k) for k in (1, 4, 16)] == [0, 50, 100]
    assert Scale(5, 5).at(5) == 50
    assert [tick.label for tick in log_ticks(Scale(30, 9000, log=True))] == ["50", "200", "500", "1k", "2k", "5k"]
    assert len(log_ticks(Scale(700, 900, log=True))) == 2
    assert [tick.label for tick in linear_ticks(Scale(0, 8200))] == ["0", "2k", "4k", "6k", "8k"]
    assert linear_ticks(Scale(0, 1))[-1].label == "1"
    ks = [2**power for power in range(13)]
    scale = Scale(1, 4096, log=True)
    shown = spaced([Tick(scale.at(k), str(k)) for k in ks])
    assert shown[0].label == "1"
    assert shown[-1].label == "4096"
    assert 5 <= len(shown) < 13


def test_one_point_many_lines_and_empty_bars_are_drawn() -> None:
    point = Point(0.0, 0.5, 0.4, 0.6)
    html = lines("label", [Series(f"line {n}", [point]) for n in range(12)], Scale(0, 0), [], "x")
    assert html.count("<polyline") == 12
    assert "nan" not in html
    assert "nan" not in histogram("label", [0] * 12, [str(n) for n in range(12)], [], "x")
