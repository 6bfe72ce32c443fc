"""Imported first by a script: Ctrl-C while the script is still importing ends it with one line.

Nothing has been done until then. ``cli.run`` takes over.
"""

import _signal  # in C: the import of ``signal`` would take as long as all of Python's start
import os


def stop(*_: object) -> None:
    try:
        os.write(2, b"interrupted: nothing was started\n")
    finally:  # also where standard error is closed
        os._exit(130)


if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:  # not so under nohup and in the background
    _signal.signal(_signal.SIGINT, stop)
