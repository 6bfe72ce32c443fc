"""The page of ``eval.py --compare``: figures, what flipped, both responses side by side, links."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from support import report_data
from support.scripts import script

PROBLEMS = 30


def changed(path: Path, source: Path, seed: int) -> None:
    """A second run on the same problems: some responses are right that were wrong, and the other way round."""
    rng = random.Random(seed)
    data = json.loads(source.read_text())
    for entry in data.values():
        for response in entry["responses"]["0.7"]:
            if response["correctness"] is not None and rng.random() < 0.3:
                response["correctness"] = not response["correctness"]
                response["content"] += "\n\nIn the second run it was otherwise."
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))


def shares(path: Path) -> dict[str, float]:
    return {
        key: sum(r["correctness"] is True for r in entry["responses"]["0.7"]) / len(entry["responses"]["0.7"])
        for key, entry in json.loads(path.read_text()).items()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("compare")
    for name, n in (("tiny_MATH500_test_all_0_-1.json", 2), ("tiny_AIME_train_2024_0_-1.json", 1)):
        first = report_data.make(found / "a" / name, PROBLEMS, n, seed=n, hostile=n == 2)
        first.with_suffix(".journal.jsonl").unlink()
        changed(found / "b" / name, first, n)
    done = script("eval.py", "--compare", found / "a", found / "b", "--report", found / "compare.html")
    assert done.returncode == 0, done.stderr
    assert f"report: {found / 'compare.html'}" in done.stderr
    assert "B - A" in done.stdout
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_flips_filters_links_and_both_responses(browser: Any, folder: Path, scheme: str) -> None:
    from playwright.sync_api import expect

    faults: list[str] = []
    page = browser.new_page(viewport={"width": 390 if scheme == "dark" else 1280, "height": 900}, color_scheme=scheme)
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto((folder / "compare.html").as_uri())
    pairs = [(shares(path), shares(folder / "b" / path.name)) for path in sorted((folder / "a").glob("*.json"))]
    both = [(first[key], second[key]) for first, second in pairs for key in first]
    wanted = {
        "flips": sum(a != b for a, b in both), "better": sum(b > a for a, b in both), "worse": sum(b < a for a, b in both),
        "right": sum(a == b == 1 for a, b in both), "wrong": sum(a == b == 0 for a, b in both), "": len(both),
    }  # fmt: skip
    assert wanted["better"] > 2
    assert wanted["worse"] > 2
    expect(page.locator("#count")).to_have_text(f"{wanted['flips']} of {len(both)} problems")
    for name, count in wanted.items():
        page.select_option("#change", name)
        expect(page.locator("#count")).to_have_text(f"{count} of {len(both)} problems")
    page.select_option("#pair", "1")
    expect(page.locator("#count")).to_have_text(f"{len(pairs[1][0])} of {len(both)} problems")
    page.select_option("#pair", "")
    page.select_option("#change", "better")
    first = page.locator("details.pair").first
    first.locator("summary").first.press("Enter")
    sides = first.locator(".sides > section")
    expect(sides.nth(1)).to_contain_text("In the second run it was otherwise.")
    assert "In the second run" not in sides.nth(0).inner_text()
    assert sides.nth(0).locator("h3").inner_text().startswith("A: ")
    if scheme == "light":
        boxes = [sides.nth(number).bounding_box() for number in (0, 1)]
        assert abs(boxes[0]["y"] - boxes[1]["y"]) < 1  # next to each other
    address = page.url
    assert "p=" in address
    if output := os.environ.get("REPORT_SCREENSHOTS"):
        page.screenshot(path=f"{output}/compare-{scheme}.png", full_page=True)
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    options = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
    found = axe.Axe().run(page, options=options)
    assert [violation["id"] for violation in found.response["violations"]] == [], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    name = first.get_attribute("id")
    other = browser.new_page()
    other.goto(address)
    expect(other.locator("details.pair[open]")).to_have_attribute("id", name)
    assert other.evaluate("document.activeElement.parentElement.id") == name
    expect(other.locator("#change")).to_have_value("better")
    other.goto(f"{address.split('#')[0]}#change=worse&p={name}")  # hidden by its filter: the filter goes
    expect(other.locator("details.pair[open]")).to_have_attribute("id", name)
    other.close()
    page.fill("#search", "hostile")
    page.select_option("#change", "")
    expect(page.locator("#count")).to_have_text(f"1 of {len(both)} problems")
    page.locator("details.pair summary").first.click()
    expect(page.locator(".sides .response").nth(3)).to_be_visible()
    assert page.evaluate("window.hacked") is None
    assert faults == []
    page.close()


def test_the_figures_are_those_of_the_console(browser: Any, folder: Path) -> None:
    page = browser.new_page()
    page.goto((folder / "compare.html").as_uri())
    done = script("eval.py", "--compare", folder / "a", folder / "b")
    shown = page.locator("table.intervals").inner_text()
    for line in done.stdout.splitlines():
        if line.strip().startswith("B - A"):
            value, p = float(line.split()[3]), line.split("p = ")[1].split()[0]
            assert f"{100 * value:+.1f} points" in shown or f"{100 * value:+.2f}"[:4] in shown
            assert f"p = {p}" in shown
    assert "30 common problems" in shown
    page.close()
