"""Servers of --base-url: URLs, files of URLs, keys, and what is shown of them."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from util.system.errors import UserError
from util.system.servers import OPENAI_URL, Server, servers_of


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def one(url: str) -> Server:
    (server,) = servers_of([url], None)
    return server


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://host:8000/v1", "http://host:8000/v1"),
        ("http://host:8000/v1//", "http://host:8000/v1"),
        ("http://host:8000/v1/chat/completions", "http://host:8000/v1"),
        ("http://host:8000/v1/chat/completions/", "http://host:8000/v1"),
        ("https://host", "https://host"),
        ("https://host/", "https://host"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("https://h/d/x/chat/completions?api-version=2024-10-21", "https://h/d/x?api-version=2024-10-21"),
    ],
)
def test_urls_stay_as_given_but_for_what_is_appended_to_them(given: str, url: str) -> None:
    assert (one(given).url, one(given).keys) == (url, ("none",))


def test_defaults_of_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="no API key"):
        servers_of(None, None)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    assert servers_of(None, None) == [Server(OPENAI_URL, ("sk-1",))]
    assert servers_of([""], None) == [Server(OPENAI_URL, ("sk-1",))]
    monkeypatch.setenv("OPENAI_BASE_URL", " http://a:1/v1  http://b:2/v1/ ")
    assert [server.url for server in servers_of(None, None)] == ["http://a:1/v1", "http://b:2/v1"]
    assert one("http://c/v1") == Server("http://c/v1", ("sk-1",))
    monkeypatch.setenv("OPENAI_BASE_URL", "a:1/v1")
    with pytest.raises(UserError, match=r"OPENAI_BASE_URL: 'a:1/v1' does not start with .*http://host:8000/v1"):
        servers_of(None, None)


def test_credentials_in_urls_are_sent_and_never_shown() -> None:
    server = one("https://me:p%40ss%3Aword@host:1/v1/?api-version=3&API-Key=topsecret1&flag&code=topsecret2")
    assert server.url == "https://host:1/v1?api-version=3&API-Key=topsecret1&flag&code=topsecret2"
    assert server.basic == "Basic " + base64.b64encode(b"me:p@ss:word").decode()
    assert server.headers == {"Authorization": server.basic}
    assert server.base == "https://host:1/v1"
    assert server.query == {"api-version": "3", "API-Key": "topsecret1", "flag": "", "code": "topsecret2"}
    assert server.shown == "https://host:1/v1?api-version=3&API-Key=***&flag&code=***"
    with_key = Server(server.url, ("sk-topsecret",), server.basic)
    for text in (repr(with_key), str(with_key), f"{with_key}", repr([with_key])):
        assert not re.search(r"topsecret|p@ss|p%40ss|Basic \w", text)
    assert one("https://token@host/v1").basic == "Basic " + base64.b64encode(b"token:").decode()


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ("host:8000/v1", "does not start with"),
        ("localhost", "no file of this name"),
        ("ftp://host/v1", "does not start with"),
        ("http://", "no valid host"),
        ("http:///v1", "no valid host"),
        ("http://host:x/v1", "no valid host and port"),
        ("http://host:99999/v1", "no valid host and port"),
        ("http://[::1/v1", "no valid host"),
        ("http://ho st/v1", "spaces"),
        ('http://host/"v1"', "quotes"),
        ("http://me:topsecret/1@host/v1", "no valid host and port"),
        ("http://me:topsecret#1@host/v1", "no valid host and port"),
        ("me:topsecret@host/v1", "does not start with"),
        ("x" * 5000, "does not start with"),
    ],
)
def test_malformed_urls_are_refused_with_an_example(given: str, fault: str) -> None:
    with pytest.raises(UserError, match=r"http://host:8000/v1") as failure:
        one(given)
    assert fault in str(failure.value)
    assert "topsecret" not in str(failure.value)
    assert len(str(failure.value)) < 400


def test_a_file_of_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "servers"
    path.write_bytes(
        b"\xef\xbb\xbf# two machines\r\n\r\nhttp://a:1/v1 key-a1\nhttp://b:2/v1/   # no key\nhttp://a:1/v1/ key-a2\n"
        b"http://a:1/v1 key-a1\nhttps://u:password1@c/v1\n"
    )
    assert [(s.url, s.keys) for s in servers_of([str(path), "http://b:2/v1", "http://d/v1"], None)] == [
        ("http://a:1/v1", ("key-a1", "key-a2")),
        ("http://b:2/v1", ("none",)),
        ("https://c/v1", ("none",)),
        ("http://d/v1", ("none",)),
    ]
    (tmp_path / "keys").write_text("k1\nk2\n")
    assert [s.keys for s in servers_of([str(path)], tmp_path / "keys")] == [
        ("key-a1", "key-a2"),
        ("k1", "k2"),
        ("k1", "k2"),
    ]
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    assert [s.keys[-1] for s in servers_of([str(path)], None)] == ["key-a2", "sk-environment", "none"]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("host:1/v1 sk-topsecret", "does not start with"),
        ("http://h/v1 sk-topsecret more", "more than a URL and a key"),
        ("http://h/v1 OPENAI_API_KEY=sk-topsecret", "write only the key"),
        ("http://h/v1 'sk-topsecret'", "in quotes"),
        ("url: http://h/v1", "does not start with"),
        ("http://me:top/secret@h/v1", "no valid host"),
    ],
)
def test_faults_of_a_file_name_the_line(line: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "servers").write_text(f"# servers\nhttp://a/v1\n{line}\n")
    with pytest.raises(UserError, match=r"servers, line 3: ") as failure:
        servers_of([str(tmp_path / "servers")], None)
    assert fault in str(failure.value)
    assert "secret" not in str(failure.value)


def test_files_without_servers(tmp_path: Path) -> None:
    (tmp_path / "servers").write_text("# none yet\n")
    with pytest.raises(UserError, match="contains no server"):
        servers_of([str(tmp_path / "servers")], None)
    with pytest.raises(UserError, match="is a folder"):
        servers_of([str(tmp_path)], None)
    (tmp_path / "servers").write_bytes(b"\xff\x00\x80")
    with pytest.raises(UserError, match="not a text file"):
        servers_of([str(tmp_path / "servers")], None)


def test_openai_needs_a_key_wherever_its_url_stands(tmp_path: Path) -> None:
    (tmp_path / "servers").write_text(f"http://a/v1\n{OPENAI_URL}\n")
    with pytest.raises(UserError, match="no API key"):
        servers_of([str(tmp_path / "servers")], None)
