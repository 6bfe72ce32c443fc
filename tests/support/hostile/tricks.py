"""Wrong programs that use what they can find out of the harness in their process. None may be accepted, and none may hold
the judge for much longer than its limits allow.

``PRELUDE`` finds the inputs of the batch; nothing in a child knows an expected output. ``STDIN`` are run on three tests,
``CALL`` define ``f``.
"""

from __future__ import annotations

PRELUDE = """
import ctypes, gc, os, signal, struct, sys, threading, time
def inputs():
    frame = sys._getframe()
    while frame is not None:
        if "tests" in frame.f_locals:
            return frame.f_locals["tests"]
        frame = frame.f_back
    return []
def record(tag, content):
    return struct.pack("<cI", tag, len(content)) + content
def mark(size, cpu=0.0):
    return record(b"M", struct.pack("<Qd", size, cpu))
def value(text, cpu=0.0):
    return record(b"V", struct.pack("<d", cpu) + text.encode())
def tried(act, *arguments):
    try:
        return act(*arguments)
    except BaseException as error:
        return type(error).__name__
"""

_WRONG = "\nos.write(1, b'0\\n')\n"

MARKS = {
    "marks for all tests at once": "os.write(1, b'0\\n' * 3)\nfor i in range(3): os.write(63, mark(2 * i + 2))\nos._exit(0)",
    "marks before any output": "os.write(63, mark(0) * 3)\nos._exit(0)",
    "marks of huge sizes": "os.write(63, mark(2 ** 64 - 1) * 3)\nos._exit(0)",
    "marks that go back": "os.write(1, b'0\\n0\\n0\\n')\nos.write(63, mark(6) + mark(4) + mark(2))\nos._exit(0)",
    "a mark in parts": "m = mark(2)\nos.write(1, b'0\\n')\nfor b in m: os.write(63, bytes([b])); time.sleep(0.02)",
    "half a mark, then the harness's": "os.write(63, b'M\\x10\\0\\0')" + _WRONG,
    "a record that announces 4 GB": "os.write(63, struct.pack('<cI', b'V', 2 ** 32 - 1))" + _WRONG,
    "records of no length": "os.write(63, struct.pack('<cI', b'M', 0) * 20 + struct.pack('<cI', b'V', 0) * 20)"
    + _WRONG,
    "unknown tags before the marks": "os.write(63, record(b'?', b'x') * 10)" + _WRONG,
    "the compile result as a report": "os.write(63, record(b'B', b'\\xe3') * 3)" + _WRONG,
    "values where marks belong": "os.write(63, value('9') * 3)\nos._exit(0)",
    "the time in a mark is negative": "os.write(1, b'0\\n')\nos.write(63, mark(2, -1e9) * 3)\nos._exit(0)",
    "the time in a mark is no number": "os.write(1, b'0\\n')\nos.write(63, mark(2, float('nan')) * 3)\nos._exit(0)",
    "old output is written anew": "os.write(1, b'9\\n')\nos.write(63, mark(2))\ntime.sleep(0.1)\nos.pwrite(62, b'0\\n44\\n-6\\n', 0)\nos.write(63, mark(2) * 2)\nos._exit(0)",
    "output behind the marks": "os.write(63, mark(0) * 3)\ntime.sleep(0.05)\nos.write(1, b'9\\n44\\n-6\\n')\nos._exit(0)",
    "the report is cut": "os.write(63, mark(2))\nos.ftruncate(63, 0)" + _WRONG,
    "the report is cut while it is read": (
        "def flip():\n    while True:\n        os.pwrite(63, b'x', 0)\n        os.ftruncate(63, 0)\n        time.sleep(0.001)\n"
        "threading.Thread(target=flip, daemon=True).start()\ntime.sleep(60)"
    ),
    "a byte of a report at times": "while True:\n    time.sleep(0.5)\n    os.write(63, b'?')",
    "the report is huge": "tried(os.ftruncate, 63, 2 ** 24)\ntried(os.ftruncate, 63, 2 ** 40)" + _WRONG,
    "the report is full": "try:\n    while True: os.write(63, record(b'V', bytes(2 ** 20)))\nexcept OSError: pass"
    + _WRONG,
    "the output is cut": "os.write(1, b'9\\n')\nos.ftruncate(62, 0)" + _WRONG,
    "the output is huge and empty": "os.ftruncate(62, 2 ** 24 - 1)" + _WRONG,
    "the files as memory": (
        "import mmap\nos.ftruncate(63, 4096)\nm = mmap.mmap(63, 4096)\nm[:42] = mark(0) * 2\nos.ftruncate(63, 0)\n"
        "print(m[0])"
    ),
}
"""Records that say something else than what was printed."""

