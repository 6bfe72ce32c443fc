"""The pictures of the documentation (docs/pictures), from real runs.

    ./quickstart.sh                       # once: the run that the report shows
    python -m benchmarks.pictures         # all pictures; about two minutes
    python -m benchmarks.pictures --only report

The second run, on a terminal of its own, evaluates the embedded model with four responses per problem; it gives the
pictures of the console, of the live view and of the comparison. Needs Chromium (Debian: apt-get install chromium).
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.picture_terminal import Terminal
from samples import model
from util.system import cli
from util.system.errors import UserError
from util.system.project import ROOT

MOST_BYTES = 200_000
"""Of a picture; it gets fewer colours until it fits."""
BENCHMARKS = {"MATH500": "math500", "MMLU": "mmlu"}
N = 4
"""Responses per problem of the second run. It has all rows: files of other rows are not compared."""
RESPONSES = N * 20 * len(BENCHMARKS)
SECOND = "results"
"""Folder of the second run's results."""
READING = "Reading the journals"
"""What the live view says before its first figures."""
PATIENCE = 280
"""Seconds that the second run may take."""


@dataclass(frozen=True)
class Studio:
    """browser: Chromium under Playwright. pictures: where they go. work: a folder for files in between."""

    browser: Any
    pictures: Path
    work: Path

    def save(self, name: str, png: bytes) -> None:
        """Write a picture with as many colours as fit into ``MOST_BYTES``."""
        from PIL import Image

        image = Image.open(io.BytesIO(png)).convert("RGB")
        for colours in (256, 128, 64, 32):
            sink = io.BytesIO()
            image.quantize(colours).save(sink, "PNG", optimize=True)
            if sink.tell() <= MOST_BYTES:
                break
        (self.pictures / f"{name}.png").write_bytes(sink.getvalue())
        print(f"{name}.png  {image.width} x {image.height}, {sink.tell() / 1000:.0f} kB, {colours} colours")

    @contextmanager
    def page(self, address: str, width: int, height: int, **more: Any) -> Iterator[Any]:
        opened = self.browser.new_page(viewport={"width": width, "height": height}, **more)
        try:
            opened.goto(address)
            opened.wait_for_load_state("networkidle")
            yield opened
        finally:
            opened.close()

    def shoot(self, name: str, address: str, width: int, height: int, **more: Any) -> None:
        """A picture of the upper part of a page, as it opens."""
        with self.page(address, width, height, **more) as page:
            self.save(name, page.screenshot())


def run_script(*words: str) -> str:
    """Run one of the scripts in the repository's root; returns what it prints."""
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"python {' '.join(words)} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


def report_pictures(studio: Studio, data: Path) -> None:
    """The report of the quickstart: desktop, dark, phone, paper, the list of problems, and an open one."""
    page = studio.work / "report.html"
    run_script("-m", "util.report", str(data), str(data / "eval"), "--output", str(page))
    address = page.as_uri()
    studio.shoot("report", address, 1280, 860)
    studio.shoot("report-dark", address, 1280, 860, color_scheme="dark")
    studio.shoot("report-phone", address, 390, 844, device_scale_factor=1.5, is_mobile=True)
    with studio.page(address, 794, 1123) as paper:  # A4 at 96 dots per inch
        paper.emulate_media(media="print")
        studio.save("report-print", paper.screenshot())
    with studio.page(f"{address}#verdict=mixed", 1280, 1000) as mixed:  # problems with right and wrong responses
        studio.save("problems", part(mixed, mixed.locator("#browser"), 640))
        mixed.locator(".question").first.click()
        mixed.locator("tr.detail .sample").first.wait_for()
        mixed.wait_for_timeout(500)  # mathematics is rendered in a moment
        studio.save("problem", part(mixed, mixed.locator("tr.detail").first, 1000))


def part(page: Any, element: Any, most: int) -> bytes:
    """A picture of the page's width from the top of an element on. most: its height in pixels."""
    place = element.evaluate("e => { const b = e.getBoundingClientRect(); return [b.top + scrollY, b.height]; }")
    area = {"x": 0, "y": max(0, place[0] - 60), "width": 1280, "height": min(most, place[1] + 80)}
    picture: bytes = page.screenshot(full_page=True, clip=area)
    return picture


