"""The child process: run one solution on one test, or on the tests of a batch in turn.

The report holds bytes that the judge compares, never a verdict. The solution can
write to the report as well, which can only make it fail. Report: records of a tag
byte, a length (4 bytes) and content.
"""

from __future__ import annotations

import _thread
import atexit
import contextlib
import gc
import io
import marshal
import os
import resource
import signal
import struct
import sys
import threading
import traceback
import types
from typing import Any, NoReturn

from . import leetcode, modules, values
from .recursion import deepen

INPUT_KEPT, OUTPUT_KEPT, REPORT = 61, 62, 63
"""The harness's own descriptors. The limit is 64, so the solution's descriptors are lower."""

HEADER = struct.Struct("<cI")
MARK = struct.Struct("<Q")
"""Written after each stdin test: bytes printed so far."""

_WRITERS = (b"open", b"FileIO", b"TextIOWrapper", b"BufferedWriter", b"__del__")
"""A program without these names leaves no object in a reference cycle that prints when it is collected."""

_MOVERS = (b"open", b"close", b"dup", b"fileno", b"os", b"ctypes")
"""A program without these names does not change descriptors 0 and 1. One that hides them only makes its batch fail."""

_COLLECTIONS = 1 if sys.implementation.name == "cpython" else 3
"""PyPy counts no references. It flushes files when it collects them, a layer at a time, or at the interpreter's end."""

_leaves_writers = _moves_descriptors = False
_deepest = 1000


def run(request: dict[str, Any]) -> NoReturn:
    """Run ``request`` (see ``util.code.box``) and end the process."""
    global _leaves_writers, _moves_descriptors, _deepest
    _deepest = deepen(request["stack"])
    source = request["code"] if isinstance(request["code"], bytes) else request["code"].encode("utf-8", "replace")
    _leaves_writers = any(name in source for name in _WRITERS)
    _moves_descriptors = any(name in source for name in _MOVERS)
    code = _compiled(request)
    if request["op"] == "compile":
        _report(b"B", marshal.dumps(code))
        os._exit(0)
    tests = request["tests"]
    if request["function"] is None:
        for index, data in enumerate(tests):
            if index:
                _next_input(data)
            _program(code, last=index == len(tests) - 1)
        os._exit(0)
    _calls(code, request["function"], tests)
    os._exit(0)


