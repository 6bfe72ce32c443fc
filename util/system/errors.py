"""The exception for errors that the user can correct."""

from __future__ import annotations


class UserError(Exception):
    """An error that the user can correct. The message says what failed, why, and what to do.

    Scripts print only the message and exit with status 1; ``--debug`` adds the traceback.
    Any other uncaught exception is a bug.
    """
