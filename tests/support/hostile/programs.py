"""Hostile programs. Each must fail, for one of the reasons given.

``world`` fills in the @NAMES@: secrets, pids, ports and files outside of the sandbox. What a program creates in a
place that the machine shares has @MARK@ in its name, or @KEY@ as its key. A program prints whatever it could reach,
so that a leak shows in its output.
"""

from __future__ import annotations

from dataclasses import dataclass

WRONG, CRASH, TIME, MEMORY, OUTPUT = "wrong answer", "runtime error", "time limit", "memory limit", "output limit"
FAILED = (WRONG, CRASH)
SLOW = (TIME, MEMORY)
"""Attacks that use up their limits: they run on a single test, to save time."""
STOPPED = (WRONG, CRASH, TIME, MEMORY, OUTPUT)


@dataclass(frozen=True)
class Attack:
    """A hostile program.

    reasons: what the verdict's reason may start with. call: the code defines ``f``, which is called; else it is run.
    """

    name: str
    code: str
    reasons: tuple[str, ...] = FAILED
    call: bool = False


PRELUDE = """
import ctypes, os, signal, sys, time
libc = ctypes.CDLL(None, use_errno=True)
X86 = os.uname().machine == "x86_64"
def tried(act, *arguments):
    try:
        return act(*arguments)
    except BaseException as error:
        return type(error).__name__
def syscall(number, *arguments):
    return libc.syscall(number, *arguments), ctypes.get_errno()
"""

PROCESSES = [
    Attack("fork bomb", "while True: os.fork()"),
    Attack(
        "raw fork, vfork, clone, clone3",
        "got = [syscall(n, *a) for n, *a in ((57,), (58,), (56, 17, 0), (435, 0, 0))] if X86 else "
        "[syscall(220, 17, 0), syscall(435, 0, 0)]\nif any(x == 0 for x, _ in got):\n    time.sleep(30)\nprint('forks', got)",
    ),
    Attack("libc fork", "print('libc', libc.fork(), libc.vfork())"),
    Attack("subprocess", "import subprocess\nprint(tried(subprocess.run, ['/bin/cat', '@SECRET_FILE@']))"),
    Attack("shell", "print(os.system('touch @OUTSIDE@/made-by-shell'), tried(os.popen, 'id'))"),
    Attack("posix_spawn", "print(tried(os.posix_spawn, '/bin/sh', ['sh', '-c', 'id'], {}))"),
    Attack("exec", "os.execv('/usr/bin/env', ['env'])"),
    Attack("execveat by number", "print(syscall(322 if X86 else 281, -100, b'/bin/sh', None, None, 0))"),
    Attack(
        "multiprocessing",
        "import multiprocessing as m\np = m.get_context('fork').Process(target=print, args=(4,))\np.start(); p.join()",
    ),
    Attack("pty", "import pty\nprint(tried(pty.fork))"),
    Attack(
        "daemon that writes later",
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(2)\n"
        "        open('@OUTSIDE@/late', 'w')\n    os._exit(0)\nprint(5)",
    ),
    Attack(
        "as many threads as possible",
        "import threading\nwhile True:\n    threading.Thread(target=time.sleep, args=(60,)).start()",
        STOPPED,
    ),
    Attack("new namespaces", "print([libc.unshare(f) for f in (0x10000000, 0x40000000, 0x20000, 0x20000000)])"),
    Attack(
        "leave the session", "print(tried(os.setsid), tried(os.setpgid, 0, 0), libc.prctl(1, 0), libc.prctl(36, 1))"
    ),
]

