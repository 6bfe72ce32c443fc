"""Runs one solution on one test, confined. Started by ``runner.py`` as a script.

Descriptors: 0, 1 and 2 are the program's own; argv[1] names the one that holds the
job, argv[2] the one that takes what this harness has to say. Nothing said there is
a verdict: the parent compares outputs, and the expected ones are never in here.
"""

from __future__ import annotations

import json
import os
import sys
import types
from typing import Any

DEPTH = 60


def main() -> None:
    job_fd, report_fd = int(sys.argv[1]), int(sys.argv[2])
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import confine

    del sys.path[0]
    sys.set_int_max_str_digits(0)
    job = json.loads(_read_all(job_fd))
    os.close(job_fd)
    os.chdir(job["work_dir"])
    confine.hide_memory()
    confine.limit(job["cpu"], job["memory"], job["output"])
    layers = ["rlimits"]
    readable = [*job["readable"], "/usr", "/lib", "/lib64", "/etc/localtime", "/dev/null", "/dev/zero", "/dev/urandom"]
    if job["confine"]:
        layers += ["landlock"] * confine.landlock(readable, job["work_dir"])
        layers += ["seccomp"] * confine.seccomp()
    _report(report_fd, {"layers": layers})
    try:
        code = compile(job["code"], "solution.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        _report(report_fd, {"compile_error": f"{type(error).__name__}: {error}"[:500]})
        os._exit(1)
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.argv = ["solution.py"]
    if "arguments" in job:
        _call(module, code, job, report_fd)
    else:
        exec(code, module.__dict__)


def _call(module: types.ModuleType, code: Any, job: dict[str, Any], report_fd: int) -> None:
    module.__name__ = "solution"  # `if __name__ == "__main__"` blocks are no part of a call
    exec(code, module.__dict__)
    name = job["function"]
    solution = getattr(module, "Solution", None)
    function = getattr(module, name, None)
    if isinstance(solution, type) and hasattr(solution, name):
        function = getattr(solution(), name)
    if not callable(function):
        _report(report_fd, {"missing": name})
        os._exit(1)
    value = function(*job["arguments"])
    _report(report_fd, {"value": encoded(value)})
    os._exit(0)  # threads and exit handlers are no part of a call


def encoded(value: Any, depth: int = 0) -> Any:
    """Tagged plain data: exact base types only, so that no method of an answer runs later."""
    if depth > DEPTH:
        raise ValueError("the result is nested too deeply")
    kind = type(value)
    if kind.__module__.startswith("numpy") and hasattr(value, "tolist"):
        return encoded(value.tolist(), depth + 1)
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return ["int", hex(value)]
    if kind is float:
        return ["float", value.hex()]
    if kind in (list, tuple, set, frozenset):
        return ["list" if kind in (list, tuple) else "set", [encoded(item, depth + 1) for item in value]]
    if kind.__name__ in ("deque", "defaultdict", "Counter", "OrderedDict") and kind.__module__ == "collections":
        return encoded((list if kind.__name__ == "deque" else dict)(value), depth)
    if kind is dict:
        return ["dict", [[encoded(k, depth + 1), encoded(v, depth + 1)] for k, v in value.items()]]
    raise TypeError(f"a result of type {kind.__name__} cannot be compared")


def _report(fd: int, record: dict[str, Any]) -> None:
    data = json.dumps(record).encode("utf-8", "surrogatepass") + b"\n"
    while data:
        data = data[os.write(fd, data) :]


def _read_all(fd: int) -> bytes:
    with os.fdopen(os.dup(fd), "rb") as file:
        return file.read()


if __name__ == "__main__":
    main()