DESCRIPTORS = {
    "descriptor 63 closed": "os.close(63)" + _WRONG,
    "descriptor 62 closed": "os.close(62)" + _WRONG,
    "descriptor 61 closed": "os.close(61)" + _WRONG,
    "61 to 63 replaced by files": "fd = os.open('x', os.O_CREAT | os.O_RDWR)\nfor n in (61, 62, 63): os.dup2(fd, n)"
    + _WRONG,
    "output and report exchanged": "fd = os.dup(62)\nos.dup2(63, 62)\nos.dup2(fd, 63)\nos.dup2(62, 1)" + _WRONG,
    "report is the input": "os.dup2(61, 63)\nos.write(63, mark(0) * 9)" + _WRONG,
    "the next input overwritten": "os.pwrite(61, b'0' * 9, 0)" + _WRONG,
    "pipes for everything": "r, w = os.pipe()\nfor n in (0, 61): os.dup2(r, n)\nfor n in (1, 62, 63): os.dup2(w, n)\nos.read(0, 1)",
    "a full pipe as output": "r, w = os.pipe()\nos.dup2(w, 1)\nos.dup2(w, 62)\nwhile True: os.write(1, b'x' * 65536)",
    "flags and locks of the files": (
        "import fcntl\nfor n in (0, 1, 2, 61, 62, 63):\n    tried(fcntl.fcntl, n, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND)\n"
        "    tried(fcntl.fcntl, n, 1033, 15)\n    tried(fcntl.fcntl, n, 1031, 2 ** 20)\n    tried(fcntl.flock, n, 2)\n"
        "    tried(fcntl.lockf, n, 2)" + _WRONG
    ),
    "every descriptor closed": "os.closerange(0, 1000)",
    "the files through /proc": "for n in range(70): tried(open, f'/proc/self/fd/{n}', 'wb')" + _WRONG,
}

