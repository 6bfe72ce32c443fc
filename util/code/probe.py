"""A program that tries what each layer must block, and prints which layers blocked it."""

PROBE = """
import json, os

def stopped(act, *arguments):
    try:
        act(*arguments)
    except OSError:
        return True
    return False

def fork():
    if os.fork() == 0:
        os._exit(0)

# /proc/self/status exists with and without namespaces; /etc/passwd on every machine, but not in the new root.
print(json.dumps({
    "seccomp": stopped(fork) and stopped(os.kill, os.getppid(), 0),
    "landlock": stopped(open, "/proc/self/status") and stopped(os.listdir, "/"),
    "namespaces": stopped(os.stat, "/etc/passwd") and stopped(os.stat, "/home"),
    "uid": os.getuid() != 0,
}))
"""