RESOURCES = [
    Attack("growing list", "x = []\nwhile True: x.append(bytearray(10 ** 6))", (MEMORY,)),
    Attack(
        "memory errors caught for ever",
        "x = bytearray(2 ** 20)\nwhile True:\n    try: x = x + x\n    except MemoryError: pass",
        (TIME,),
    ),
    Attack("numpy", "import numpy\nx = numpy.ones(2 ** 32)\nprint(x.sum())", (MEMORY, CRASH)),  # or there is no numpy
    Attack("shared mapping", "import mmap\nm = mmap.mmap(-1, 2 ** 36)\nprint(len(m))", STOPPED),
    Attack(
        "zlib bomb",
        "import zlib\nd = zlib.compressobj(9)\nz = b''.join(d.compress(bytes(2 ** 20)) for _ in range(64)) + d.flush()\n"
        "z2 = zlib.decompress(z)\nprint(len([bytearray(z2) for _ in range(999)]))",
        STOPPED,
    ),
    Attack("power", "print(str(10 ** 10 ** 8)[:3])", STOPPED),
    Attack("endless recursion", "sys.setrecursionlimit(10 ** 9)\ndef f(): return f() + 1\nf()", STOPPED),
    Attack("recursion in C", "x = []\nfor _ in range(10 ** 6): x = [x]\nprint(repr(x)[:9])", STOPPED),
    Attack("loop", "while True: pass", (TIME,)),
    Attack("sleep", "time.sleep(100)", (TIME,)),
    Attack("pause", "signal.pause()", (TIME,)),
    Attack(
        "signals ignored",
        "for s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: pass",
        (TIME,),
    ),
    Attack(
        "exceptions ignored", "while True:\n    try:\n        while True: pass\n    except BaseException: pass", (TIME,)
    ),
    Attack(
        "thread that never ends", "import threading\nthreading.Thread(target=time.sleep, args=(99,)).start()", (TIME,)
    ),
    Attack("exit handler that never ends", "import atexit\natexit.register(time.sleep, 99)", (TIME,)),
    Attack("regular expression", "import re\nre.match('(a+)+$', 'a' * 40 + 'b')", (TIME,)),
    Attack(
        "more CPU time for itself",
        "import resource\nprint(tried(resource.setrlimit, resource.RLIMIT_CPU, (99, 99)))\nwhile True: pass",
        (TIME,),
    ),
    Attack("endless print", "while True: print('4' * 9999)", (OUTPUT,)),
    Attack(
        "endless write, errors ignored",
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nwhile True:\n    for fd in (1, 2):\n"
        "        try: os.write(fd, b'x' * 65536)\n        except OSError: pass",
        (TIME, OUTPUT),
    ),
    Attack(
        "sparse output",
        "print(tried(os.ftruncate, 1, 2 ** 42), tried(os.lseek, 1, 2 ** 42, 0), tried(os.write, 1, b'x'))",
        STOPPED,
    ),
    Attack(
        "files until the disk is full",
        "for i in range(10 ** 6):\n    with open(f'f{i}', 'wb') as f: f.write(bytes(2 ** 20))",
        STOPPED,
    ),
    Attack("a million files", "for i in range(10 ** 6): open(f'f{i}', 'w').close()", STOPPED),
    Attack("deep folders", "for i in range(3000):\n    os.mkdir('d'); os.chdir('d')\nprint(5)"),
    Attack("null pointer", "ctypes.string_at(0)", (CRASH,)),
]

