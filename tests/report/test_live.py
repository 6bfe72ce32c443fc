"""The live view of a run that grows: in a browser, over HTTP, and on journals that change under it."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.scripts import ROOT

from util.report.live_folder import LiveFolder
from util.report.live_server import LiveServer
from util.results.paths import ResultPaths

NAME = "tiny_AIME_train_all_0_-1.json"
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}


@dataclass
class Growing:
    """A process that writes a journal, see ``support.growing_run``."""

    process: subprocess.Popen[str]
    path: Path

    def step(self, word: object) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(word, file=self.process.stdin, flush=True)
        if word != "end":
            assert self.process.stdout.readline() == "ok\n"
        else:
            assert self.process.wait(30) == 0


def growing(path: Path, problems: int, n: int = 1) -> Growing:
    words = [sys.executable, "-m", "support.growing_run", path, problems, n]
    process = subprocess.Popen(list(map(str, words)), stdin=-1, stdout=-1, text=True, cwd=ROOT, env=ENVIRONMENT)
    return Growing(process, path)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Growing]:
    found = growing(tmp_path / NAME, 20)
    yield found
    found.process.kill()
    found.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    folder = LiveFolder([tmp_path])
    with LiveServer(folder, 0, "python -m util.report") as found:
        folder.start()
        thread = threading.Thread(target=found.serve_forever, args=(0.05,))
        thread.start()
        yield found
        found.shutdown()
        thread.join()
        folder.close()


def read(folder: LiveFolder) -> dict[str, Any]:
    folder.read_all()
    return folder.state()


def ask(server: LiveServer, path: str, method: str = "GET", **headers: str) -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body, dict(answer.getheaders())


def test_figures_change_without_reload_and_the_focus_stays(browser: Any, run: Growing, server: LiveServer) -> None:
    from playwright.sync_api import expect

    run.step(5)
    faults: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(server.url)
    card = page.locator(".run")
    expect(card.locator("h2")).to_contain_text("AIME (train), tiny")
    expect(card.locator(".state")).to_have_text("running")
    expect(card.locator("dl")).to_contain_text("5 of 20")
    expect(card.locator("dl")).to_contain_text("40.0%")  # 0 and 2 are right, 4 is truncated
    expect(card.locator("dl")).to_contain_text("$0.0006")
    status = page.locator("[aria-live=polite]")
    expect(status).to_contain_text("5 of 20 responses, 40.0% right so far")
    page.evaluate("window.same = document.querySelector('.run dd'); window.loads = 1")
    first = page.locator("#latest summary").first
    expect(first).to_contain_text("truncated")
    first.focus()
    first.press("Enter")
    shown = page.locator("#latest .response").first
    expect(shown).to_contain_text("truncated")
    expect(shown).to_contain_text("<img src=x onerror=alert(1)>")
    run.step(2)
    run.step("fail")
    run.step("partial")
    expect(card.locator("dl")).to_contain_text("8 of 20")
    expect(card.locator("dl")).to_contain_text("and 40 in flight")
    expect(page.locator("#problems")).to_contain_text("the server refused: ***")
    expect(page.locator("#problems")).to_contain_text("the checker broke")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert page.evaluate("document.activeElement.closest('details').open")
    assert page.evaluate(
        "window.loads === 1 && window.same === document.querySelector('.run dd') && window.same.isConnected"
    )
    run.step(12)
    run.step("final")
    run.step("end")
    expect(card.locator(".state")).to_have_text("finished")
    expect(status).to_have_text("The run has ended. All results are written.")
    expect(card.locator("dt").first).to_have_text("accuracy")
    with page.expect_navigation():
        page.get_by_role("link", name="Open the report").click()
    expect(page.locator("h2").first).to_have_text("Summary")
    assert faults == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_has_no_fault_of_accessibility(browser: Any, run: Growing, server: LiveServer, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    for word in (9, "fail", "partial"):
        run.step(word)
    page = browser.new_page(viewport={"width": 390 if scheme == "dark" else 1280, "height": 900}, color_scheme=scheme)
    page.goto(server.url)
    page.locator("#latest summary").first.click()
    page.locator("#latest .response").first.wait_for()
    page.locator("dd", has_text="and 40 in flight").wait_for()
    options = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
    found = axe.Axe().run(page, options=options)
    assert [violation["id"] for violation in found.response["violations"]] == [], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    if folder := os.environ.get("REPORT_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/live-{scheme}.png", full_page=True)
    page.close()


def test_only_the_whole_address_on_this_machine_is_answered(run: Growing, server: LiveServer, tmp_path: Path) -> None:
    run.step(3)
    (tmp_path / "secret.txt").write_text("secret")
    host, base = f"127.0.0.1:{server.port}", f"/{server.token}"
    status, body, headers = ask(server, f"{base}/")
    assert status == 200
    assert "Access-Control-Allow-Origin" not in headers
    assert "connect-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "<script nonce=" in body
    assert ask(server, f"{base}/state", Host=f"localhost:{server.port}")[0] == 200
    assert ask(server, base)[0] == 308
    for path in ("/", "/state", "/wrong/state", f"/{server.token[:-1]}/state", f"{base}x/state", "/%C3%A9"):
        status, body, _ = ask(server, path)
        assert status == 403
        assert "token" in body
    for name in ("evil.example", f"evil.example:{server.port}", "127.0.0.1", f"127.0.0.1:{server.port + 1}", ""):
        assert ask(server, f"{base}/state", Host=name)[0] == 421
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "HEAD"):
        status, body, headers = ask(server, f"{base}/state", method)
        assert (status, headers["Allow"]) == (405, "GET")
    assert ask(server, f"{base}/state", **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    for path in (
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/secret.txt",
        "//etc/passwd",
        "/state/../secret.txt",
        "/..\\secret.txt",
    ):
        status, body, _ = ask(server, f"{base}{path}")
        assert status == 404
        assert "secret" not in body
    for query in ("", "run=../x&at=0", "run=x&at=-1", f"run=x&at={'9' * 30}", "at=%00", "run=x&at=0&at=1"):
        assert ask(server, f"{base}/response?{query}")[0] == 404
    assert ask(server, f"{base}/report")[0] == 404  # no result file yet
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(f"NONSENSE\r\nHost: {host}\r\n\r\n".encode())
        assert b"secret" not in raw.recv(4096)
    assert server.server_address[0] == "127.0.0.1"


def test_torn_damaged_replaced_and_removed_files(run: Growing, tmp_path: Path) -> None:
    folder = LiveFolder([tmp_path])
    run.step(4)
    run.step("torn")
    [found] = read(folder)["runs"]
    assert (found["done"], found["damaged"], found["read"]) == (4, 0, 1.0)
    run.step(1)
    [found] = read(folder)["runs"]
    assert (found["done"], found["damaged"]) == (5, 0)
    journal = ResultPaths(run.path).journal
    with journal.open("ab") as file:
        file.write(b'{"type": "verdict", "nonsense": 1, "crc": "00000000"}\n\xff\xfe\n')
    [found] = read(folder)["runs"]
    assert (found["done"], found["damaged"], found["state"]) == (5, 2, "running")
    assert "checksum" in read(folder)["problems"][1]["text"]
    run.process.kill()
    run.process.wait()
    [found] = read(folder)["runs"]
    assert found["state"] == "stopped"
    lines = journal.read_bytes().splitlines(keepends=True)
    other = tmp_path / "other"
    other.write_bytes(b"".join(lines[:4]))
    other.replace(journal)  # as --repair does
    assert read(folder)["runs"][0]["done"] == 1
    journal.write_bytes(b"".join(lines[:1]))  # shorter, the same file
    assert read(folder)["runs"][0]["done"] == 0
    journal.unlink()
    assert read(folder)["runs"] == []
    journal.write_bytes(b"".join(lines))
    assert read(folder)["runs"][0]["done"] == 5


def test_a_folder_without_a_run_and_a_second_run(tmp_path: Path) -> None:
    folder = LiveFolder([tmp_path])
    assert read(folder)["runs"] == []
    first, second = growing(tmp_path / NAME, 4, 2), growing(tmp_path / "tiny_MATH500_test_all_0_-1.json", 3)
    first.step(8)
    second.step(1)
    state = read(folder)
    assert [(each["done"], each["total"]) for each in state["runs"]] == [(8, 8), (1, 3)]
    accuracy = state["runs"][0]["accuracy"]
    assert (accuracy["value"], accuracy["problems"]) == (0.5, 4)  # two samples of each problem are one cluster
    first.step("final")
    first.step("end")
    assert [each["state"] for each in read(folder)["runs"]] == ["running", "finished"]
    second.process.kill()
    second.process.wait()


def test_a_journal_is_read_once_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """benchmarks/live_view.py measures 100,000 lines."""
    from support.growing_run import manifest

    from util.results import journal_tail
    from util.results.journal_lines import line_of

    monkeypatch.setattr(journal_tail, "PART", 5000)
    with ResultPaths(tmp_path / NAME).journal.open("wb") as file:
        file.write(line_of({"type": "manifest", **manifest(300, 1)}))
        for number in range(300):
            sample = {"key": f"Problem {number}", "temperature": "0.7", "sample_index": 0}
            response = {
                "content": "word " * (5000 if number == 7 else 200),
                "finish_reason": "stop",
            }  # one is longer than a part
            file.write(line_of({"type": "completion", **sample, "response": response, "usage": {}}))
            verdict = {"correctness": True, "reason": "compared"}
            file.write(line_of({"type": "verdict", **sample, "text": "0" * 16, "verdict": verdict}))
    folder = LiveFolder([tmp_path])
    [found] = read(folder)["runs"]
    assert (found["done"], found["total"]) == (300, 300)
    assert found["waiting"] == 300  # the verdicts are on other texts
    start = time.process_time()
    for _ in range(20):
        read(folder)
    assert time.process_time() - start < 1  # nothing is read again


def test_the_command(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "util.report", str(tmp_path), "--serve"]
    # A shell's background jobs ignore Ctrl-C, and so would this test's process.
    process = subprocess.Popen(
        words,
        stdout=-1,
        stderr=-1,
        text=True,
        cwd=ROOT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    assert "Ctrl-C" in process.stdout.readline()
    match = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/([\w-]{32})/\n", process.stdout.readline())
    assert match is not None
    connection = http.client.HTTPConnection("127.0.0.1", int(match[1]), timeout=20)
    connection.request("GET", f"/{match[2]}/state")
    assert json.loads(connection.getresponse().read())["runs"] == []
    again = subprocess.run([*words, match[1]], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert again.returncode == 1
    assert again.stderr == (
        f"error: --serve {match[1]}: port {match[1]} is in use. Choose another one, or --serve without a number for any free one.\n"
    )
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert errors.splitlines()[-1] == "live view ended; the run is not affected"
    assert "Traceback" not in errors
    wrong = subprocess.run(
        [*words[:3], "nothing", "--serve"], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert wrong.returncode == 1
    assert "nothing does not exist. Give the folder of the run" in wrong.stderr
    wrong = subprocess.run(
        [*words[:3], "--serve", str(tmp_path)], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert wrong.returncode == 2
    assert "write folders before it" in wrong.stderr


def test_asking_for_the_writer_takes_no_lock(run: Growing) -> None:
    from util.results.lock_state import writer_of

    run.step(1)
    assert writer_of(run.path) == run.process.pid
    assert writer_of(run.path) == run.process.pid
    run.step("end")
    assert writer_of(run.path) is None
    again = growing(run.path, 20)
    again.step(1)
    assert writer_of(run.path) == again.process.pid
    again.step("end")
