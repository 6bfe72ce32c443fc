"""More correct programs in the styles of contests. Those of ``STDIN`` print the sum of the integers in their input, as
those of ``legitimate`` do; the first integer is the number of the others, one a line.
"""

from __future__ import annotations

STDIN = {
    "region of fast IO": """
import os, sys
from io import BytesIO, IOBase
BUFSIZE = 8192
class FastIO(IOBase):
    newlines = 0
    def __init__(self, file):
        self._fd = file.fileno()
        self.buffer = BytesIO()
        self.writable = "x" in file.mode or "r" not in file.mode
        self.write = self.buffer.write if self.writable else None
    def readline(self):
        while self.newlines == 0:
            b = os.read(self._fd, max(os.fstat(self._fd).st_size, BUFSIZE))
            self.newlines = b.count(b"\\n") + (not b)
            ptr = self.buffer.tell()
            self.buffer.seek(0, 2), self.buffer.write(b), self.buffer.seek(ptr)
        self.newlines -= 1
        return self.buffer.readline()
    def flush(self):
        if self.writable:
            os.write(self._fd, self.buffer.getvalue())
            self.buffer.truncate(0), self.buffer.seek(0)
class IOWrapper(IOBase):
    def __init__(self, file):
        self.buffer = FastIO(file)
        self.flush = self.buffer.flush
        self.writable = self.buffer.writable
        self.write = lambda s: self.buffer.write(s.encode("ascii"))
        self.readline = lambda: self.buffer.readline().decode("ascii")
def print(*args, **kwargs):
    sep, file = kwargs.pop("sep", " "), kwargs.pop("file", sys.stdout)
    at_start = True
    for x in args:
        if not at_start:
            file.write(sep)
        file.write(str(x))
        at_start = False
    file.write(kwargs.pop("end", "\\n"))
    if kwargs.pop("flush", False):
        file.flush()
sys.stdin, sys.stdout = IOWrapper(sys.stdin), IOWrapper(sys.stdout)
input = lambda: sys.stdin.readline().rstrip("\\r\\n")
n = int(input())
print(n + sum(int(input()) for _ in range(n)))
sys.stdout.flush()
""",
    "atexit writes what print collected": """
import atexit, io, sys
_INPUT_LINES = sys.stdin.read().splitlines()
input = iter(_INPUT_LINES).__next__
_OUTPUT_BUFFER = io.StringIO()
sys.stdout = _OUTPUT_BUFFER
@atexit.register
def write():
    sys.__stdout__.write(_OUTPUT_BUFFER.getvalue())
n = int(input())
print(n + sum(int(input()) for _ in range(n)))
""",
    "bootstrap": """
from types import GeneratorType
def bootstrap(f, stack=[]):
    def wrappedfunc(*args, **kwargs):
        if stack:
            return f(*args, **kwargs)
        to = f(*args, **kwargs)
        while True:
            if type(to) is GeneratorType:
                stack.append(to)
                to = next(to)
            else:
                stack.pop()
                if not stack:
                    break
                to = stack[-1].send(to)
        return to
    return wrappedfunc
@bootstrap
def depth(n):
    if n == 0:
        yield 0
    below = yield depth(n - 1)
    yield below + 1
assert depth(20000) == 20000
n = int(input())
print(n + sum(int(input()) for _ in range(n)))
""",
    "depth-first search without a limit": """
import sys
sys.setrecursionlimit(1 << 25)
def main():
    n = 50000
    tree = [[i + 1] for i in range(n)] + [[]]
    size = [0] * (n + 1)
    def dfs(v, parent=-1):
        size[v] = 1
        for w in tree[v]:
            if w != parent:
                dfs(w, v)
                size[v] += size[w]
    dfs(0)
    assert size[0] == n + 1
    print(sum(map(int, sys.stdin.read().split())))
main()
""",
    "class with its own input": """
class Solver:
    __slots__ = ("data", "total")
    def __init__(self):
        self.data = [int(input()) for _ in range(int(input()))]
        self.total = len(self.data)
    def __call__(self):
        for x in self.data:
            self.total += x
        return self
    def __str__(self):
        return f"{self.total}"
if __name__ == "__main__":
    print(Solver()())
""",
    "raw threads": """
import _thread, time
done = _thread.allocate_lock()
done.acquire()
def main():
    n = int(input())
    print(n + sum(int(input()) for _ in range(n)))
    done.release()
    time.sleep(60)
_thread.start_new_thread(main, ())
done.acquire()
""",
    "raw thread that spins": """
import _thread
def spin():
    while True:
        pass
_thread.start_new_thread(spin, ())
print(sum(map(int, open(0))))
""",
    "a Timer that is cancelled": """
import threading
t = threading.Timer(60, print, ("late",))
t.start()
print(sum(map(int, open(0))))
t.cancel()
""",
    "thread after another": """
import sys, threading
threading.stack_size(1 << 27)
sys.setrecursionlimit(1 << 20)
def f(n):
    return 0 if n == 0 else 1 + f(n - 1)
def main():
    assert f(10 ** 5) == 10 ** 5
    n = int(input())
    print(n + sum(int(input()) for _ in range(n)))
thread = threading.Thread(target=main)
thread.start()
thread.join()
""",
    "pool of processes that is not used": "import multiprocessing, sys\nprint(sum(map(int, sys.stdin)))",
    "exit in the middle": """
def solve():
    n = int(input())
    total = n
    for _ in range(n):
        total += int(input())
    print(total)
    raise SystemExit(0)
solve()
print("never")
""",
    "os._exit at the end": "import os, sys\nsys.stdout.write('%d\\n' % sum(map(int, sys.stdin)))\nsys.stdout.flush()\nos._exit(0)",
    "print to the buffer": "import sys\nsys.stdout.buffer.write(str(sum(map(int, sys.stdin.buffer))).encode() + b'\\n')",
    "both layers of stdout": "import sys\nsys.stdout.write('')\nsys.stdout.flush()\nsys.stdout.buffer.write(b'%d\\n' % sum(map(int, sys.stdin.buffer.readlines())))\nsys.stdout.buffer.flush()",
    "memoryview": "import sys\nview = memoryview(b'%d\\n' % sum(map(int, sys.stdin)))\nsys.stdout.buffer.write(view)",
    "os.writev": "import os, sys\nos.writev(1, [b'%d' % sum(map(int, sys.stdin)), b'\\n'])",
    "reopened stdout": "import os, sys\nsys.stdout = os.fdopen(1, 'w', 1 << 16)\nprint(sum(map(int, sys.stdin)))",
    "duplicated stdout": "import os, sys\nout = os.fdopen(os.dup(1), 'w')\nprint(sum(map(int, sys.stdin)), file=out)\nout.close()",
    "duplicated stdin": "import os\nprint(sum(map(int, os.fdopen(os.dup(0)))))",
    "descriptor 0 closed": "import os, sys\ndata = sys.stdin.read()\nos.close(0)\nprint(sum(map(int, data.split())))",
    "stdin closed": "import sys\ndata = sys.stdin.read()\nsys.stdin.close()\nprint(sum(map(int, data.split())))",
    "with stdin": "import sys\nwith sys.stdin as f:\n    print(sum(map(int, f)))",
    "with open(0) and open(1)": "with open(0) as f, open(1, 'w') as g:\n    print(sum(map(int, f)), file=g)",
    "reconfigured": "import sys\nsys.stdin.reconfigure(encoding='latin-1')\nsys.stdout.reconfigure(line_buffering=True, write_through=True)\nprint(sum(map(int, sys.stdin)))",
    "read in chunks": """
import sys
def tokens():
    rest = b""
    while chunk := sys.stdin.buffer.read(3):
        parts = (rest + chunk).split(b"\\n")
        rest = parts.pop()
        yield from parts
    yield rest
print(sum(int(t) for t in tokens() if t.strip()))
""",
    "readinto": "import sys\nb = bytearray(1 << 16)\nn = sys.stdin.buffer.readinto(b)\nprint(sum(map(int, b[:n].split())))",
    "numpy from stdin": "import sys\nimport numpy as np\nprint(int(np.array(sys.stdin.buffer.read().split(), dtype=np.int64).sum()))",
    "numpy fromstring": "import sys\nimport numpy as np\nprint(np.fromstring(sys.stdin.read(), dtype=np.int64, sep=' ').sum())",
    "sorted list": "import sys\nfrom sortedcontainers import SortedList\nprint(sum(SortedList(map(int, sys.stdin))))",
    "heap": "import heapq, sys\nh = []\nfor line in sys.stdin: heapq.heappush(h, int(line))\ns = 0\nwhile h: s += heapq.heappop(h)\nprint(s)",
    "reduce": "from functools import reduce\nimport operator, sys\nprint(reduce(operator.add, map(int, sys.stdin.readlines()), 0))",
    "complex numbers": "import sys\nprint(round(sum(complex(int(x), 1) for x in sys.stdin).real))",
    "decimal context": "import decimal, sys\ndecimal.getcontext().prec = 60\nprint(sum(map(decimal.Decimal, sys.stdin.read().split()), decimal.Decimal(0)))",
    "fractions": "import sys\nfrom fractions import Fraction\nprint(sum(map(Fraction, sys.stdin.read().split()), Fraction()))",
    "dataclass with order": """
from __future__ import annotations
from dataclasses import dataclass, field
import heapq, sys
@dataclass(order=True)
class Item:
    key: int
    name: str = field(compare=False, default="")
heap = [Item(int(x)) for x in sys.stdin]
heapq.heapify(heap)
print(sum(heapq.heappop(heap).key for _ in range(len(heap))))
""",
    "enum and named tuple": """
import enum, sys, typing
class Kind(enum.IntEnum):
    ZERO = 0
class Point(typing.NamedTuple):
    x: int
    y: Kind = Kind.ZERO
print(sum(Point(int(x)).x for x in sys.stdin))
""",
    "match with classes": """
import sys
from dataclasses import dataclass
@dataclass
class Number:
    value: int
def value(item):
    match item:
        case Number(value=v):
            return v
        case _:
            raise ValueError
print(sum(value(Number(int(x))) for x in sys.stdin))
""",
    "async streams": """
import asyncio, sys
async def producer(queue):
    for line in sys.stdin:
        await queue.put(int(line))
    await queue.put(None)
async def main():
    queue = asyncio.Queue(2)
    task = asyncio.create_task(producer(queue))
    total = 0
    while (item := await queue.get()) is not None:
        total += item
    await task
    print(total)
asyncio.run(main())
""",
    "an old event loop": """
import asyncio, sys
async def main():
    print(sum(map(int, sys.stdin)))
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
loop.close()
""",
    "mutable default": "def total(x, seen=[]):\n    seen.append(x)\n    return sum(seen)\nfor line in open(0): s = total(int(line))\nprint(s)",
    "globals and exec": "import sys\nexec('total = 0')\nfor line in sys.stdin: exec(f'total += {int(line)}')\nprint(globals()['total'])",
    "main is imported": "import __main__, sys\nx = sum(map(int, sys.stdin))\nprint(__main__.x, flush=True)",
    "metaclass and descriptors": """
import sys
class Meta(type):
    def __call__(cls, *args):
        return super().__call__(*args)
class Total(metaclass=Meta):
    value = property(lambda self: self._value)
    def __init__(self, value):
        self._value = value
    def __add__(self, other):
        return Total(self._value + other)
    __radd__ = __add__
print(sum(map(int, sys.stdin), Total(0)).value)
""",
    "lru_cache on a method": """
import sys
from functools import cache, lru_cache
sys.setrecursionlimit(10 ** 7)
class S:
    @lru_cache(maxsize=None)
    def f(self, n):
        return 0 if n == 0 else 1 + self.f(n - 1)
@cache
def g(n):
    return n if n < 2 else (g(n - 1) + g(n - 2)) % 1000
assert S().f(10000) == 10000 and g(5000) >= 0
print(sum(map(int, sys.stdin)))
""",
    "sys.modules and imports within": "def f():\n    import sys, bisect, string, itertools\n    return sum(map(int, sys.stdin))\nprint(f())",
    "warnings": "import sys, warnings\nwarnings.warn('old')\nx = 1 is 1\nprint(sum(map(int, sys.stdin)))",
    "stderr of a megabyte": "import sys\nfor _ in range(20000): print('debug ' * 8, file=sys.stderr)\nprint(sum(map(int, sys.stdin)))",
    "exception handled": "import sys\ntotal = 0\ntry:\n    while True: total += int(input())\nexcept (EOFError, ValueError):\n    pass\nfinally:\n    print(total)",
    "weak references and finalisers": "import sys, weakref\nclass A: pass\na = A()\nweakref.finalize(a, lambda: None)\nprint(sum(map(int, sys.stdin)))",
    "logging": "import logging, sys\nlogging.basicConfig(level=logging.DEBUG)\nlogging.debug('x')\nprint(sum(map(int, sys.stdin)))",
    "argparse of nothing": "import argparse, sys\nargparse.ArgumentParser().parse_args()\nprint(sum(map(int, sys.stdin)))",
    "unittest is imported": "import doctest, unittest, sys\ndoctest.testmod()\nprint(sum(map(int, sys.stdin)))",
    "time measured": "import sys, time\nt = time.perf_counter()\ns = sum(map(int, sys.stdin))\nassert time.perf_counter() - t < 9\nprint(s)",
    "sleep": "import sys, time\ntime.sleep(0.02)\nprint(sum(map(int, sys.stdin)))",
    "string.Template and format": "import sys, string\nprint(string.Template('$x').substitute(x=sum(map(int, sys.stdin))))",
    "struct and array": "import array, struct, sys\na = array.array('q', map(int, sys.stdin))\nprint(sum(struct.unpack(f'{len(a)}q', a.tobytes())))",
    "generator with send": "import sys\ndef g():\n    t = 0\n    while True:\n        x = yield t\n        t += x\nc = g(); next(c)\nfor line in sys.stdin: s = c.send(int(line))\nprint(s)",
    "a lambda for everything": "(lambda s: print(sum(map(int, s.read().split()))))(__import__('sys').stdin)",
    "print with separators": "import sys\nprint(*[sum(map(int, sys.stdin))], sep='', end='')",
    "input is replaced in builtins": "import builtins, sys\nbuiltins.input = lambda: sys.stdin.readline().rstrip()\nn = int(input())\nprint(n + sum(int(input()) for _ in range(n)))",
    "print is replaced in builtins": "import builtins, sys\nreal = print\nbuiltins.print = lambda *a: real(*a)\nprint(sum(map(int, sys.stdin)))",
    "the stream is iterated twice": "import sys\nn = int(next(sys.stdin))\nprint(n + sum(int(next(sys.stdin)) for _ in range(n)))",
    "signal handler": "import signal, sys\nsignal.signal(signal.SIGALRM, lambda *a: sys.exit(1))\nsignal.setitimer(signal.ITIMER_REAL, 3)\nprint(sum(map(int, sys.stdin)))",
    "alarm without the module's name": "from signal import alarm\nalarm(5)\nprint(sum(map(int, open(0))))",
    "a file object is subclassed": "import io, sys\nclass R(io.TextIOWrapper): pass\nprint(sum(map(int, R(sys.stdin.buffer))))",
    "codecs": "import codecs, sys\nsys.stdout = codecs.getwriter('utf-8')(sys.stdout.buffer)\nprint(sum(map(int, sys.stdin)))",
    "faulthandler and gc": "import faulthandler, gc, sys\nfaulthandler.enable()\ngc.freeze()\ngc.set_threshold(10 ** 9)\nprint(sum(map(int, sys.stdin)))",
    "trace function": "import sys\nsys.settrace(lambda *a: None)\nprint(sum(map(int, sys.stdin)))",
    "recursion error expected": "import sys\nsys.setrecursionlimit(500)\ndef f(): return f()\ntry: f()\nexcept RecursionError: pass\nprint(sum(map(int, sys.stdin)))",
    "memory error expected": "import sys\ntry: x = bytearray(1 << 45)\nexcept MemoryError: pass\nprint(sum(map(int, sys.stdin)))",
    "output by a class": "import sys\nclass Out:\n    def __lshift__(self, x): sys.stdout.write(str(x)); return self\ncout = Out()\ncout << sum(map(int, sys.stdin)) << '\\n'",
    "locale and platform": "import locale, platform, sys\nlocale.setlocale(locale.LC_ALL, '')\nplatform.system(), platform.python_implementation()\nprint(sum(map(int, sys.stdin)))",
}
