"""Small embedded problems, and the quickstart that runs the pipeline on them."""

import sys

if sys.argv[:1] == ["-m"]:  # as in ``util/__init__.py``
    from util.system import early  # noqa: F401
