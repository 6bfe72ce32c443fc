"""The report in a real browser: what it shows, how it filters, and that no text in it is run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import report_data
from support.scripts import script

from util.report import result_files, write_report
from util.report.funnel_picture import TrainingFunnel
from util.report.packing import embedded
from util.report.page_scripts import katex
from util.report.section import runs_of
from util.report.verdict_codes import verdict_code
from util.results.entries import response_of
from util.system.errors import UserError

PROBLEMS, N = 57, 4
SCREENSHOTS = os.environ.get("REPORT_SCREENSHOTS")
"""A folder to put screenshots in."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    first = report_data.make(folder / "tiny_MATH500_test_all_0_-1.json", PROBLEMS, N)
    second = report_data.make(folder / "other" / "tiny_AIME_train_2024_0_-1.json", 30, 1, seed=3, hostile=False)
    write_report(
        folder / "report.html",
        [first, second],
        "python -m util.report",
        best_by="shortest",
        funnel=TrainingFunnel({"generated": 9}),
    )
    return folder / "report.html"


@pytest.fixture(params=["light", "dark phone"])
def page(request: pytest.FixtureRequest, browser: Any, report: Path) -> Iterator[Any]:
    """The report from a file; the test fails on any message in the console and on any request but the file's."""
    dark = request.param == "dark phone"
    size = {"width": 390, "height": 800} if dark else {"width": 1200, "height": 900}
    opened = browser.new_page(viewport=size, color_scheme="dark" if dark else "light")
    faults: list[str] = []
    requests: list[str] = []
    opened.on("console", lambda message: faults.append(message.text))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    # blob: is the code of a worker, which is in the page
    opened.on("request", lambda sent: None if sent.url.startswith("blob:") else requests.append(sent.url))
    opened.goto(report.as_uri())
    yield opened
    if SCREENSHOTS:
        opened.screenshot(path=f"{SCREENSHOTS}/{request.node.name}.png", full_page=True)
    assert faults == []
    assert requests == [report.as_uri()]
    assert opened.evaluate("window.hacked") is None
    opened.close()


def count(page: Any) -> int:
    page.locator("tr.problem").first.wait_for()
    return int(page.text_content("#count").split()[0].replace(",", ""))


def shown_count(page: Any, expected: int) -> None:
    from playwright.sync_api import expect

    expect(page.locator("#count")).to_have_text(re.compile(rf"^{expected:,} of"))


def shows(locator: Any, text: str) -> None:
    """Waits for it: a fold is filled by its `toggle` event, which the browser sends after the click."""
    from playwright.sync_api import expect

    expect(locator).to_contain_text(text)


def opened(page: Any, place: int = 0) -> Any:
    """Opens a problem of the list; returns what is shown below its row once its samples are there."""
    page.locator(".question").nth(place).click()
    detail = page.locator("tr.detail")
    detail.locator(".sample").first.wait_for()
    return detail


