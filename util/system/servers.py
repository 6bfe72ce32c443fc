"""Servers of ``--base-url``: URLs with their keys. What is shown of a server never holds a credential."""

from __future__ import annotations

import base64
import os
import re
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from util.system.credentials import fault_of_key, lines_of, read_keys
from util.system.errors import UserError
from util.system.redaction import MASK, SECRET_PARAMETERS, keep_secret, redacted

OPENAI_URL = "https://api.openai.com/v1"
_EXAMPLE = "Write a URL such as http://host:8000/v1"
_IN_FILE = "one server per line: URL, or URL KEY"
_ENDPOINT = "/chat/completions"


@dataclass(frozen=True)
class Server:
    """One server. keys: at least one; "none" where the server needs none.

    url: as it is requested: without a trailing slash, user and password; with its query, which may be secret.
    basic: the value of an Authorization header made from user and password in the URL; it replaces the key's.
    """

    url: str
    keys: tuple[str, ...]
    basic: str | None = None

    @property
    def shown(self) -> str:
        """The URL to print and to record: values of secret query parameters are ``***``."""
        parts = urllib.parse.urlsplit(self.url)
        masked = [
            f"{name}={MASK}" if _is_secret_parameter(name) else f"{name}{equals}{value}"
            for name, equals, value in (part.partition("=") for part in parts.query.split("&"))
        ]
        return redacted(parts._replace(query="&".join(masked)).geturl())

    @property
    def base(self) -> str:
        """The URL without its query: a client appends an endpoint to it."""
        return urllib.parse.urlsplit(self.url)._replace(query="").geturl()

    @property
    def query(self) -> dict[str, str]:
        """The URL's query parameters: a client adds them to every request."""
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.url).query, keep_blank_values=True))

    @property
    def headers(self) -> dict[str, str]:
        """Headers of every request that follow from the URL."""
        return {"Authorization": self.basic} if self.basic else {}

    def __repr__(self) -> str:
        return f"Server({self.shown!r}, {len(self.keys)} keys{', basic' if self.basic else ''})"


@dataclass
class _Given:
    """What the command says of one server. keys: those beside its URL."""

    url: str
    basic: str | None
    keys: dict[str, None] = field(default_factory=dict)


def servers_of(base_urls: Sequence[str] | None, keys_file: Path | None) -> list[Server]:
    """The servers of a command, each once, in the order given.

    base_urls: URLs, or files with one ``URL [KEY]`` per line; by default OPENAI_BASE_URL (several are separated by
    spaces), else OpenAI's. keys_file: the keys of servers that have none beside their URL; by default OPENAI_API_KEY.

    Raises:
        UserError: a URL, a file or a key is malformed (says where), or OpenAI's server has no key.
    """
    given, named = [url.strip() for url in base_urls or () if url.strip()], "--base-url"
    if not given:
        given, named = os.environ.get("OPENAI_BASE_URL", "").split(), "OPENAI_BASE_URL"
    found: dict[tuple[str, str | None], _Given] = {}
    for each in (server for word in given or [OPENAI_URL] for server in _given(word, named)):
        found.setdefault((each.url, each.basic), each).keys.update(each.keys)
    in_file = read_keys(keys_file, None) if keys_file is not None else []
    return [
        Server(each.url, tuple(each.keys or in_file or _key_of_environment(each)), each.basic)
        for each in found.values()
    ]


def _key_of_environment(given: _Given) -> list[str]:
    if given.basic:
        return ["none"]  # its Authorization header is taken
    return read_keys(None, None if _is_openai(given.url) else given.url)


def _given(word: str, named: str) -> Iterator[_Given]:
    """The servers that one word means: a URL, or a file of them."""
    if "://" in word or not _exists(word):
        yield _server(word, named, "" if "://" in word else "; there is no file of this name")
    elif Path(word).is_dir():
        raise UserError(f"{named} {word} is a folder. {_EXAMPLE}, or give a file with {_IN_FILE}.")
    else:
        yield from _of_file(Path(word), f"{named} {word}")


def _exists(word: str) -> bool:
    try:
        return Path(word).exists()
    except (OSError, ValueError):  # too long for a path
        return False


def _of_file(path: Path, named: str) -> Iterator[_Given]:
    empty = True
    for number, line in lines_of(path, named, _IN_FILE):
        where, empty = f"{named}, line {number}", False
        url, *words = re.sub(r"\s#.*", "", line).split()
        if len(words) > 1:
            raise UserError(f"{where}: more than a URL and a key. Write {_IN_FILE}.")
        server = _server(url, where)
        for key in words:
            if fault := fault_of_key(key):
                raise UserError(f"{where}: the text after the URL is not a key: {fault}.")
            keep_secret(key)
            server.keys[key] = None
        yield server
    if empty:
        raise UserError(f"{named} contains no server. Write {_IN_FILE}.")


def _server(text: str, where: str, note: str = "") -> _Given:
    if fault := _fault_of_url(text):
        raise UserError(f"{where}: {_url_shown(text)} {fault}{note}. {_EXAMPLE}.")
    parts = urllib.parse.urlsplit(text)
    user, at, address = parts.netloc.rpartition("@")
    path = parts.path.rstrip("/")
    path = path.removesuffix(_ENDPOINT).rstrip("/")
    url = parts._replace(netloc=address, path=path, fragment="").geturl()
    keep_secret(*(value for name, value in urllib.parse.parse_qsl(parts.query) if _is_secret_parameter(name)))
    return _Given(url, _basic(user) if at else None)


def _fault_of_url(text: str) -> str | None:
    if not re.match(r"(?i)https?://", text):
        return "does not start with http:// or https://"
    if not text.isprintable() or re.search(r"[\s\"'<>`\\]", text):
        return "has quotes, spaces or other characters that a URL cannot hold"
    try:
        parts = urllib.parse.urlsplit(text)
        host, port = parts.hostname, parts.port  # port: raises ValueError if it is not a number
    except ValueError:
        host, port = None, None
    if not host or port == 0 or not re.fullmatch(r"[\w.:%-]+", host):
        return "has no valid host and port"
    return "has a #, which is written %23 in a password" if "#" in text else None


def _basic(userinfo: str) -> str:
    """The header's value for ``user:password``, percent-encoded as in URLs."""
    name, _, password = userinfo.partition(":")
    plain = f"{urllib.parse.unquote(name)}:{urllib.parse.unquote(password)}"
    value = base64.b64encode(plain.encode()).decode()
    keep_secret(password or name, urllib.parse.unquote(password), value)
    return f"Basic {value}"


def _is_secret_parameter(name: str) -> bool:
    return urllib.parse.unquote_plus(name).strip().lower() in SECRET_PARAMETERS


def _is_openai(url: str) -> bool:
    host = (urllib.parse.urlsplit(url).hostname or "").lower()
    return host == "openai.com" or host.endswith(".openai.com")


def _url_shown(text: str) -> str:
    """A malformed URL: where it could hold a password, all of it may be one."""
    shown = re.sub(r"(?s)^(\w+://)?.*@", rf"\1{MASK}@", text) if "@" in text else redacted(text)
    return repr(shown if len(shown) <= 100 else f"{shown[:100]}...")