FORGERY = [
    Attack("exit 0", "sys.exit(0)", (WRONG,)),
    Attack("exit at once", "os._exit(0)", (WRONG,)),
    Attack("everything closed", "os.closerange(0, 64)\nos._exit(0)", (WRONG,)),
    Attack(
        "verdicts on every descriptor",
        "for fd in range(1, 256):\n    for text in (b'passed\\n', b'[true]\\n', b'{\"correct\": true}'):\n"
        "        tried(os.write, fd, text)\nos._exit(0)",
        (WRONG,),
    ),
    Attack(
        "marks of the harness",
        "import struct\nfor n in range(40): tried(os.write, 63, struct.pack('<cIQ', b'M', 8, 2))\nprint(5)",
        (WRONG,),
    ),
    Attack(
        "values of the harness",
        "import struct\ndef f(x):\n    for n in range(40): tried(os.write, 63, struct.pack('<cId', b'V', 9, 0.0) + b'5')\n"
        "    os._exit(0)",
        call=True,
    ),
    Attack(
        "harness patched",
        "for name, module in list(sys.modules.items()):\n    if module and name.split('.')[0] in ('inside', 'util'):\n"
        "        for key in list(vars(module)):\n            if key.startswith('_report') or key in ('compared', 'broken'):\n"
        "                setattr(module, key, lambda *a, **k: True)\nprint(5)",
        (WRONG,),
    ),
    Attack("exit before the value", "def f(x): os._exit(0)", call=True),
    Attack(
        "equal to everything",
        "class A:\n    def __eq__(self, other): return True\n    __hash__ = None\ndef f(x): return A()",
        call=True,
    ),
    Attack(
        "integer equal to everything",
        "class A(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\ndef f(x): return A(5)",
        call=True,
    ),
    Attack(
        "text equal to everything",
        "class A(str):\n    def __eq__(self, other): return True\n    __hash__ = str.__hash__\ndef f(x): return A('5')",
        call=True,
    ),
    Attack(
        "list equal to everything",
        "class A(list):\n    def __eq__(self, other): return True\n    __hash__ = None\ndef f(x): return A([5])",
        call=True,
    ),
    Attack(
        "unpickling",
        "class A:\n    def __reduce__(self): return os.system, ('touch @OUTSIDE@/unpickled',)\ndef f(x): return A()",
        call=True,
    ),
    Attack(
        "fake numpy",
        "class A:\n    def tolist(self): return self\nA.__module__ = 'numpy'\ndef f(x): return A()",
        call=True,
    ),
    Attack("deep result", "def f(x):\n    r = []\n    for _ in range(10 ** 5): r = [r]\n    return r", call=True),
    Attack("huge result", "def f(x): return [0] * 10 ** 7", STOPPED, call=True),
    Attack("colliding keys", "def f(x): return {i * (2 ** 61 - 1) for i in range(1, 10 ** 5)}", STOPPED, call=True),
    Attack("missing function", "def g(x): return 4", call=True),
    Attack("True for 4", "def f(x): return True", call=True),
    Attack(
        "search for the expected output",
        "import gc\nfound = [o for o in gc.get_objects() if isinstance(o, (list, tuple, dict)) and '@EXPECTED@' in repr(o)[:10 ** 4]]\n"
        "frame = sys._getframe()\nwhile frame:\n    found += [k for k, v in frame.f_locals.items() if k != 'found' and '@EXPECTED@'[:-1] + '!' in repr(v)]\n"
        "    frame = frame.f_back\nprint(5)",
        (WRONG,),
    ),
    Attack(
        "every open descriptor read",
        "for fd in range(3, 256):\n    n = tried(lambda: os.fstat(fd).st_size)\n    print(fd, tried(os.pread, fd, 9999, 0)) if n != 'OSError' else 0",
    ),
]

