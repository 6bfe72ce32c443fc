"""The one exception that users are meant to read."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can mend: what failed, why, and what to do next.

    Scripts print the message alone and exit with 1; the traceback appears only
    with ``--debug``. Anything else that escapes is a fault of the project.
    """