def _compiled(request: dict[str, Any]) -> Any:
    if isinstance(request["code"], bytes):
        return marshal.loads(request["code"])
    try:
        return compile(request["code"], "solution.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        _report(b"C", f"{type(error).__name__}: {error}".encode("utf-8", "replace")[:500])
        os._exit(1)


STACK_FRAMES = 5000
"""Frames from which running out of memory, or over a program's own limit, counts as running out of stack."""


def prepare() -> None:
    """Set up what is the same for every solution. The zygote calls this once."""
    modules.adapt_imports()
    modules.collect_call_names()
    limit = resource.setrlimit

    def setrlimit(which: int, limits: tuple[int, int]) -> None:
        # Solutions request more stack or memory than the judge allows: not an error.
        with contextlib.suppress(ValueError, OSError):
            limit(which, limits)

    resource.setrlimit = setrlimit


def _program(code: Any, *, last: bool) -> None:
    module = types.ModuleType("__main__")
    module.__file__ = "solution.py"
    sys.modules["__main__"] = module
    sys.argv[:] = ["solution.py"]
    status = _executed(code, module.__dict__)
    # Running threads and exit handlers of libraries end only with the process.
    if last or status or _other_threads():
        _end(status, module)
    atexit._run_exitfuncs()
    _flush()
    if _leaves_writers:
        _forget(module, collect=_COLLECTIONS > 1)  # flushes files that it left open
        _flush()
    size = os.fstat(OUTPUT_KEPT).st_size
    _report(b"M", MARK.pack(size))
    _reset()


def _executed(code: Any, namespace: dict[str, Any]) -> int:
    """Execute ``code`` and return the exit status; print a traceback as the interpreter does."""
    try:
        exec(code, namespace)
    except SystemExit as error:
        return _exit_status(error.code)
    except BaseException:
        _traceback()
        return 1
    return 0


def _exit_status(code: Any) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    os.write(2, str(code).encode("utf-8", "replace")[-2000:])
    return 1


SHOWN_FRAMES = 8


def _traceback() -> None:
    try:
        kind, error, frames = sys.exc_info()
        # Without the harness's own frame, and only the last ones: a recursion may have left millions.
        frames, last, count = frames and frames.tb_next, frames, 0
        while frames is not None:
            frames, count = frames.tb_next, count + 1
            if count >= SHOWN_FRAMES:
                last = last and last.tb_next
        if count < SHOWN_FRAMES:
            last = last and last.tb_next
        if isinstance(error, (MemoryError, RecursionError)) and count > STACK_FRAMES:
            _report(b"S", b"")
        text = "".join(traceback.format_exception(kind, error, last))
    except BaseException as broken:  # formatting the solution's exception may itself fail
        text = type(broken).__name__
    _flush()
    os.write(2, text.encode("utf-8", "replace")[-4000:])


def _end(status: int, module: types.ModuleType) -> NoReturn:
    """End as the interpreter does: join threads, run exit handlers, flush."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # what the interpreter itself calls
        atexit._run_exitfuncs()
        if not _flush():
            status = status or 120
        _forget(module, collect=_leaves_writers)
    except BaseException:
        _traceback()
        status = status or 1
    _flush()
    if status == 0:
        _report(b"M", MARK.pack(_size()))
    os._exit(status)


def _forget(module: types.ModuleType, *, collect: bool) -> None:
    """Let go of a program's objects. collect: those in cycles, too, which takes a tenth of a batch's time."""
    if _COLLECTIONS > 1:
        module.__dict__.update(dict.fromkeys(module.__dict__))  # PyPy's byte code refers to values that were removed
    module.__dict__.clear()
    for _ in range(_COLLECTIONS * collect):
        gc.collect()


def _flush() -> bool:
    clean = True
    for stream in (sys.stdout, sys.__stdout__, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except Exception:  # the stream may be the solution's own
            clean = False  # full, or not a stream: the missing output fails the test
    return clean


def _size() -> int:
    try:
        return os.fstat(OUTPUT_KEPT).st_size
    except OSError:
        return 0


def _other_threads() -> bool:
    # The second counts threads that were started without ``threading`` as well.
    count = max(threading.active_count() - 1, _thread._count())
    return count > 0 or bool(getattr(threading, "_threading_atexits", None))


def _next_input(data: bytes) -> None:
    written = 0
    while written < len(data):
        written += os.pwrite(INPUT_KEPT, data[written:] if written else data, written)
    os.ftruncate(INPUT_KEPT, len(data))  # after writing, so that existing pages are reused
    os.lseek(INPUT_KEPT, 0, os.SEEK_SET)
    os.lseek(OUTPUT_KEPT, 0, os.SEEK_END)
    if _moves_descriptors:
        os.dup2(INPUT_KEPT, 0)
        os.dup2(OUTPUT_KEPT, 1)
    _set("stdin", _stream(0, "r"))
    if sys.stdout is not _outputs[0] or sys.stderr is not _outputs[1] or sys.stdout.closed or sys.stderr.closed:
        open_outputs()


def open_streams() -> None:
    """Open text streams on descriptors 0, 1 and 2, as a new interpreter does."""
    _set("stdin", _stream(0, "r"))
    open_outputs()


def open_outputs() -> None:
    for fd, name in ((1, "stdout"), (2, "stderr")):
        _set(name, _stream(fd, "w"))
    _outputs[:] = [sys.stdout, sys.stderr]


def _set(name: str, stream: io.TextIOWrapper) -> None:
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)


_outputs: list[Any] = []
"""The streams of ``open_outputs``; they are reused unless a program replaces them."""


def _stream(fd: int, mode: str) -> io.TextIOWrapper:
    raw = io.FileIO(fd, mode, closefd=False)
    buffer = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    errors = "backslashreplace" if fd == 2 else "surrogateescape"
    stream = io.TextIOWrapper(buffer, encoding="utf-8", errors=errors, line_buffering=fd == 2)
    setattr(stream, "mode", mode)  # noqa: B010 - the interpreter's streams have it, and fast-IO templates read it
    return stream


def _reset() -> None:
    """Undo what programs commonly change. What remains can only make the batch fail, not pass."""
    if "signal" in sys.modules["__main__"].__dict__:
        signal.setitimer(signal.ITIMER_REAL, 0)
    sys.setrecursionlimit(_deepest)
    threading.stack_size(0)
    gc.enable()


def _calls(code: Any, function: str, tests: list[Any]) -> None:
    module = types.ModuleType("solution")  # so that `if __name__ == "__main__"` does not run
    module.__dict__.update(modules.CALL_NAMES)
    module.__dict__.update(leetcode.classes(code, tests))
    sys.modules["solution"] = module
    if _executed(code, module.__dict__):
        os._exit(1)
    owner = getattr(module, "Solution", None)
    of_class = isinstance(owner, type) and hasattr(owner, function)
    if not of_class and not callable(getattr(module, function, None)):
        _report(b"F", b"")
        os._exit(1)
    for test in tests:
        try:
            target = getattr(owner(), function) if of_class and owner is not None else getattr(module, function)
            arguments, plain = leetcode.prepared(test, target, module.__dict__)
            value = target(*arguments)
        except SystemExit:
            os._exit(1)
        except BaseException:
            _traceback()
            os._exit(1)
        try:
            record = values.dumps(plain(value))
        except BaseException as error:  # reading an object runs the solution's code
            _report(b"T", values.reason(error))
            os._exit(1)
        _report(b"V", record)


def _report(tag: bytes, content: bytes) -> None:
    data = memoryview(HEADER.pack(tag, len(content)) + content)
    while data:
        data = data[os.write(REPORT, data) :]