OTHERS = [
    Attack("kill the zygote", "print(tried(os.kill, os.getppid(), 9), tried(os.kill, 1, 9))"),
    Attack("kill everybody", "print(tried(os.kill, -1, 9), tried(os.killpg, 0, 9), tried(os.kill, 0, 9))"),
    Attack("kill worker and victim", "print([tried(os.kill, p, 9) for p in (@WORKER@, @VICTIM@)])"),
    Attack(
        "signals by number",
        "p = (os.getppid(), @WORKER@, @VICTIM@)\ntk, tgk, q = (200, 234, 129) if X86 else (130, 131, 138)\n"
        "print([(syscall(tk, x, 9), syscall(tgk, x, x, 9), syscall(q, x, 9, bytes(128))) for x in p])",
    ),
    Attack(
        "signals by pidfd",
        "fds = [syscall(434, x, 0)[0] for x in (os.getppid(), @VICTIM@)]\nprint(fds, [syscall(424, fd, 9, None, 0) for fd in fds])",
    ),
    Attack(
        "signals by file owner",
        "import fcntl\nr, w = os.pipe()\nprint([(tried(fcntl.fcntl, r, c, p)) for c in (8, 10, 15) for p in (os.getppid(), @VICTIM@)])",
    ),
    Attack(
        "limits of others",
        "import resource\nprint([tried(resource.prlimit, p, resource.RLIMIT_CPU, (1, 1)) for p in (os.getppid(), @WORKER@, @VICTIM@)])",
    ),
    Attack(
        "ptrace", "print([(libc.ptrace(r, p, 0, 0)) for r in (16, 0x4206) for p in (os.getppid(), @WORKER@, @VICTIM@)])"
    ),
    Attack(
        "memory of others",
        "n = 310 if X86 else 270\nprint([syscall(n, p, bytes(16), 1, bytes(16), 1, 0) for p in (os.getppid(), @WORKER@)])\n"
        "for p in (os.getppid(), @WORKER@, @VICTIM@, 1):\n    for f in ('mem', 'environ', 'maps', 'cmdline', 'status'):\n"
        "        print(tried(lambda: open(f'/proc/{p}/{f}', 'rb').read(99)))\n    print(tried(os.listdir, f'/proc/{p}/cwd'), tried(os.listdir, f'/proc/{p}/fd'))",
    ),
    Attack(
        "own memory file",
        "print(tried(lambda: open('/proc/self/mem', 'r+b').read(1)), tried(lambda: open('/proc/self/environ').read()))",
    ),
    Attack(
        "environment", "print(dict(os.environ))\nprint(ctypes.string_at(ctypes.c_char_p.in_dll(libc, 'environ'), 8))"
    ),
    Attack("secret file", "print(open('@SECRET_FILE@').read())", (CRASH,)),
    Attack(
        "usual secrets",
        "for p in ('/etc/shadow', '/etc/passwd', '~/.ssh/id_rsa', '~/.netrc', '/root', '/home', '@PROJECT@', '.', '..'):\n    p = os.path.expanduser(p)\n    print(tried(lambda: open(p).read()), tried(os.listdir, p) if p != '.' else '')",
    ),
    Attack(
        "file overwritten",
        "print(tried(lambda: open('@VICTIM_FILE@', 'w').write('x')), tried(lambda: open('@VICTIM_FILE@', 'a').write('x')))",
    ),
    Attack("file cut", "print(tried(os.truncate, '@VICTIM_FILE@', 0), libc.truncate(b'@VICTIM_FILE@', 0))"),
    Attack(
        "file moved, linked, removed",
        "v = '@VICTIM_FILE@'\nprint(tried(os.rename, v, v + '2'), tried(os.rename, v, 'mine'), tried(os.link, v, 'mine'), tried(os.symlink, v, 'mine'), tried(os.unlink, v))\n"
        "print(tried(lambda: open('mine', 'w').write('x')))",
    ),
    Attack(
        "mode, owner, times",
        "v = '@VICTIM_FILE@'\nprint(tried(os.chmod, v, 0o777), tried(os.chown, v, 1, 1), tried(os.utime, v, (1, 1)))",
    ),
    Attack(
        "shared places",
        "for p in ('/dev/shm', '/var/tmp', '/run', '/run/lock', '@OUTSIDE@', '/mnt', '/tmp', '/'):\n    print(tried(lambda: open(p + '/@MARK@', 'w').write('x')))",
    ),
    Attack(
        "special files",
        "print(tried(os.mkfifo, '@OUTSIDE@/fifo'), tried(os.mknod, '@OUTSIDE@/node', 0o600 | 0o20000, os.makedev(1, 5)), tried(os.mkdir, '@OUTSIDE@/dir'))",
    ),
    Attack(
        "shared memory, queues, semaphores",
        "from multiprocessing import shared_memory\nprint(tried(shared_memory.SharedMemory, '@MARK@', True, 99))\n"
        "print(libc.shmget(@KEY@, 4096, 0o1666), libc.semget(@KEY@, 1, 0o1666), libc.msgget(@KEY@, 0o1666), libc.mq_open(b'/@MARK@', 0o102, 0o666, None))",
    ),
    Attack(
        "mount, chroot",
        "print(libc.mount(b'none', b'/tmp', b'tmpfs', 0, None), tried(os.chroot, '.'), libc.umount2(b'/proc', 2))",
    ),
    Attack(
        "become root", "print(tried(os.setuid, 0), tried(os.setgid, 0), tried(os.setgroups, [0]), libc.prctl(8, 1))"
    ),
]