def second_run(work: Path) -> list[str]:
    """The words of the run that is watched, for the folder ``work``: it gets links to what they name."""
    for name in ("eval.py", "samples"):
        (work / name).symlink_to(ROOT / name)
    (work / "models").symlink_to(model.prepare().parent)
    words = ["eval.py", "--model", f"models/{model.prepare().name}", "--evals", ",".join(BENCHMARKS), "--n", str(N)]
    words += ["--temperatures", "0.7", "--max-tokens", "128"]
    for name, file in BENCHMARKS.items():
        words += ["--dataset-path", f"{name}=samples/{file}.jsonl"]
    return [*words, "--result-dir", SECOND, "--output-file", f"{SECOND}/results.txt"]


def responses_in(folder: Path) -> int:
    """Lines of the journals in a folder: finished responses and their verdicts."""
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("*.journal.jsonl"))


def watched_run(studio: Studio, data: Path) -> None:
    """The console and the live view in the middle of a run, the console at its end, and the comparison with the first."""
    words, folder = second_run(studio.work), studio.work / SECOND
    shown = f"python {shlex.join(words)}"
    terminal = Terminal([sys.executable, *words], studio.work, {"HF_HUB_OFFLINE": "1"})
    limit = time.monotonic() + PATIENCE
    while responses_in(folder) < RESPONSES * 1.1 and terminal.process.poll() is None and time.monotonic() < limit:
        time.sleep(0.5)
    terminal_picture(studio, "console", terminal.page(shown, last=24))
    if terminal.process.poll() is None:
        live_picture(studio, folder)
    status = terminal.wait()
    if status:
        raise UserError(f"the second run ended with status {status}; its screen:\n{terminal.text().rstrip()}")
    terminal_picture(studio, "console-end", terminal.page(shown, last=30))
    compare_picture(studio, data / "eval", folder)


def terminal_picture(studio: Studio, name: str, page: str) -> None:
    path = studio.work / f"{name}.html"
    path.write_text(page, encoding="utf-8")
    with studio.page(path.as_uri(), 1100, 900, device_scale_factor=1.5) as opened:
        studio.save(name, opened.locator("main").screenshot())


def live_picture(studio: Studio, folder: Path) -> None:
    """The page of ``python -m util.report FOLDER --serve``."""
    if "--serve" not in run_script("-m", "util.report", "--help"):
        print("no picture of the live view: util.report has no --serve")
        return
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "util.report", str(folder), "--serve", "0"], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        address = next((found[0] for line in server.stdout if (found := re.search(r"http://\S+", line))), None)
        if address is None:
            raise UserError("python -m util.report --serve printed no address")
        with studio.page(address, 1280, 860) as page:
            limit = time.monotonic() + 60
            while READING in page.inner_text("body") and time.monotonic() < limit:  # no eval: the page forbids it
                page.wait_for_timeout(500)
            page.wait_for_timeout(1000)
            if READING in page.inner_text("body"):
                raise UserError(
                    "the live view shows no figures after a minute; open it in a browser and read its console"
                )
            studio.save("live", page.screenshot())
    finally:
        server.terminate()
        server.wait()


def compare_picture(studio: Studio, first: Path, second: Path) -> None:
    """The page that ``eval.py --compare`` writes."""
    page = studio.work / "compare.html"
    run_script("eval.py", "--compare", str(first), str(second), "--report", str(page))
    if not page.exists():
        print("no picture of the comparison: eval.py --compare writes no page")
        return
    studio.shoot("compare", page.as_uri(), 1280, 1000)


GROUPS: dict[str, Callable[[Studio, Path], None]] = {"report": report_pictures, "run": watched_run}


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument(
        "--data", type=Path, default=ROOT / "quickstart_data", help="folder of a run of ./quickstart.sh"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "docs/pictures", help="folder for the pictures")
    parser.add_argument("--only", choices=GROUPS, help="only the pictures of the report, or of the second run")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    if not (args.data / "eval").is_dir():
        raise UserError(
            f"{args.data} holds no run of the quickstart. Run ./quickstart.sh first, or give --data FOLDER."
        )
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise UserError("Chromium is needed for the pictures. Install it (Debian: apt-get install chromium).")
    from playwright.sync_api import sync_playwright

    args.output.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    with tempfile.TemporaryDirectory() as work, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--force-color-profile=srgb"])
        studio = Studio(browser, args.output, Path(work))
        for name, take in GROUPS.items():
            if args.only in (None, name):
                take(studio, Path(os.path.relpath(args.data, ROOT)))  # pictures show the paths that a script is given
        browser.close()
    return 0


if __name__ == "__main__":
    cli.run(main)