def test_it_fits_and_shows_numbers_with_intervals(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    table = page.inner_text(".summary")
    assert "pass@1" in table
    assert "% to " in table
    assert page.locator("figure svg").count() >= 6
    assert "3,000" in table  # tokens per second


def test_paging(page: Any) -> None:
    assert count(page) == PROBLEMS + 1 + 30
    assert page.locator("tr.problem").count() == 20
    assert page.locator("#back").is_disabled()
    first = page.locator(".question").first.inner_text()
    for _ in range(4):
        page.click("#next")
    assert page.text_content("#page") == "page 5 of 5"
    assert page.locator("tr.problem").count() == 8
    assert page.locator("#next").is_disabled()
    page.click("#back")
    assert page.locator(".question").first.inner_text() != first


def test_filters_agree_with_the_data(page: Any, report: Path) -> None:
    codes = []
    for path in (
        report.parent / "tiny_MATH500_test_all_0_-1.json",
        report.parent / "other" / "tiny_AIME_train_2024_0_-1.json",
    ):
        for entry in json.loads(path.read_text()).values():
            codes.append("".join(verdict_code(response_of(response)) for response in entry["responses"]["0.7"]))
    page.click("#filters > summary")
    for name, wanted in {
        "solved": [c for c in codes if "r" in c],
        "unsolved": [c for c in codes if "r" not in c],
        "mixed": [c for c in codes if "r" in c and set(c) != {"r"}],
        "t": [c for c in codes if "t" in c],
        "n": [c for c in codes if "n" in c],
    }.items():
        page.select_option("#verdict", name)
        shown_count(page, len(wanted))
    page.select_option("#verdict", "")
    page.select_option("#file", index=2)
    shown_count(page, 30)


def test_search_in_questions_and_in_responses(page: Any) -> None:
    page.fill("#search", "PROBLEM 17:")
    shown_count(page, 2)
    page.fill("#search", "square root")
    shown_count(page, 0)
    page.check("#deep")
    shown_count(page, PROBLEMS + 30)
    page.fill("#search", "javascript:window.hacked")
    page.uncheck("#deep")
    shown_count(page, 1)


def test_reading_a_problem(page: Any) -> None:
    page.fill("#search", '"problem 7:"')
    shown_count(page, 2)
    problem = opened(page)
    folds = problem.locator("details.fold")
    assert folds.first.locator("> summary").inner_text() == "prompt"
    assert folds.first.locator(".text").count() == 0  # filled when it is opened
    folds.first.locator("> summary").click()
    shows(folds.first.locator(".text"), "Solve it.")
    thought = problem.locator("details.thought").first
    assert "First I look" not in problem.inner_text()
    thought.locator("> summary").click()
    shows(thought, "First I look")
    assert "Gold answer" in problem.locator(".answers").first.inner_text()
    problem.locator("details.fold > summary", has_text="Evidence").first.click()
    shows(problem.locator(".evidence").first, "gold")
    problem.locator(".text math mfrac").first.wait_for()
    page.uncheck("#math")  # the problem stays open
    page.locator(".sample").nth(N - 1).wait_for()
    assert page.locator("math").count() == 0


def test_hostile_texts_are_shown_and_not_run(page: Any) -> None:
    page.fill("#search", "hostile")
    shown_count(page, 1)
    problem = opened(page)
    problem.locator("details.fold > summary").first.click()
    shows(problem.locator("details.fold .text").first, "</script>")
    shown = problem.inner_text()
    assert shown.count("</script><script>window.hacked = 1</script>") >= 2 * N
    assert page.locator("main img").count() == 0
    assert page.locator("main script").count() == 0
    assert page.locator("a").count() == 0
    # Two frames: a script or image of the hostile texts would have run by then.
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_json_in_the_page_cannot_end_its_element() -> None:
    text = embedded({"x": report_data.HOSTILE})
    assert "<" not in text
    assert json.loads(text) == {"x": report_data.HOSTILE}
    assert len(katex()) == 1


def test_a_journal_that_ends_inside_a_character_is_read(tmp_path: Path) -> None:
    path = report_data.make(tmp_path / "m_AIME_x.json", 2, 1, hostile=False)
    with path.with_suffix(".journal.jsonl").open("ab") as file:
        file.write('{"type": "run", "settings": {"dataset": "AIME≤'.encode()[:-1])
    [run] = runs_of(path)
    assert run["settings"]["dataset"] == "MATH500"


def test_a_rewritten_file_without_verdicts_does_not_hide_the_judged_one(tmp_path: Path) -> None:
    path = report_data.make(tmp_path / "m_AIME_x.json", 3, 1, hostile=False)
    converted = path.with_name(f"converted_{path.name}")
    converted.write_text(path.read_text())
    assert result_files([tmp_path]) == [converted]
    converted.write_text(path.read_text().replace('"correctness": true', '"correctness": null').replace('"correctness": false', '"correctness": null'))  # fmt: skip
    assert result_files([tmp_path]) == [path]
    (tmp_path / "folder.json").mkdir()
    assert result_files([tmp_path]) == [path]


def test_the_command_writes_a_report_of_a_folder(report: Path, tmp_path: Path) -> None:
    made = report_data.make(tmp_path / "in" / "converted_m_NUMINA_train_math_0_-1.json", 5, 2, hostile=False)
    data = json.loads(made.read_text())
    for entry in data.values():
        for response in entry["responses"]["0.7"]:
            response["processed_content"] = response["content"]
    made.write_text(json.dumps(data))
    (made.parent / "train_data.json").write_text("[]")
    done = script("-m", "util.report", tmp_path / "in", "--output", tmp_path / "r.html")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    assert "From responses to training data" in text
    assert "http://" not in text.split("<body>")[0]
    done = script("-m", "util.report", tmp_path / "nothing")
    assert done.returncode == 1
    assert "does not exist" in done.stderr
    with pytest.raises(UserError, match="No result file"):
        result_files([tmp_path])
