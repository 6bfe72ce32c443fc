"""Time to write a report of many responses, and to open and use it in a browser.

    python -m benchmarks.report_page [--responses 10000] [--characters 8000]

Requires Chromium. Times are medians of five page loads; "usable" is the time until the list of problems is shown.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def made(folder: Path, responses: int, characters: int) -> Path:
    """Write a result file with 4 responses per problem, of random words: they compress no better than real text."""
    sys.path.insert(0, str(ROOT / "tests"))
    from support import report_data

    from util.results.json_file import write_results

    rng = random.Random(0)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9))) for _ in range(3000)]

    def entries() -> Any:
        for number in range(responses // 4):
            key, entry = report_data.problem(number, 4, rng, 0)
            for response in entry["responses"]["0.7"]:
                response["content"] += " " + " ".join(rng.choices(words, k=characters // 6))
            yield key, entry

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
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        seconds: dict[str, list[float]] = {
            "usable": [],
            "next page": [],
            "search questions": [],
            "search responses": [],
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


def _steps(page: Any, report: Path, expect: Any, problems: int) -> list[tuple[str, Any]]:
    def opened() -> None:
        page.goto(report.as_uri())
        expect(page.locator("details.problem")).to_have_count(20)

    def turned() -> None:
        page.click("#next")
        expect(page.locator("#page")).to_have_text("page 2 of " + str(-(-problems // 20)))

    def found() -> None:
        page.fill("#search", '"problem 77:"')
        expect(page.locator("#count")).to_contain_text("1 of")

    def found_in_responses() -> None:
        page.fill("#search", "nowhere-in-any-response")
        page.check("#deep")
        expect(page.locator("#count")).to_contain_text("0 of", timeout=60_000)

    return [
        ("usable", opened),
        ("next page", turned),
        ("search questions", found),
        ("search responses", found_in_responses),
    ]


if __name__ == "__main__":
    main()
