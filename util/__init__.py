"""How things are done: engines, checking, storage, formats. Knows no dataset."""

import sys

if sys.argv[:1] == ["-m"]:  # ``python -m util...`` looks for its module: before the imports that take time
    from util.system import early  # noqa: F401
