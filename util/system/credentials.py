"""API keys and tokens: read once, removed from the environment, and masked in every text that is shown.

What happens to an environment variable that looks like a credential, of whichever service:

- ``hide_secrets``, at the start of a script, removes it from the environment, so that no engine and no other program
  that the script starts inherits it. ``secret`` returns it, ``exposed`` puts it back for a moment.
- Where libraries of the script's own process read a variable by themselves (cloud storage, proxies, Ray), it stays there.
- ``strip_environment``, at the start of a checker, removes those, too, and everything else that gives access: to cloud
  storage, to an SSH agent, to a proxy. Programs in the sandbox get a fixed environment (``util/code/box.py``).
"""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path

from util.system.errors import UserError
from util.system.redaction import SECRET_PARAMETERS, keep_secret, redacted

HUB_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")

_SECRET_NAME = re.compile(
    r"(?i)API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|CONNECTION_?STRING|BEARER|COOKIE"
    r"|(^|_)TOKEN(_|$)|_KEYS?$|_(PAT|PASS|PWD|JWT|AUTH|DSN|HEADERS)$|^(PGPASS|MYSQL_PWD|REDISCLI_AUTH)"
)
_SETTING = re.compile(r"(?i)\s*|\d|true|false|yes|no|on|off|none|null")
_LOCATION = re.compile(r"(?i)_(FILE|PATH|DIR|SOCK|HOME|URL)$|^GOOGLE_APPLICATION_CREDENTIALS$")
"""Variables that say where a credential is; the value itself may be shown."""
_STORAGE = re.compile(r"(?i)(AWS|AZURE|GOOGLE|GCP|GCS|GCLOUD|CLOUDSDK|BOTO|S3|MINIO|OCI|OSS|ALIBABA|MODELSCOPE)_")
_OF_LIBRARIES = re.compile(_STORAGE.pattern + r"|RAY_|OTEL_|OPENAI_CUSTOM_HEADERS", re.IGNORECASE)
_OF_MODEL_SERVICES = re.compile(r"(?i)API_?KEY|OPENAI_(?!CUSTOM_HEADERS)")
_ACCESS = frozenset(
    (
        "SSH_AUTH_SOCK", "SSH_AGENT_PID", "SSH_ASKPASS", "GIT_ASKPASS", "GPG_AGENT_INFO", "NETRC", "PGPASSFILE", "KUBECONFIG",
        "DOCKER_CONFIG", "DOCKER_AUTH_CONFIG", "KRB5CCNAME", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS",
    )
)  # fmt: skip
_USER_OF_URL = re.compile(r"(?i)(?:https?://[^\s/?#@]+|[a-z][a-z0-9+.-]*://[^\s/?#@]*:[^\s/?#]+)@")
_IN_VALUE = re.compile(r"(?i)\b(?:password|pwd|accountkey|sharedaccesskey)=([^\s;]+)")
_ASSIGNED = re.compile(
    r"""(?ix) (?:export\s+|set\s+|\$env:)? ["']?([a-z_][\w.-]*)["']? \s* (=|:\s|:(?=["'])) \s* (\S.*)"""
)
_QUOTES = "\"'`\u2018\u2019\u201c\u201d"

_secrets: dict[str, str] = {}


def is_secret(name: str, value: str) -> bool:
    """Whether the value of an environment variable is a credential of some service.

    >>> is_secret("WANDB_API_KEY", "0123456789abcdef"), is_secret("TOKENIZERS_PARALLELISM", "false")
    (True, False)
    """
    if not _names_secret(name, value) or _LOCATION.search(name):
        return False
    return not (os.path.isabs(value) and os.path.exists(value))


def is_private(name: str, value: str) -> bool:
    """Whether an environment variable is, contains or leads to a credential: nothing for a checker.

    >>> is_private("AWS_PROFILE", "work"), is_private("HTTPS_PROXY", "http://me:pw@proxy:3128"), is_private("HF_HOME", "/h")
    (True, True, False)
    """
    if is_secret(name, value) or name.upper() in _ACCESS or _STORAGE.match(name):
        return True
    return _names_secret(name, value) or bool(_secrets_in(value))


def _names_secret(name: str, value: str) -> bool:
    """By the name; but HF_HUB_DISABLE_IMPLICIT_TOKEN=1 and MAX_TOKEN_LENGTH=4096 are settings."""
    if _SETTING.fullmatch(value) or (value.isdigit() and len(value) <= 6 and not re.search(r"(?i)PASS|PWD", name)):
        return False
    return bool(_SECRET_NAME.search(name))


def _secrets_in(value: str) -> list[str]:
    """The credentials inside of a value: of a URL, or of a text such as ``host=db password=...``."""
    found = [match[1] for match in _IN_VALUE.finditer(value)]
    if _USER_OF_URL.search(value):
        for match in _USER_OF_URL.finditer(value):
            user, _, password = match[0].partition("://")[2][:-1].partition(":")
            found.append(password or user)
    if "?" in value and "://" in value:
        query = urllib.parse.parse_qsl(value.partition("?")[2])
        found += [text for name, text in query if name.lower() in SECRET_PARAMETERS]
    return found