STATE = {
    "a thread prints later": (
        "def late():\n    time.sleep(0.05)\n    os.write(1, b'44\\n')\n"
        "import _thread\n_thread.start_new_thread(late, ())\nprint(8)\ntime.sleep(0.02)"
    ),
    "a thread marks later": (
        "import _thread\ndef late():\n    while True:\n        time.sleep(0.001)\n        os.write(63, mark(0))\n"
        "_thread.start_new_thread(late, ())\nprint(0)"
    ),
    "atexit ends well": "import atexit\natexit.register(os._exit, 0)\nraise ValueError",
    "atexit forges": "import atexit\natexit.register(os.write, 63, mark(0) * 3)" + _WRONG,
    "__del__ ends well": "class A:\n    def __del__(self): os._exit(0)\na = A()\nraise ValueError",
    "an exception that ends the process": "class E(Exception):\n    def __str__(self): os._exit(0)\nraise E",
    "an exception without end": "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E",
    "an exit status that is hostile": "class N(int):\n    def __and__(self, other): return 0\nsys.exit(N(3))",
    "an exit text that is hostile": "class T:\n    def __str__(self): os._exit(0)\nsys.exit(T())",
    "stopped": "os.kill(os.getpid(), signal.SIGSTOP)",
    "stopped by a thread": "threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGSTOP)).start()\nwhile True: time.sleep(0.1)",
    "a timer ends well": "signal.signal(signal.SIGALRM, lambda *a: os._exit(0))\nsignal.setitimer(signal.ITIMER_REAL, 0.05)\nwhile True: pass",
    "an exit function of threading": "threading._register_atexit(os._exit, 0)\nraise ValueError",
    "the harness's end replaced": (
        "for module in list(sys.modules.values()):\n    if getattr(module, '_report', None): module._report = lambda *a: os.write(63, mark(2))\n"
        "os._exit = lambda *a: None" + _WRONG
    ),
    "the harness's functions through the collector": (
        "for o in gc.get_objects():\n    if type(o).__name__ == 'function' and o.__module__ and o.__module__.startswith('inside'):\n"
        "        tried(setattr, o, '__code__', (lambda *a, **k: 0).__code__)" + _WRONG
    ),
    "the harness's frame": (
        "frame = sys._getframe().f_back\nwhile frame:\n    for name in list(frame.f_locals): tried(frame.f_locals.__setitem__, name, 0)\n"
        "    frame = frame.f_back" + _WRONG
    ),
    "the inputs answer": "tests = inputs()\nfor n in range(len(tests)): tests[n] = b'9'\nprint(tests[-1:] == 44)",
    "modules replaced": "for name in ('os', 'struct', 'time', 'threading', 'atexit', 'json'): sys.modules[name] = None"
    + _WRONG,
    "builtins gone": "import builtins\nfor name in list(vars(builtins)):\n    if name != '__import__': delattr(builtins, name)",
    "a finder of its own": (
        "class F:\n    def find_spec(self, *a): os._exit(0)\nsys.meta_path[:] = [F()]\nimport numba" + _WRONG
    ),
    "a recursion limit of one": "tried(sys.setrecursionlimit, 1)\ntried(sys.setrecursionlimit, 40)" + _WRONG,
    "faults in the fault handler": "import faulthandler\nfaulthandler.enable(63)\nfaulthandler.dump_traceback_later(0.01, True, 63)\ntime.sleep(0.2)\nctypes.string_at(0)",
    "a tracer": "sys.settrace(lambda *a: os._exit(0))\nsys.setprofile(lambda *a: None)\ndef g(): pass\ng()" + _WRONG,
    "memory is used up": "x = []\ntry:\n    while True: x.append(bytearray(10 ** 7))\nexcept MemoryError: pass\ny = []\ntry:\n    while True: y.append([])\nexcept MemoryError: pass\nos.write(1, b'0\\n')",
    "time is used between marks": "os.write(1, b'9\\n')\nos.write(63, mark(2))\nt = time.process_time()\nwhile time.process_time() < t + 30: pass",
    "sleep between marks": "for n in range(100):\n    time.sleep(1)\n    os.write(63, b'?')",
    "empty files without end": "n = 0\nwhile True:\n    n += 1\n    os.close(os.open(f'f{n}', os.O_CREAT | os.O_WRONLY))",
    "names that cannot be removed": "for n in range(50): tried(os.mkdir, f'd{n}'); tried(os.symlink, '/', f's{n}'); tried(os.mkfifo, f'p{n}'); open(f'x{n}' + 'y' * 240, 'w')"
    + _WRONG,
    "a stack smaller than a frame": "import resource\ntried(resource.setrlimit, resource.RLIMIT_STACK, (4096, 4096))\ndef g(n): return g(n + 1)\ng(0)",
}

STDIN = {**MARKS, **DESCRIPTORS, **STATE}

