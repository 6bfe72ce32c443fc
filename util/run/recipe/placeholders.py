"""``${name}`` in the texts of a recipe."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from util.system.credentials import is_secret, secret
from util.system.errors import UserError
from util.system.redaction import redacted_command

_PLACEHOLDER = re.compile(r"\$(\$?)\{([^{}]*)\}")
_ENVIRONMENT = "env:"


class Placeholders:
    """The names of a recipe and their values, which may contain other names."""

    def __init__(self, values: Mapping[str, Any], path: object) -> None:
        """path: the recipe, for messages."""
        self._values, self._path = values, path

    def filled(self, value: Any, place: str, _inside: tuple[str, ...] = ()) -> Any:
        """The value with every ``${name}`` replaced, in lists and tables too; ``$${`` stands for ``${``.

        place: where it is in the file, for messages.

        >>> Placeholders({"folder": "data", "labels": "${folder}/labels"}, "r").filled(["${labels}/x", 3], "[vars]")
        ['data/labels/x', 3]

        Raises:
            UserError: a name is not known, or contains itself.
        """
        if isinstance(value, list):
            return [self.filled(item, place, _inside) for item in value]
        if isinstance(value, dict):
            return {name: self.filled(item, place, _inside) for name, item in value.items()}
        if not isinstance(value, str):
            return value
        refuse_key(place, value)

        def replaced(found: re.Match[str]) -> str:
            return found[0][1:] if found[1] else self._value(found[2].strip(), place, _inside)

        return _PLACEHOLDER.sub(replaced, value)

    def _value(self, name: str, place: str, inside: tuple[str, ...]) -> str:
        if name.startswith(_ENVIRONMENT):
            return _from_environment(name.removeprefix(_ENVIRONMENT), place)
        if name in inside:
            raise UserError(f"{self._path}: ${{{name}}} contains itself ({' -> '.join((*inside, name))}).")
        if name not in self._values:
            raise UserError(f"{self._path}: {place} uses ${{{name}}}, which is not defined; {hint(name, self._values)}")
        return str(self.filled(self._values[name], name, (*inside, name)))


def hint(name: str, known: Iterable[str]) -> str:
    """The nearest known name, or all of them."""
    names = list(known)
    near = difflib.get_close_matches(name, names, 1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(names) or 'none'}."


def _from_environment(name: str, place: str) -> str:
    value = secret(name)
    if value is None or is_secret(name, value):
        why = "is not set" if value is None else "looks like a credential"
        raise UserError(
            f"{place} uses ${{env:{name}}}, but the environment variable {name} {why}. API keys are read by the scripts "
            "themselves, from OPENAI_API_KEY or the file of --keys; other values may be a [vars] entry and --set NAME=VALUE."
        )
    return value


def refuse_key(place: str, *words: str) -> None:
    """Refuse words that contain an API key; the message does not repeat it.

    Raises:
        UserError: they do.
    """
    if redacted_command(words) != shlex.join(words):
        raise UserError(
            f"{place} contains what looks like an API key or a password. A recipe is a file to share: put the key into a file "
            'of its own and name that (keys = "keys.txt"), or set OPENAI_API_KEY.'
        )
