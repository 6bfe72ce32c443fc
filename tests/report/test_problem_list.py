"""The list of problems in a real browser: order, filters, links, copies, downloads, keyboard, accessibility."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import report_data

from util.report import write_report
from util.report.packing import FORBIDDEN, packed_text
from util.report.permanent_ids import problem_id, section_ids

FORMULAS = ("=1+1", "+1", "-2+3", "@SUM(A1)", "  =x", "\t=y", "＝z", '=a","=b')
"""Answers that a spreadsheet would run."""
PROBLEMS = 30


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result file with two temperatures, texts beyond ASCII, and formulas as answers."""
    path = tmp_path_factory.mktemp("list") / "tiny_MATH500_test_all_0_-1.json"
    report_data.make(path, PROBLEMS, 3, seed=5)
    entries = json.loads(path.read_text())
    rng = random.Random(1)
    for number, entry in enumerate(entries.values(), 1):
        _, warm = report_data.problem(number, 10, rng, 200)
        entry["responses"]["1"] = warm["responses"]["0.7"]
        entry["token_usages"]["1"] = warm["token_usages"]["0.7"]
        entry["responses"]["0.7"][0]["content"] += f" 漢字 😀 {number} needle{number}"
    for entry, formula in zip(entries.values(), FORMULAS, strict=False):
        for response in [*entry["responses"]["0.7"], *entry["responses"]["1"]]:
            response |= {"correctness": False, "evidence": {"answer": formula, "gold": formula}}
    path.write_text(json.dumps(entries))
    return path


@pytest.fixture(scope="module")
def report(results: Path) -> Path:
    other = report_data.make(results.parent / "b" / "tiny_AIME_train_2024_0_-1.json", 6, 1, seed=3, hostile=False)
    page = results.parent / "report.html"
    write_report(page, [results, other], "python -m util.report")
    return page


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    show(opened, report)
    yield opened
    assert faults == []
    assert opened.evaluate("window.hacked") is None
    context.close()


def show(page: Any, report: Path, address: str = "") -> None:
    page.goto("about:blank")
    page.goto(report.as_uri() + address)
    page.locator("tr.problem, #nothing:visible").first.wait_for()


def counts(page: Any, expected: int) -> None:
    from playwright.sync_api import expect

    expect(page.locator("#count")).to_have_text(re.compile(rf"^{expected:,} of"))


def column(page: Any, name: str) -> list[str]:
    return [text.strip() for text in page.locator(f"#problems .of-{name}").all_inner_texts()]


def address(page: Any) -> dict[str, str]:
    return dict(part.split("=", 1) for part in page.evaluate("location.hash.slice(1)").split("&") if part)


def opened_question(page: Any) -> str:
    """The question that is open, up to its formula."""
    return page.evaluate("document.querySelector('tr.open .question').firstChild.textContent")


def samples_of(results: Path) -> dict[str, list[tuple[str, dict[str, Any], int]]]:
    """Problem -> (temperature, response, tokens) of each sample."""
    entries = json.loads(results.read_text())
    return {
        key: [
            (label, response, usage["completion_tokens"])
            for label, responses in entry["responses"].items()
            for response, usage in zip(responses, entry["token_usages"][label], strict=True)
        ]
        for key, entry in entries.items()
    }


def test_heads_sort_and_say_so(page: Any) -> None:
    for name, read in (("tokens", lambda text: int(text.replace(",", ""))), ("agreement", lambda text: int(text[:-2]))):
        head = page.locator(f"th[data-column={name}]")
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == "descending"
        down = [read(text) for text in column(page, name)]
        assert down == sorted(down, reverse=True)
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == "ascending"
        up = [read(text) for text in column(page, name) if text]
        assert up == sorted(up)
        assert min(up) <= min(down)
        head.locator("button").click()
        assert head.get_attribute("aria-sort") is None
    page.click("#filters > summary")
    page.select_option("#sort", "question")
    assert page.locator("th[data-column=question]").get_attribute("aria-sort") == "ascending"
    assert address(page)["sort"] == "question"


def test_filters_combine_and_agree_with_the_data(page: Any, report: Path, results: Path) -> None:
    from playwright.sync_api import expect

    samples = samples_of(results)
    page.click("#filters > summary")
    page.select_option("#file", index=1)
    everything = int(page.inner_text("#count").split()[0])
    page.select_option("#file", index=2)
    assert {everything, int(page.inner_text("#count").split()[0])} == {PROBLEMS + 1, 6}
    page.select_option("#file", "")
    page.select_option("#t", "1")
    counts(page, PROBLEMS + 1)
    page.fill("#tokens-low", "1500")
    long = {key for key, each in samples.items() if any(t == "1" and n >= 1500 for t, _, n in each)}
    counts(page, len(long))
    page.select_option("#verdict", "r")
    right = {
        key
        for key, each in samples.items()
        if any(t == "1" and n >= 1500 and r["correctness"] is True for t, r, n in each)
    }
    assert 0 < len(right) < len(long)
    counts(page, len(right))
    page.fill("#agree-low", "60")
    page.fill("#agree-high", "90")
    expect(page).to_have_url(re.compile("agree=60-90"))
    assert all(60 <= int(text[:-2]) <= 90 for text in column(page, "agreement"))
    page.select_option("#level", index=1)
    assert set(column(page, "level")) <= {page.input_value("#level")}
    assert set(address(page)) == {"verdict", "level", "t", "tokens", "agree"}
    kept, shown = page.url, [text.split(":")[0] for text in column(page, "question")]  # formulas come later
    page.click("#reset")
    counts(page, PROBLEMS + 1 + 6)
    assert address(page) == {}
    show(page, report, f"#{kept.split('#')[1]}")
    assert [text.split(":")[0] for text in column(page, "question")] == shown


