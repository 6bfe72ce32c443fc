"""Time to write a report of many responses, and to open and use it in a browser.

    python -m benchmarks.report_page [--responses 10000] [--characters 8000]

Requires Chromium. Times are medians of five page loads; "usable" is the time until the list of problems is shown.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
import time
import zlib
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def made(folder: Path, responses: int, characters: int) -> Path:
    """Write a result file with 4 responses per problem, of random words: they compress no better than real text."""
    sys.path.insert(0, str(ROOT / "tests"))
    from support import report_data

    from util.results.entries import entry_of
    from util.results.json_file import write_results

    rng = random.Random(0)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9))) for _ in range(3000)]

    def entries() -> Any:
        for number in range(responses // 4):
            key, entry = report_data.problem(number, 4, rng, 0)
            for response in entry["responses"]["0.7"]:
                response["content"] += " " + " ".join(rng.choices(words, k=characters // 6))
            yield entry_of(key, entry, "benchmark")

    path = folder / "model_MATH500_test_all_0_-1.json"
    write_results(path, entries())
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--responses", type=int, default=10_000)
    parser.add_argument("--characters", type=int, default=8000, help="characters per response")
    args = parser.parse_args()
    chromium = shutil.which("chromium") or sys.exit("Chromium is required (Debian: apt-get install chromium).")
    from playwright.sync_api import expect, sync_playwright

    from util.report import write_report

    with tempfile.TemporaryDirectory() as name, sync_playwright() as play:
        path = made(Path(name), args.responses, args.characters)
        start = time.monotonic()
        report = Path(name) / "report.html"
        write_report(report, [path], "benchmark")
        print(f"{args.responses:,} responses, {path.stat().st_size / 2**20:.0f} MiB of results")
        print(f"written in {time.monotonic() - start:.1f} s, {report.stat().st_size / 2**20:.1f} MiB")
        fixed, texts = _assets(), _packed_texts(path)
        print(f"assets {fixed / 2**20:.2f} MiB, texts packed by gzip {texts / 2**20:.1f} MiB")
        print(f"without assets the page is {(report.stat().st_size - fixed) / texts:.3f} of the packed texts")
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        seconds: dict[str, list[float]] = {
            "usable": [],
            "next page": [],
            "search questions": [],
            "search responses": [],
            "search again": [],
            "open a problem": [],
            "sort": [],
        }
        for _ in range(5):
            page = browser.new_page()
            for label, act in _steps(page, report, expect, args.responses // 4):
                start = time.monotonic()
                act()
                seconds[label].append(time.monotonic() - start)
            page.close()
        browser.close()
        for label, values in seconds.items():
            print(f"{label:20}{median(values):6.2f} s")


def _assets() -> int:
    """Bytes of the scripts and styles, which every page has."""
    from util.report.page_scripts import ASSETS, STYLES, scripts

    return sum(len(text.encode()) for text in scripts()) + sum((ASSETS / name).stat().st_size for name in STYLES)


def _packed_texts(path: Path) -> int:
    """Bytes of all prompts and responses in one gzip stream."""
    from util.results.json_file import read_results

    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    size = 0
    for entry in read_results(path):
        for text in (entry.question, *(response.content for _, response in entry.samples())):
            size += len(packer.compress(text.encode()))
    return size + len(packer.flush())


def _steps(page: Any, report: Path, expect: Any, problems: int) -> list[tuple[str, Any]]:
    none = re.compile(r"^0 of")

    def opened() -> None:
        page.goto(report.as_uri(), wait_until="commit")
        expect(page.locator("tr.problem")).to_have_count(20)

    def turned() -> None:
        page.click("#next")
        expect(page.locator("#page")).to_have_text("page 2 of " + str(-(-problems // 20)))

    def found() -> None:
        page.fill("#search", '"problem 77:"')
        expect(page.locator("#count")).to_contain_text("1 of")

    def found_in_responses() -> None:
        page.fill("#search", "nowhere-in-any-response")
        page.check("#deep")
        expect(page.locator("#count")).to_have_text(none, timeout=60_000)

    def found_again() -> None:
        page.fill("#search", "square root")
        expect(page.locator("#count")).to_contain_text(f"{problems:,} of", timeout=60_000)

    def read() -> None:
        page.locator(".question").first.click()
        page.locator(".response").first.wait_for()

    def sorted_by_tokens() -> None:
        page.click("[data-column=tokens] button")
        expect(page.locator("[data-column=tokens]")).to_have_attribute("aria-sort", "descending")

    return [
        ("usable", opened),
        ("next page", turned),
        ("open a problem", read),
        ("sort", sorted_by_tokens),
        ("search questions", found),
        ("search responses", found_in_responses),
        ("search again", found_again),
    ]


if __name__ == "__main__":
    main()
