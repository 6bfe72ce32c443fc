"""Credentials: key files, what is hidden from whom, and what is masked."""

from __future__ import annotations

import codecs
import json
import subprocess
from pathlib import Path

import pytest
from support.faulty_server import FaultyServer
from support.scripts import ROOT, script
from support.variables import OPEN, PRIVATE, SECRET

from util.report import write_report
from util.report.reproduce import reproduce
from util.system.credentials import fault_of_key, is_private, is_secret, read_keys
from util.system.errors import UserError
from util.system.redaction import keep_secret, redacted, redacted_command, redacted_value

KEY = "sk-Zq8wErTy12345678"

# -- key files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_a_key_file_may_start_with_a_byte_order_mark(encoding: str, tmp_path: Path) -> None:
    mark = codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b""
    (tmp_path / "k").write_bytes(mark + f"# keys\r\n{KEY}\r\n  dGVzdA== \r\nid:{KEY}\r\n".encode(encoding))
    assert read_keys(tmp_path / "k", None) == [KEY, "dGVzdA==", f"id:{KEY}"]


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        (f"OPENAI_API_KEY={KEY}", "the name OPENAI_API_KEY with a value; write only the key"),
        (f"export OPENAI_API_KEY={KEY}", "the name OPENAI_API_KEY with a value; write only the key"),
        (f"export OPENAI_API_KEY='{KEY}'", "write only the key"),
        (f"OPENAI_API_KEY = {KEY}", "write only the key"),
        (f"OPENAI_API_KEY: {KEY}", "write only the key"),
        (f"OPENAI_API_KEY:{KEY}", "write only the key"),
        (f"api_key: {KEY}", "the name api_key with a value; write only the key"),
        (f'  "api_key": "{KEY}",', "write only the key"),
        (f'$env:OPENAI_API_KEY="{KEY}"', "write only the key"),
        (f"set KEY={KEY}", "write only the key"),
        (f"{KEY}=x", "a name with a value; write only the key"),
        (f"my_secret_{KEY[-8:]}={KEY}", "a name with a value; write only the key"),
        (f'"{KEY}"', "in quotes"),
        (f"'{KEY}'", "in quotes"),
        (f"\u201c{KEY}\u201d", "in quotes"),
        (f"{KEY}'", "in quotes"),
        (f"Bearer {KEY}", "starts with Bearer; write only what follows"),
        (f"{KEY},{KEY}x", "one key per line"),
        (f"{KEY} {KEY}x", "one key per line"),
        (f"https://host/v1?key={KEY}", "URL"),
        (f"\u200b{KEY}", "outside ASCII"),
    ],
)
def test_what_is_not_a_key_is_refused_with_its_line_and_without_the_key(line: str, advice: str, tmp_path: Path) -> None:
    (tmp_path / "k").write_text(f"# one a line\n{KEY}0\n{line}\n", encoding="utf-8")
    with pytest.raises(UserError, match="line 3") as failure:
        read_keys(tmp_path / "k", None)
    assert advice in str(failure.value)
    assert KEY[-8:] not in str(failure.value)


def test_a_key_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "k").write_bytes(b"\xff\xfeab\xd8")
    with pytest.raises(UserError, match="not a text file"):
        read_keys(tmp_path / "k", None)
    with pytest.raises(UserError, match=r"--keys .*nowhere cannot be read"):
        read_keys(tmp_path / "nowhere", None)
    for key in (KEY, "0123456789abcdef0123456789abcdef"):  # a key in the place of the file
        with pytest.raises(UserError) as failure:
            read_keys(Path(key), None)
        assert key[:-4] not in str(failure.value)


def test_the_key_of_the_environment_has_the_same_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\n")
    assert read_keys(None, None) == [KEY]
    monkeypatch.setenv("OPENAI_API_KEY", f'"{KEY}"')
    with pytest.raises(UserError, match="OPENAI_API_KEY is not an API key: it is in quotes") as failure:
        read_keys(None, None)
    assert KEY not in str(failure.value)
    assert fault_of_key("0123:4567-89ab") is None


# -- the environment


def test_credentials_are_told_by_name_and_value() -> None:
    assert [name for name, value in SECRET.items() if not (is_secret(name, value) and is_private(name, value))] == []
    assert [name for name, value in PRIVATE.items() if is_secret(name, value) or not is_private(name, value)] == []
    assert [name for name, value in OPEN.items() if is_secret(name, value) or is_private(name, value)] == []


def test_a_script_hides_credentials_from_its_children_and_exposes_them_on_demand() -> None:
    code = (
        "import json, os, subprocess, sys\nfrom util.system import cli, credentials as c\n"
        "SHOW = [sys.executable, '-c', 'import json, os; print(json.dumps(list(os.environ)))']\n"
        "def main(arguments):\n"
        "    seen = lambda: json.loads(subprocess.run(SHOW, capture_output=True, text=True, check=True).stdout)\n"
        "    hidden = seen()\n"
        "    with c.exposed('HF_TOKEN'):\n"
        "        with c.exposed('HF_TOKEN'): pass\n"
        "        inside = seen()\n"
        "    read = c.secret('KAGGLE_KEY') == 'x'\n"
        "    print(json.dumps([hidden, inside, seen(), read]))\n"
        "cli.run(main)"
    )
    done = script("-c", code, env=SECRET | PRIVATE | OPEN)
    hidden, inside, after, read = json.loads(done.stdout)
    # For libraries of the script's own process: cloud storage and Ray. Checkers do not get them.
    kept = {name for name in SECRET if name.startswith(("AWS_", "AZURE_", "RAY_"))}
    assert set(SECRET) & set(hidden) == kept
    assert set(PRIVATE) | set(OPEN) <= set(hidden)
    assert set(inside) - set(hidden) == {"HF_TOKEN"}
    assert after == hidden
    assert read