def test_a_row_shows_what_its_samples_say(page: Any, results: Path) -> None:
    key, samples = list(samples_of(results).items())[20]
    page.fill("#search", f'"{key.split(":")[0]}:"')
    counts(page, 1)
    right = sum(response["correctness"] is True for _, response, _ in samples)
    assert f"{right} of 13 right" in column(page, "share")[0]
    marks = page.locator("#problems .marks").first
    assert f"{right} right" in marks.get_attribute("aria-label")
    assert marks.locator("svg").count() < 7  # one per verdict, with its count
    votes: dict[str, int] = {}
    for _, response, _ in samples:
        if response["correctness"] is not None and (answer := response["evidence"].get("answer")):
            votes[answer] = votes.get(answer, 0) + 1
    best = max(votes.values())
    assert votes[column(page, "answer")[0]] == best
    assert column(page, "agreement")[0] == f"{round(100 * best / 13)} %"
    assert column(page, "gold")[0] == key.split()[1][:-1]


def test_links_open_scroll_and_focus(page: Any, report: Path, results: Path) -> None:
    keys = list(json.loads(results.read_text()))
    name = f"{problem_id(keys[24])}.{section_ids([results])[0]}"
    show(page, report, f"#p={name}&s=1-10")
    sample = page.locator("tr.detail .sample:focus")
    sample.wait_for()
    assert sample.get_attribute("data-sample") == "1-10"
    assert opened_question(page) == keys[24].split("$")[0]
    top = sample.bounding_box()["y"]
    assert 0 <= top < 200
    sample.get_by_role("button", name="Copy link").click()
    page.get_by_text("The link is copied.").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{report.as_uri()}#p={name}&s=1-10"
    # A link from a page whose file had another name, and one while filters hide the problem.
    show(page, report, f"#p={problem_id(keys[24])}.000000&verdict=n&q=nothing")
    page.locator("tr.open .question:focus").wait_for()
    assert opened_question(page) == keys[24].split("$")[0]
    assert "filters were removed" in page.inner_text("#message")
    show(page, report, f"#p={problem_id('another')}.000000&verdict=bogus&page=0&sort=-nothing&tokens=9&t=3&level=%00")
    assert "does not have the problem" in page.inner_text("#message")
    counts(page, PROBLEMS + 7)
    assert address(page) == {}


def test_links_survive_another_page(report: Path, results: Path, browser: Any, tmp_path: Path) -> None:
    """The same problem, in a page of other files in another order and with more problems before it."""
    entries = json.loads(results.read_text())
    moved = tmp_path / "again" / results.name
    report_data.make(moved, 3, 1, seed=9)
    moved.write_text(json.dumps(dict(reversed(entries.items()))))
    write_report(tmp_path / "r.html", [report_data.make(tmp_path / "a.json", 4, 1), moved], "x")
    page = browser.new_page()
    key = list(entries)[7]
    page.goto(f"{(tmp_path / 'r.html').as_uri()}#p={problem_id(key)}.{section_ids([results])[0]}&s=0.7-2")
    page.locator(".sample[data-sample='0.7-2']:focus").wait_for()
    assert opened_question(page) == key.split("$")[0]
    page.close()