NETWORK = [
    Attack("TCP", "import socket\nsocket.create_connection(('127.0.0.1', @PORT@)).send(b'out')", (CRASH,)),
    Attack("UDP", "import socket\nsocket.socket(2, 2).sendto(b'out', ('127.0.0.1', @PORT@))", (CRASH,)),
    Attack("socket by path", "import socket\ns = socket.socket(1)\ns.connect('@UNIX@')\ns.send(b'out')", (CRASH,)),
    Attack(
        "abstract socket", "import socket\ns = socket.socket(1)\ns.connect('\\0@ABSTRACT@')\ns.send(b'out')", (CRASH,)
    ),
    Attack(
        "pair with an address",
        "import socket\na, b = socket.socketpair(1, 2)\nprint([tried(a.sendto, b'out', x) for x in ('@UNIX_DATAGRAM@', '\\0@ABSTRACT@')])\n"
        "print(tried(a.sendmsg, [b'out'], [], 0, '@UNIX_DATAGRAM@'))",
    ),
    Attack(
        "other families",
        "import socket\nprint([tried(socket.socket, f, t) for f in (16, 17, 38, 40, 10) for t in (1, 2, 3, 5)])",
    ),
    Attack("server", "import socket\ns = socket.socket()\ns.bind(('', 0))\ns.listen()\ns.accept()", (CRASH,)),
    Attack(
        "name service",
        "import socket\nprint(tried(socket.getaddrinfo, 'localhost', 80), tried(socket.gethostbyname, 'example.org'))",
        STOPPED,
    ),
]

KERNEL = [
    Attack(
        "dangerous calls by number",
        "n = (321, 323, 425, 298, 248, 250, 246, 169, 175, 313, 155, 165, 161, 304, 447, 272, 308, 319, 446) if X86 else "
        "(280, 282, 425, 241, 217, 219, 104, 142, 105, 273, 41, 40, 51, 265, 447, 97, 268, 279, 446)\n"
        "got = [syscall(x, 0, 0, 0, 0, 0) for x in n]\nprint('open' if any(g[1] not in (1, 38) for g in got) else 'shut', got)",
    ),
    Attack("x32 calls", "print(syscall(0x40000000 | 39))", FAILED),
    Attack(
        "32-bit gate",
        "import mmap\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3' if X86 else b'\\0\\0\\0\\0')\n"
        "print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))())",
    ),
    Attack("a filter of its own", "print(libc.prctl(22, 2, 0), syscall(317 if X86 else 277, 1, 0, 0))"),
    Attack(
        "a landlock of its own, seals",
        "import fcntl\nprint(syscall(444, 0, 0, 1), tried(fcntl.fcntl, 1, 1033, 15), tried(fcntl.fcntl, 0, 1033, 15))",
    ),
    Attack(
        "clock, host name, priority, processor",
        "print(tried(time.clock_settime, 0, 0), tried(__import__('socket').sethostname, 'x'), tried(os.setpriority, 0, 0, -5), tried(os.sched_setaffinity, 0, {0}), tried(os.nice, 1))",
    ),
    Attack(
        "keys pressed",
        "import fcntl, termios\nprint([tried(fcntl.ioctl, fd, termios.TIOCSTI, b'x') for fd in (0, 1, 2)], tried(os.open, '/dev/tty', 2))",
    ),
    Attack(
        "devices",
        "print([tried(lambda: open(p, 'rb').read(9)) for p in ('/dev/mem', '/dev/kmsg', '/dev/vda', '/dev/fuse', '/dev/kvm')])",
    ),
]

ATTACKS = [*PROCESSES, *RESOURCES, *FORGERY, *OTHERS, *NETWORK, *KERNEL]