CALL = {
    "equal to everything": "class A:\n    def __eq__(self, o): return True\n    __hash__ = None\ndef f(x): return A()",
    "an integer equal to everything": "class A(int):\n    def __eq__(self, o): return True\n    def __index__(self): return 9\n    __hash__ = int.__hash__\ndef f(x): return A(3)",
    "values forged at import": "os.write(63, value('0') * 3)\ndef f(x): return 0",
    "values forged in a call": "def f(x):\n    os.write(63, value('0'))\n    os._exit(0)",
    "a value and a crash": "def f(x):\n    os.write(63, value('9'))\n    os.kill(os.getpid(), 11)",
    "a value with a huge integer": "def f(x):\n    os.write(63, value('{\"i\":\"0x' + 'f' * 10 ** 6 + '\"}'))\n    os._exit(0)",
    "values in two halves": "def f(x):\n    d = value('0')\n    os.write(63, d[:7]); time.sleep(0.05); os.write(63, d[7:])\n    return 0",
    "json replaced": "import json\njson.dumps = lambda *a, **k: '[' * 100000\ndef f(x): return 0",
    "json that is no text": "import json\njson.dumps = lambda *a, **k: 3\ndef f(x): return 0",
    "not a number for everything": "def f(x): return float('nan')",
    "an empty list node": "def f(x) -> ListNode: return None",
    "a node with a cycle": "class Solution:\n    def f(self, x) -> ListNode:\n        n = ListNode(1)\n        n.next = n\n        return n",
    "a node with properties": "class N(ListNode):\n    val = property(lambda self: 9)\n    next = property(lambda self: None, lambda self, v: None)\ndef f(x) -> ListNode: return N()",
    "a node without end": "class N:\n    def __getattr__(self, name): return N()\ndef f(x) -> ListNode: return N()",
    "a tree that is shared": "def f(x) -> TreeNode:\n    n = None\n    for _ in range(99): n = TreeNode(1, n, n)\n    return n",
    "a class that is no class": "ListNode = lambda *a: os._exit(0)\ndef f(x: ListNode) -> ListNode: return 9",
    "an annotation that acts": "class A:\n    def __repr__(self): os._exit(0)\ndef f(x) -> A(): return 0",
    "a metaclass that acts": "class M(type):\n    __name__ = property(lambda c: os._exit(0))\nclass A(metaclass=M): pass\ndef f(x): return A()",
    "a module that acts": "class A:\n    __module__ = type('S', (str,), {'split': lambda *a: ['numpy']})('numpy')\n    def tolist(self): return self\ndef f(x): return A()",
    "an array of its own": "import numpy as np\nclass A(np.ndarray):\n    def tolist(self): return Ellipsis\ndef f(x): return np.zeros(3).view(A)",
    "an array of objects": "import numpy as np\ndef f(x):\n    a = np.empty(2, dtype=object)\n    a[0] = a\n    return a",
    "a list that grows": "class A(list):\n    def __iter__(self):\n        while True: yield 1\ndef f(x): return A()",
    "a list in itself": "def f(x):\n    a = []\n    a.append(a)\n    return a",
    "a value of exponential size": "def f(x):\n    a = 1\n    for _ in range(90): a = [a, a]\n    return a",
    "a dict with equal keys": "def f(x): return {1: 6, '1': 6, True: 6}",
    "a decimal of its own": "from decimal import Decimal\nclass D(Decimal):\n    def as_tuple(self): return 0, (6,), 0\n    def as_integer_ratio(self): return 6, 1\ndef f(x): return D('1')",
    "a decimal that traps": "import decimal\nfor t in decimal.getcontext().traps: decimal.getcontext().traps[t] = True\ndef f(x): return decimal.Decimal('sNaN')",
    "a decimal of a huge exponent": "from decimal import Decimal\ndef f(x): return Decimal('1e999999999')",
    "a fraction of its own": "from fractions import Fraction\nclass F(Fraction):\n    _numerator = property(lambda s: os._exit(0))\ndef f(x): return F()",
    "an encoder replaced": (
        "for m in list(sys.modules.values()):\n    if hasattr(m, '_encoded'): m._encoded = lambda *a: {'d': [[{'s': 0}, 1]] * 9}\ndef f(x): return {}"
    ),
    "the function is gone at the second call": "def f(x):\n    del sys.modules['solution'].f\n    return 0",
    "the test's list is changed": "def f(x):\n    t = inputs()\n    del t[:]\n    return 0",
    "exits": "def f(x): sys.exit(0)",
    "an exception that is hostile": "class E(BaseException):\n    __traceback__ = property(lambda s: os._exit(0))\ndef f(x): raise E",
}
