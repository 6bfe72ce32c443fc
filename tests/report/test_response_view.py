"""How a response is shown: Markdown, formulas, code, tests, thoughts. One page in one browser; hostile texts included."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.waiting import wait_for

from util.records import Response, Usage, Verdict
from util.report import write_report
from util.report.page_scripts import katex
from util.report.response_details import details_of
from util.results.entries import Entry

LINES = "import sys\n\nfor line in sys.stdin:\n    print(1 // int(line))"
THOUGHT = "<think>\nFirst a *thought* about $q_0$ and zebras.\n</think>\n\nIt is \\boxed{\\frac{1}{2}}."


def problem(responses: list[dict[str, Any]], **row: Any) -> dict[str, Any]:
    counts = [{"prompt_tokens": 9, "completion_tokens": 100, "reasoning_tokens": 60}] + [{}] * (len(responses) - 1)
    return {"prompt": "Say.", **row, "responses": {"0.7": responses}, "token_usages": {"0.7": counts}}


def judged(content: str, correct: bool, reason: str, evidence: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"content": content, "finish_reason": "stop", "correctness": correct, "reason": reason, "evidence": evidence, **more}  # fmt: skip


PROBLEMS = {
    "Half of one": problem(
        [
            judged(THOUGHT, True, "equal", {"answer": "\\frac{1}{2}", "gold": "0.5", "layer": "exact"}),
            judged(THOUGHT, False, "differs", {"answer": "2", "gold": "0.5", "layer": "number"}, processed_content="It is **2**."),
        ]
    ),
    "A program": problem(
        [
            judged(
                f"😀 So:\n```python\n{LINES}\n```\n", False, "wrong answer on test 2 of 3",
                {"tests": 3, "test": 1, "detail": "line 2: expected '31', got '30'", "input": "4\n5\n", "expected": "14\n31\n", "output": "14\n30\n"},
            ),
            judged(
                f"```python\n{LINES}\n```\n", False, "runtime error on test 1 of 3",
                {"tests": 3, "test": 1, "detail": "ZeroDivisionError", "line": 4, "input": "0\n", "expected": "<b>\n", "output": ""},
            ),
        ]
    ),
    "Which town": problem(
        [judged("It is A.", False, "a wrong option", {"answer": "A", "gold": "B"})], choices=["Rome", "Paris"]
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("view")
    file = folder / "m_MATH500_test_all_0_-1.json"
    file.write_text(json.dumps(PROBLEMS))
    write_report(folder / "r.html", [file], "x")
    opened = browser.new_page(viewport={"width": 1200, "height": 900})
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto((folder / "r.html").as_uri())
    opened.wait_for_selector("tr.problem")
    opened.evaluate("() => { window.shown = (text) => Report.markdown(text).innerHTML; }")
    yield opened
    assert faults == []
    assert opened.evaluate("window.hacked") is None
    opened.close()


MARKDOWN = {
    "# A #": '<p class="heading heading-1" role="heading" aria-level="4">A</p>',
    "A\n===\nB": '<p class="heading heading-1" role="heading" aria-level="4">A</p><p>B</p>',
    "**b** *i* ***bi*** ~~d~~": "<p><strong>b</strong> <em>i</em> <em><strong>bi</strong></em> <del>d</del></p>",
    "2*3*4 and 2**3**4 and f(2)*(3)*x": "<p>2*3*4 and 2**3**4 and f(2)*(3)*x</p>",
    "snake_case_name and _it_ and __init__": "<p>snake_case_name and <em>it</em> and <strong>init</strong></p>",
    "**重点：**内容": "<p><strong>重点：</strong>内容</p>",
    "**a *b** c*": "<p><strong>a *b</strong> c*</p>",
    "unclosed **bold": "<p>unclosed **bold</p>",
    "`a*b*` ``x`y``": "<p><code>a*b*</code> <code>x`y</code></p>",
    "- a\n  - b\n    - c\n- d": "<ul><li><p>a</p><ul><li><p>b</p><ul><li><p>c</p></li></ul></li></ul></li><li><p>d</p></li></ul>",
    "3. a\n4. b": '<ol start="3"><li><p>a</p></li><li><p>b</p></li></ol>',
    "1. a\n\n   more\n\n2. b": '<ol class="loose"><li><p>a</p><p>more</p></li><li><p>b</p></li></ol>',
    "> q\n> > r\n\ns": "<blockquote><p>q</p><blockquote><p>r</p></blockquote></blockquote><p>s</p>",
    "a\n\n---\n\nb": "<p>a</p><hr><p>b</p>",
    "In 2024. It was": "<p>In 2024. It was</p>",
    "- [x] done": "<ul><li><p>☑ done</p></li></ul>",
    "line\nbreak": "<p>line\nbreak</p>",
    r"5\% of \$3 \* 2": "<p>5% of $3 * 2</p>",
    "<b>bold</b> & <!-- c -->": "<p>&lt;b&gt;bold&lt;/b&gt; &amp; &lt;!-- c --&gt;</p>",
    "[t](http://x.org/a)": '<p><span class="link-text">t</span> (<span class="address">http://x.org/a</span>)</p>',
    "![i](data:x)": '<p><span class="link-text">image: i</span> (<span class="address">data:x</span>)</p>',
    "[a](javascript:alert(1))": '<p><span class="link-text">a</span> (<span class="address">javascript:alert(1)</span>)</p>',
    "[a] (b) [c": "<p>[a] (b) [c</p>",
}  # fmt: skip


@pytest.mark.parametrize("text", MARKDOWN)
def test_markdown(page: Any, text: str) -> None:
    assert page.evaluate("shown(arguments[0])".replace("arguments[0]", json.dumps(text))) == MARKDOWN[text]


def test_https_links_lead_out_without_the_page_as_opener(page: Any) -> None:
    html = page.evaluate("shown('[t](https://x.org/a_b) https://y.org/c.')")
    assert html.count('rel="noopener noreferrer nofollow" target="_blank"') == 2
    assert '<a class="address" href="https://x.org/a_b"' in html
    assert ">https://y.org/c</a>." in html
    for url in ("https://a@evil.org", "JaVaScRiPt:alert(1)", "file:///etc/passwd", "data:text/html,x", "//x.org"):
        assert "<a" not in page.evaluate(f"shown({json.dumps(f'[t]({url})')})"), url


FORMULAS = {
    "$a_1*b*c$ and $x_2$": ["a_1*b*c", "x_2"],
    r"\(a_1*b\) \[c*d*e\]": ["a_1*b", "c*d*e"],
    "$$\na\n- b\n# c\n\n+ d\n$$": ["\na\n- b\n# c\n\n+ d\n"],
    "\\begin{align}\na &= b \\\\\n- c &= d\n\\end{align}": ["\\begin{align}\na &= b \\\\\n- c &= d\n\\end{align}"],
    "1. so\n\\[\n- b\n\\]\n2. then": ["\n- b\n"],
    r"It is \boxed{\frac{1}{2}}.": [r"\boxed{\frac{1}{2}}"],
    "$5 and $6": [],
    "It costs $5, and $x$ is US$6 or $7.50.": ["x"],
    "$20-$30, $1,000 (or 5$)": [],
    "between $5 and 10$": [],
    "$3x + 2y$ and $12$ and $2 \\text{ cm}$": ["3x + 2y", "12", "2 \\text{ cm}"],
    "$x$$y$": ["x", "y"],
    r"\$5 and $x$": ["x"],
    "`$x$` and $y$": ["y"],
    "```\n$x$\n```": [],
    "$unclosed": [],
    "则$x$为": ["x"],
    "| a |\n|---|\n| $|x|$ |": ["|x|"],
    "\\[ unclosed": [],
    "**Answer: $\\frac{1}{2}$**": ["\\frac{1}{2}"],
}  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_found_and_money_is_none(page: Any, text: str) -> None:
    found = page.evaluate(f"[...Report.markdown({json.dumps(text)}).querySelectorAll('.math')].map((e) => e.source)")
    assert found == FORMULAS[text]


def test_text_outside_of_formulas_loses_no_character(page: Any) -> None:
    for text in ("$5 and $6", r"\( a", "a ` b", "[x](", "** a", "$$", "\\begin{align} x", "x ~ y ~~", "|a|b|"):
        assert page.evaluate(f"Report.markdown({json.dumps(text)}).textContent") == text


CODE = {
    ("python", "def f(x):  # hi"): [["keyword", "def"], ["name", "f"], ["comment", "# hi"]],
    ("python", '"""a\nb""" + 1'): [["string", '"""a\nb"""'], ["number", "1"]],
    ("python", "f'{x}' 'it\\'s'"): [["string", "f'{x}'"], ["string", "'it\\'s'"]],
    ("python", "x = 'open\nreturn"): [["string", "'open"], ["keyword", "return"]],
    ("c", "#include <a>\nint x = 1; // c"): [["meta", "#include"], ["keyword", "int"], ["number", "1"], ["comment", "// c"]],
    ("json", '{"a": "b", "c": true}'): [["meta", '"a"'], ["string", '"b"'], ["meta", '"c"'], ["keyword", "true"]],
    ("shell", "echo $HOME # x"): [["keyword", "echo"], ["meta", "$HOME"], ["comment", "# x"]],
}  # fmt: skip


@pytest.mark.parametrize("case", CODE, ids=lambda case: case[1][:12])
def test_tokens_of_code(page: Any, case: tuple[str, str]) -> None:
    language, code = case
    found = page.evaluate(f"Report.tokens({json.dumps(code)}, {json.dumps(language)})")
    assert "".join(text for _, text in found) == code
    assert [token for token in found if token[0]] == CODE[case]


def test_fences_are_code_and_unclosed_ones_too(page: Any) -> None:
    html = page.evaluate("shown('- x\\n  ```py\\n  def f(): pass\\n  ```\\n\\n~~~\\na\\n```\\n*b*')")
    assert '<span class="t-keyword">def</span>' in html
    assert "a\n```\n*b*</code>" in html


HOSTILE = {
    "brackets": "'['.repeat(200000)",
    "emphasis": "'*a _b '.repeat(50000)",
    "stars": "'*'.repeat(300000)",
    "quotes": "'>'.repeat(200000)",
    "list": "Array.from({length: 3000}, (_, i) => ' '.repeat(i % 200) + '- a').join('\\n')",
    "fence": "'```\\n'.repeat(1) + 'x\\n'.repeat(100000)",
    "fence line": "'```' + ' '.repeat(200000) + '`'",
    "spaces": "'a' + ' '.repeat(200000) + 'b'",
    "dollars": "'$a '.repeat(70000)",
    "displays": "'\\\\[ '.repeat(70000)",
    "lines of displays": "'$$ x\\n\\n\\\\[\\n'.repeat(20000)",
    "begins": "'\\\\begin{align}'.repeat(15000)",
    "boxes": "'\\\\boxed{'.repeat(30000)",
    "ticks": "Array.from({length: 600}, (_, i) => '`'.repeat(i % 60 + 1)).join(' x ')",
    "table": "'|a'.repeat(20000) + '\\n' + '|-'.repeat(2000)",
    "cells": "'|a|b|\\n|-|-|\\n' + '|'.repeat(100000) + '$'",
    "long line": "'word '.repeat(200000)",
    "links": "'[a](b '.repeat(40000)",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_take_linear_time(page: Any, name: str) -> None:
    took = page.evaluate(f"(() => {{ const t = {HOSTILE[name]}; const s = performance.now(); Report.markdown(t); return performance.now() - s; }})()")  # fmt: skip
    assert took < 1500


def test_no_text_is_run(page: Any) -> None:
    attack = "<img src=x onerror='window.hacked=1'><script>window.hacked=2</script>[x](javascript:window.hacked=3)\n```html\n<script>window.hacked=4</script>\n```\n$\\href{javascript:window.hacked=5}{x} \\htmlData{a=b}{y}$"
    tags = page.evaluate(f"(() => {{ const e = Report.written({json.dumps(attack)}); document.body.append(e); const found = [...e.querySelectorAll('*')].map((x) => x.tagName.toLowerCase()); return [...new Set(found)]; }})()")  # fmt: skip
    assert not {"script", "img", "a", "iframe"} & set(tags)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def rendered(page: Any, source: str) -> Any:
    page.evaluate(
        f"(() => {{ document.querySelector('#probe')?.remove(); const box = document.createElement('div'); box.id = 'probe';"
        f" document.querySelector('main').prepend(box); const m = Report.mathElement({{source: {json.dumps(source)}, display: true}}, {json.dumps(source)});"
        " box.append(m); box.scrollIntoView(); Report.watchMath(box); })()"
    )
    until(page, "document.querySelector('#probe .math').rendered")
    return page.locator("#probe .math")


def test_katex_renders_and_refuses(page: Any) -> None:
    assert len(katex()) == 1
    assert rendered(page, r"\frac{1}{2}").locator("mfrac").count() == 1
    hostile = [
        r"\frac{1}{", r"\def\a{\a\a}\a", "{" * 3000 + "}" * 3000, "x" * 6000, r"\kern-500em x", r"\raisebox{-50em}{X}",
        r"\hspace{-99em}x", r"\\[-40em] x", r"\unknowncommand", "\\left(" * 300,
    ]  # fmt: skip
    for source in hostile:
        start = time.monotonic()
        element = rendered(page, source)
        assert "refused" in element.get_attribute("class"), source[:40]
        assert element.inner_text().strip()[:20] == source.strip()[:20]
        assert element.get_attribute("title").startswith("Not rendered")
        assert time.monotonic() - start < 2
    page.evaluate("document.querySelector('#probe').remove()")


def test_many_formulas_are_rendered_in_steps(page: Any) -> None:
    took = page.evaluate("""(() => {
        const text = Array.from({length: 500}, (_, i) => `So $\\\\frac{a_{${i}}}{b} = \\\\sqrt{x}$ ` + 'and words '.repeat(18)).join('\\n\\n');
        const start = performance.now();
        document.querySelector('main').append(Object.assign(Report.written(text), {id: 'many'}));
        return performance.now() - start;
    })()""")
    assert took < 1000
    page.locator("#many .math").last.scroll_into_view_if_needed()
    until(page, "[...document.querySelectorAll('#many .math')].at(-1).rendered")
    page.evaluate("document.querySelector('#many').remove()")


def until(page: Any, expression: str) -> None:
    """Waits for it. Playwright's own wait is an eval in the page, which the page's policy forbids."""
    wait_for(lambda: page.evaluate(expression), 20)


def opened(page: Any, question: str) -> Any:
    row = page.locator("tr.problem", has_text=question)
    if row.locator(".question").get_attribute("aria-expanded") != "true":
        row.locator(".question").click()
    detail = row.locator("xpath=following-sibling::tr[1]")
    detail.locator(".response").first.wait_for()
    return detail


def test_an_answer_is_shown_with_its_gold_and_rule(page: Any) -> None:
    first = opened(page, "Half of one").locator(".response").first
    shown = first.locator(".answers")
    assert shown.locator("dt").all_inner_texts() == ["Answer", "Gold answer", "Compared"]
    assert "by exact rules" in shown.inner_text()
    shown.locator("mfrac").wait_for()
    page.keyboard.press("Escape")
    town = opened(page, "Which town").locator(".answers")
    assert town.locator("dd").all_inner_texts() == ["A: Rome", "B: Paris"]


def test_a_thought_is_folded_and_found(page: Any) -> None:
    first = opened(page, "Half of one").locator(".response").first
    fold = first.locator("details.thought")
    assert fold.locator("summary").inner_text() == "Thought: 60 tokens, counted"
    assert "zebras" in fold.text_content()  # the browser's own search finds it
    assert not fold.evaluate("e => e.open")
    fold.locator("summary").click()
    fold.locator("em", has_text="thought").wait_for()
    page.locator("tr.problem .question", has_text="Half of one").click()  # closed, so that it is drawn anew
    page.fill("#search", "zebras")
    page.check("#deep")
    until(page, "document.querySelector('#count').textContent.startsWith('1 of')")
    assert opened(page, "Half of one").locator("details.thought[open]", has_text="zebras").count() >= 1
    page.uncheck("#deep")
    page.fill("#search", "")
    until(page, "document.querySelector('#count').textContent.startsWith('3 of')")


def test_original_and_rewritten_side_by_side(page: Any) -> None:
    second = opened(page, "Half of one").locator(".response").nth(1)
    assert second.locator(".text strong").inner_text() == "2"
    second.get_by_role("button", name="Side by side").click()
    assert second.locator(".side-title").all_inner_texts() == ["Original", "Rewritten"]
    second.get_by_role("button", name="As written").click()
    assert second.locator("pre.as-written").all_inner_texts() == [THOUGHT, "It is **2**."]


def test_a_failed_test_shows_the_first_difference(page: Any) -> None:
    first = opened(page, "A program").locator(".response").first
    assert first.locator(".test-title").inner_text() == "Test 2 of 3"  # the reason's number; old evidence counts from 0
    assert first.locator(".panel-title").all_inner_texts() == ["Input", "Expected", "Output"]
    assert first.locator(".t-differs").all_inner_texts() == ["1", "0"]
    assert first.locator(".panel .marked .number").evaluate_all("all => all.map((e) => e.dataset.number)") == ["2", "2"]
    assert first.locator(".panel .mark-label").all_inner_texts() == ["≠ first difference"] * 2


def test_the_judged_program_has_line_numbers_and_the_failed_line(page: Any) -> None:
    detail = opened(page, "A program")
    program = detail.locator(".response").nth(1).locator("ol.lines", has_text="import sys")
    program.wait_for()
    marked = program.locator("li.marked")
    assert marked.locator("code").inner_text() == "    print(1 // int(line))"
    assert marked.locator(".number").get_attribute("data-number") == "4"
    assert "failed here" in marked.inner_text()
    code = detail.locator(".response").first.locator("ol.lines", has_text="import sys").locator("code")
    assert "\n".join(text.strip("\n") for text in code.all_text_contents()) == LINES


def test_details_of_a_response() -> None:
    entry = Entry("q", {"entry_point": "f"})
    text = "😀\n```python\ndef f():\n    return 1\n```"
    response = Response(
        content=text, usage=Usage(1, 50, {"reasoning_tokens": 20}), verdict=Verdict(True, "", {"tests": 1})
    )
    found = details_of(entry, response)
    assert found["k"] == 20
    begin, end = found["x"]
    assert text.encode("utf-16-le")[2 * begin : 2 * end].decode("utf-16-le").strip() == "def f():\n    return 1"
    assert details_of(entry, Response(content="x")) == {"est": True}
    joined = "```python\nimport math\ndef g():\n    return 1\n```\nThen\n```python\ndef f():\n    return g()\n```"
    both = details_of(entry, Response(content=joined, verdict=Verdict(False, "", {"tests": 1, "function": "f"})))
    assert "def g" in both["x"]
    assert "def f" in both["x"]
    hostile = Verdict(False, "", {"tests": True, "layer": ["x"], "answer": [1], "gold": "Z"})
    assert details_of(Entry("q", {"choices": ["a"]}), Response(content="x", verdict=hostile)) == {"est": True}


def test_without_katex_the_page_says_so(page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("util.report.page_scripts.katex", list)
    file = tmp_path / "m_MATH500_test_all_0_-1.json"
    file.write_text(json.dumps(PROBLEMS))
    write_report(tmp_path / "r.html", [file], "x")
    other = page.context.browser.new_page()
    other.goto((tmp_path / "r.html").as_uri())
    assert other.locator("#math").is_hidden()
    assert "pip install sphinxcontrib-katex" in other.inner_text(".actions")
    other.close()