# -- masking


def test_known_secrets_and_forms_of_secrets_are_masked() -> None:
    keep_secret("p\u00e4ss wort/1", "short")
    text = 'known p\u00e4ss wort/1, quoted p%C3%A4ss%20wort%2F1, in JSON "p\\u00e4ss wort/1", but short'
    assert redacted(text) == 'known ***, quoted ***, in JSON "***", but short'
    for secret in (
        KEY,
        "hf_abcdefghijklmnopqrst",
        "gsk_abcdefghijklmnopqrst",
        "AIzaSyabcdefghijklmnopq",
        "xai-abcdefghijklmnop12",
    ):
        assert redacted(f"Incorrect API key: {secret}.") == "Incorrect API key: ***."
    assert redacted("https://me:pw@h/v1?a=1&token=x&b=2") == "https://***@h/v1?a=1&token=***&b=2"
    for plain in (
        "Sky-T1-32B",
        "task-abcdefghijklmnopqrst",
        "http://host:8000/v1?api-version=3",
        "a@b.org",
        "risk-averse-and-long-text",
    ):
        assert redacted(plain) == plain
    assert redacted_value({"a": [f"x {KEY}", 1, None]}) == {"a": ["x ***", 1, None]}


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--base-url", "https://me:pw@h/v1"], "--base-url 'https://***@h/v1'"),
        (["--base-url=https://h/v1?api-version=1&api_key=pw"], "'--base-url=https://h/v1?api-version=1&api_key=***'"),
        (["--reward-url", "http://h/score?sig=pw"], "--reward-url 'http://h/score?sig=***'"),
        (["--keys", "sk-secret"], "--keys '***'"),
        (["--keys=hf_secretsecret"], "'--keys=***'"),
        (["--request-args", "api_key=pw", 'headers={"Authorization": "Bearer pw"}'], "--request-args 'api_key=***' 'headers={\"Authorization\": \"Bearer ***\"}'"),
        (["--api-key", "pw", "--n", "2"], "--api-key '***' --n 2"),
        (["--keys", "keys.txt", "--max-tokens", "9", "--model", "openai/gpt-4o-mini"], "--keys keys.txt --max-tokens 9 --model openai/gpt-4o-mini"),
    ],
)  # fmt: skip
def test_a_recorded_command_holds_no_credential(words: list[str], shown: str) -> None:
    assert redacted_command(["python", "eval.py", *words]) == f"python eval.py {shown}"


def _run_with_secrets(folder: Path, host: str) -> subprocess.CompletedProcess[str]:
    """An eval.py run of two rows. folder: for its files, made here. host: of a server that never answers well."""
    keys = folder.with_name("keys")
    keys.write_text(f"{KEY}\n")
    return script(
        "eval.py", "--evals", "MATH500", "--model", "openai/m", "--dataset-path", ROOT / "samples" / "math500.jsonl",
        "--limit", "2", "--result-dir", folder, "--output-file", folder / "scores.txt", "--max-retries", "0",
        "--base-url", f"http://me:topsecret77@{host}/v1?api_key=qwertyuiop99", "--keys", keys,
        "--report", folder / "report.html", env={"WANDB_API_KEY": "wandb-topsecret"},
    )  # fmt: skip


def test_a_run_writes_its_secrets_nowhere(tmp_path: Path) -> None:
    """Console, journal, details, report and --reproduce of runs against a server that fails, and one that is not there."""
    server = FaultyServer(lambda body, before: 500)
    port = server.url.rpartition(":")[2].partition("/")[0]
    gone, there = tmp_path / "gone", tmp_path / "there"
    done = [_run_with_secrets(gone, "127.0.0.1:9"), _run_with_secrets(there, f"127.0.0.1:{port}")]
    server.close()
    for folder, host in ((gone, "127.0.0.1:9"), (there, f"127.0.0.1:{port}")):
        journal = next(folder.glob("*.journal.jsonl"))
        assert f"http://***@{host}/v1?api_key=***" in journal.read_text()
    again = script("eval.py", "--reproduce", next(p for p in there.glob("*.json") if "MATH500" in p.name))
    assert f"http://***@127.0.0.1:{port}/v1" in again.stdout
    files = [path for folder in (gone, there) for path in folder.iterdir() if path.is_file()]
    assert {"report.html", "scores.txt"} <= {path.name for path in files}
    texts = [run.stdout + run.stderr for run in (*done, again)] + [path.read_text() for path in files]
    for secret in ("topsecret77", "qwertyuiop99", KEY, "wandb-topsecret"):
        assert not any(secret in text for text in texts)


def test_manifests_of_earlier_versions_are_masked_when_they_are_shown(tmp_path: Path) -> None:
    url = "http://me:topsecret77@h/v1"
    manifest = {"type": "manifest", "settings": {"dataset": "AIME"}, "command": f"python eval.py --base-url {url}", "engine": {"backend": "openai", "base_url": url}}  # fmt: skip
    (tmp_path / "m_AIME.journal.jsonl").write_text(json.dumps(manifest) + "\n")
    (tmp_path / "m_AIME.json").write_text(
        json.dumps({"q": {"responses": {"0.7": {"content": "x", "correctness": True}}}})
    )
    assert "http://***@h/v1" in reproduce(tmp_path / "m_AIME.json")
    write_report(tmp_path / "r.html", [tmp_path / "m_AIME.json"], "python eval.py")
    for text in (
        reproduce(tmp_path / "m_AIME.json"),
        reproduce(tmp_path / "r.html"),
        (tmp_path / "r.html").read_text(),
    ):
        assert "topsecret77" not in text