def test_copies(page: Any, results: Path) -> None:
    key, entry = list(json.loads(results.read_text()).items())[3]
    page.locator(".question").nth(3).click()
    page.get_by_role("button", name="Copy question").click()
    page.get_by_text("The question is copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == entry["prompt"]
    page.locator(".sample").first.get_by_role("button", name="Copy response").click()
    page.get_by_text("The response is copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == entry["responses"]["0.7"][0]["content"]
    assert key in entry["prompt"]


def test_downloads_have_the_filtered_rows(page: Any, results: Path) -> None:
    page.click("#filters > summary")
    page.select_option("#t", "0.7")
    page.select_option("#verdict", "w")
    page.select_option("#sort", "-tokens")
    shown = int(page.inner_text("#count").split()[0])
    with page.expect_download() as saved:
        page.click("#csv")
    rows = list(csv.DictReader(io.StringIO(saved.value.path().read_bytes().decode("utf-8-sig"))))
    assert len(rows) == shown
    assert [float(row["mean_tokens"]) for row in rows] == sorted(
        (float(row["mean_tokens"]) for row in rows), reverse=True
    )
    cells = [cell for row in rows for cell in row.values()]
    assert not [c for c in cells if re.match(r"\s*[=+\-@＝]", c) and not re.fullmatch(r"-?\d+(\.\d+)?", c)]
    assert {f"'{' '.join(formula.split())}" for formula in FORMULAS} <= {row["answer"] for row in rows}
    with page.expect_download() as saved:
        page.click("#jsonl")
    lines = [json.loads(line) for line in saved.value.path().read_text().splitlines()]
    assert [line["id"] for line in lines] == [row["id"] for row in rows]
    entries = {entry["prompt"]: entry for entry in json.loads(results.read_text()).values()}
    for line in lines:
        if line["file"] == str(results):
            stored = entries[line["prompt"]]["responses"]["0.7"]
            assert [each["content"] for each in line["responses"]] == [each["content"] for each in stored]
            assert {each["temperature"] for each in line["responses"]} == {0.7}
    assert any(line["file"] == str(results) for line in lines)


def test_search_finds_texts_of_every_alphabet(page: Any) -> None:
    page.check("#deep")
    for words, number in (("NEEDLE7", 1), ('"😀 12 needle"', 1), ("漢字", PROBLEMS + 1), ("漢字 needle3 needle4", 0)):
        page.fill("#search", words)
        counts(page, number)
    assert page.locator("#nothing").is_visible()
    assert address(page)["deep"] == "1"


def test_what_is_found_is_marked_and_unfolded(page: Any) -> None:
    page.check("#deep")
    marked = "[...(CSS.highlights.get('found') || [])].map(range => range.toString().toLowerCase())"
    page.fill("#search", "needle4")
    counts(page, 1)
    page.locator(".question").first.click()
    page.locator(".sample").first.wait_for()
    assert page.locator(".jumps .found").count() == 1
    assert page.evaluate(marked) == ["needle4"]
    page.fill("#search", "first look")
    counts(page, PROBLEMS + 7)
    page.locator(".question").nth(10).click()
    page.locator(".sample details", has_text="First I look").first.wait_for()
    assert "look" in page.evaluate(marked)


def test_everything_works_with_the_keyboard(page: Any) -> None:
    page.focus("#search")
    page.keyboard.type('"problem 1:"')
    counts(page, 2)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.parentElement.id") == "filters"
    page.keyboard.press("Enter")
    assert page.locator("#verdict").is_visible()
    order = []
    for _ in range(40):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
        if order[-1] == "question":
            break
    assert {"verdict", "file", "tokens-low", "agree-high", "sort", "reset", "math", "csv", "jsonl", "question"} <= {
        *order
    }
    page.keyboard.press("ArrowDown")
    assert page.evaluate("[...document.querySelectorAll('.question')].indexOf(document.activeElement)") == 1
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.locator(".sample").nth(7).wait_for()
    assert page.locator(":focus").get_attribute("aria-expanded") == "true"
    assert page.locator(".sample").count() == 8  # of 13
    page.locator(".jumps button").nth(12).focus()
    page.keyboard.press("Space")
    assert page.locator(":focus").get_attribute("data-sample") == "1-10"
    page.keyboard.press("Escape")
    assert page.locator(":focus").get_attribute("aria-expanded") == "false"
    assert page.locator("tr.detail").count() == 0
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_violation(browser: Any, report: Path, scheme: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    show(page, report)
    page.click("#filters > summary")
    page.locator(".question").nth(8).click()
    page.locator(".sample").first.wait_for()
    page.locator(".detail details summary").first.click()
    rules = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    found = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.close()


def test_print_has_the_open_problems_and_no_controls(page: Any) -> None:
    page.locator(".question").nth(2).click()
    page.locator(".sample").first.wait_for()
    page.emulate_media(media="print")
    assert page.locator("tr.problem:visible").count() == 1
    assert page.locator(".sample").first.is_visible()
    assert page.locator("button:visible, input:visible, select:visible").all_inner_texts() == [
        page.locator("tr.open .question").inner_text()
    ]
    page.set_viewport_size({"width": 700, "height": 900})  # A4 with margins, at 96 pixels per inch
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.locator(".question").nth(2).evaluate("each => each.click()")
    assert not page.locator("#browser").is_visible()
    page.emulate_media(media="screen")


@given(st.binary(max_size=300))
def test_packed_text_has_no_character_that_a_parser_changes(data: bytes) -> None:
    import zlib

    encoded, size = packed_text(data)
    assert not set(FORBIDDEN.decode()) & set(encoded)
    assert max(map(ord, encoded)) < 0x800
    bits = ""
    for character in encoded:
        code = ord(character)
        groups = [code] if code < 128 else [FORBIDDEN[(code - 128) >> 7], (code - 128) & 127]
        bits += "".join(f"{group:07b}" for group in groups)
    packed = bytes(int(bits[8 * place : 8 * place + 8], 2) for place in range(size))
    assert zlib.decompress(packed, -15) == data


def test_files_of_one_name_have_names_of_their_own() -> None:
    same = section_ids([Path("/x/a/r.json"), Path("/x/b/r.json"), Path("/y/b/r.json")])
    assert len(set(same)) == 3
    assert section_ids([Path("/x/a/r.json"), Path("/x/a/s.json")])[0] == section_ids([Path("/elsewhere/r.json")])[0]
