"""Compare the settings of runs that share a result file."""

from __future__ import annotations

from typing import Any

from util.system.errors import UserError

GROWING = ("n", "temperatures")
"""Settings that a rerun may extend; existing samples keep their index and seed."""

RAISED = ("max_tokens",)
"""Limits that a rerun may raise."""

UNSET: dict[str, Any] = {
    "sampling_args": {},
    "chat_template_args": {},
    "request_args": {},
    "engine_args": {},
    "chat_template": "",
    "lora": "",
    "reasoning_parser": "auto",
    "repetition_detection": True,
}
"""Settings that older files do not name, and what they were then."""


def check_equal(before: dict[str, Any], now: dict[str, Any], name: str) -> None:
    """Check that a run with the settings ``now`` can continue one with ``before``. name: of the result file.

    Raises:
        UserError: it cannot; names each difference.
    """
    if found := differences(before, now):
        raise UserError(
            f"{name} was made with other settings: {'; '.join(found)}. Use the same settings to continue it, choose "
            "another --result-dir, or start over with --overwrite (old files are kept as .bak)."
        )


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Why a run with the settings ``now`` cannot continue one with ``before``; empty if it can."""
    found = [
        f"{name.replace('_', '-')} was {_short(before.get(name, UNSET.get(name)))}, is now {_short(value)}"
        for name, value in now.items()
        if name not in GROWING and not _grown(name, before.get(name), value)
        if before.get(name, UNSET.get(name)) != value
    ]
    missing = set(before.get("temperatures", ())) - set(now.get("temperatures", ()))
    if missing:
        found.append(f"it has temperatures {', '.join(sorted(missing))}, which are not requested now")
    return found


def _grown(name: str, before: Any, now: Any) -> bool:
    """Whether a limit was raised: what it had cut or refused is made again, everything else stays."""
    return name in RAISED and isinstance(before, int) and isinstance(now, int) and now >= before


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