def hide_secrets() -> None:
    """Read every credential of the environment and remove it there, so that no child process inherits it.

    Those that libraries of this process read by themselves stay; their values are masked, too.
    """
    for name, value in list(os.environ.items()):
        keep_secret(*_secrets_in(value))
        if not is_secret(name, value):
            continue
        keep_secret(value)
        if _OF_MODEL_SERVICES.search(name) or not _OF_LIBRARIES.match(name):
            _secrets[name] = os.environ.pop(name)


def strip_environment() -> None:
    """Remove everything private from this process's environment: for processes that check responses."""
    for name in set(os.environ) - set(public(os.environ)):
        del os.environ[name]


def public(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that are not private, for the environment of another program."""
    return {name: value for name, value in environment.items() if not is_private(name, value)}


def remembered(*names: str) -> dict[str, str]:
    """The secrets among ``names``, to send to our process on another machine, which calls ``remember``."""
    return {name: value for name in names if (value := secret(name)) is not None}


def remember(secrets: dict[str, str]) -> None:
    _secrets.update(secrets)
    keep_secret(*secrets.values())


@contextlib.contextmanager
def exposed(*names: str) -> Iterator[None]:
    """Temporarily put secrets back into the environment, for libraries that read them there."""
    found = {name: _secrets[name] for name in names if name in _secrets and name not in os.environ}
    os.environ.update(found)
    try:
        yield
    finally:
        for name in found:
            os.environ.pop(name, None)


def environment_with_secrets() -> dict[str, str]:
    """The environment as this program got it, for a script of this suite that it starts: that one hides them again."""
    return {**os.environ, **_secrets}


def secret(name: str) -> str | None:
    """The value that a secret had in the environment when the program started, or None."""
    return _secrets.get(name) or os.environ.get(name)


def read_keys(path: Path | None, base_url: str | None) -> list[str]:
    """Read API keys from a file (one per line; # comments and blank lines are skipped) or the environment.

    Raises:
        UserError: there is no key and the server is OpenAI's, or the file is not a key file.
    """
    if path is not None:
        return _from_file(path)
    key = (secret("OPENAI_API_KEY") or "").strip()
    if key:
        if fault := fault_of_key(key):
            raise UserError(f"OPENAI_API_KEY is not an API key: {fault}.")
        keep_secret(key)
        return [key]
    if base_url:
        return ["none"]  # self-hosted servers need no key
    raise UserError("There is no API key. Use --keys FILE (one key per line), or set OPENAI_API_KEY.")


def _from_file(path: Path) -> list[str]:
    keys: list[str] = []
    for number, key in lines_of(path, f"--keys {_shown(path)}", "one API key per line"):
        if fault := fault_of_key(key):
            raise UserError(f"--keys {path}, line {number}: {fault}.")
        keep_secret(key)
        if key not in keys:
            keys.append(key)
    if not keys:
        raise UserError(f"--keys {path} contains no key. Write one API key per line.")
    return keys


def lines_of(path: Path, named: str, expected: str) -> Iterator[tuple[int, str]]:
    """Yield (number, text) of the lines of a file of keys or servers, without comments and blank lines.

    A byte order mark is accepted, and UTF-16 with one. named: the file, for messages. expected: what is in it.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        data = path.read_bytes()
        marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        lines = data.decode("utf-16" if data.startswith(marks) else "utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{named} is not a text file in UTF-8 (byte {error.start}). Expected {expected}.") from None
    except OSError as error:
        raise UserError(f"{named} cannot be read: {error.strerror or error}. Expected {expected}.") from None
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield number, text


def _shown(path: Path) -> str:
    """The path, or the end of what is rather a key: long, without a folder and a suffix."""
    text = str(path)
    is_key = len(text) >= 20 and re.fullmatch(r"[\w-]+", text) and not path.exists()
    return f"...{text[-4:]}" if is_key or redacted(text) != text else text


def fault_of_key(text: str) -> str | None:
    """Why a text is not one API key that can be sent in a header, and what to write instead; None if it is one.

    The reason does not repeat the key.
    """
    match = _ASSIGNED.fullmatch(text)
    if match and (match[2] != "=" or match[3].strip("=")):
        return f"it is {_name_or_not(match[1])} with a value; write only the key, without its name and without quotes"
    name, colon, rest = text.partition(":")
    if colon and rest and re.fullmatch(r"[A-Za-z_]\w*", name) and _SECRET_NAME.search(name):
        return f"it is {_name_or_not(name)} with a value; write only the key, without its name"
    if text[0] in _QUOTES or text[-1] in _QUOTES:
        return "it is in quotes; write only the key, without quotes"
    if not (text.isascii() and text.isprintable()):
        return "it has characters outside ASCII, or control characters; write only the key"
    if len(text.split()) == 2 and text.split()[0].lower() in ("bearer", "basic"):
        return f"it starts with {text.split()[0]}; write only what follows"
    if "://" in text:
        return "it is a URL; URLs belong to --base-url; write only the key"
    if "," in text or ";" in text:
        return "it has a comma or semicolon; write one key per line and nothing else"
    return None if len(text.split()) == 1 else "it has spaces; write one key per line and nothing else"


def _name_or_not(name: str) -> str:
    """The name of a key where it cannot be part of the key itself."""
    return f"the name {name}" if re.fullmatch(r"[A-Z_]+|(?i:api[_-]?key|key|token)", name) else "a name"
