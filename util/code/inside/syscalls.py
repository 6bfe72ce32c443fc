"""System call numbers, and which calls a solution may use.

From the kernel's headers (``asm/unistd_64.h``, ``asm-generic/unistd.h``). The zygote
loads this file, so it imports nothing from the project.
"""

from __future__ import annotations

import platform

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""Machine name -> the audit architecture that seccomp reports."""

_ALLOWED = {
    "x86_64": """
read=0 write=1 close=3 fstat=5 stat=4 lstat=6 newfstatat=262 statx=332 poll=7 ppoll=271 lseek=8 mmap=9
mprotect=10 munmap=11 brk=12 mremap=25 msync=26 mincore=27 madvise=28 rt_sigaction=13 rt_sigprocmask=14
rt_sigreturn=15 rt_sigpending=127 rt_sigtimedwait=128 rt_sigsuspend=130 sigaltstack=131 restart_syscall=219
pause=34 pread64=17 pwrite64=18 readv=19 writev=20 preadv=295 pwritev=296 preadv2=327 pwritev2=328 access=21
faccessat=269 faccessat2=439 pipe=22 pipe2=293 select=23 pselect6=270 sched_yield=24 dup=32 dup2=33 dup3=292
nanosleep=35 clock_nanosleep=230 getitimer=36 setitimer=38 alarm=37 getpid=39 gettid=186 getppid=110
getpgrp=111 getpgid=121 getsid=124 getuid=102 geteuid=107 getgid=104 getegid=108 getresuid=118 getresgid=120
getgroups=115 shutdown=48 getsockname=51 getpeername=52 getsockopt=55 recvfrom=45 recvmsg=47 exit=60
exit_group=231 wait4=61 waitid=247 uname=63 flock=73 fsync=74 fdatasync=75 ftruncate=77 getdents=78
getdents64=217 getcwd=79 chdir=80 rename=82 renameat=264 renameat2=316 unlink=87 unlinkat=263 creat=85
open=2 openat=257 umask=95 gettimeofday=96 time=201 clock_gettime=228 clock_getres=229 times=100
getrlimit=97 getrusage=98 sysinfo=99 arch_prctl=158 futex=202 futex_waitv=449 set_tid_address=218
set_robust_list=273 get_robust_list=274 sched_getaffinity=204 sched_getparam=143 sched_getscheduler=145
sched_get_priority_max=146 sched_get_priority_min=147 epoll_create=213 epoll_create1=291 epoll_ctl=233
epoll_wait=232 epoll_pwait=281 epoll_pwait2=441 eventfd=284 eventfd2=290 getrandom=318 getcpu=309 rseq=334
membarrier=324 statfs=137 fstatfs=138 readlink=89 readlinkat=267 close_range=436 fadvise64=221
""",
    "aarch64": """
read=63 write=64 close=57 fstat=80 newfstatat=79 statx=291 ppoll=73 lseek=62 mmap=222 mprotect=226
munmap=215 brk=214 mremap=216 msync=227 mincore=232 madvise=233 rt_sigaction=134 rt_sigprocmask=135
rt_sigreturn=139 rt_sigpending=136 rt_sigtimedwait=137 rt_sigsuspend=133 sigaltstack=132 restart_syscall=128
pread64=67 pwrite64=68 readv=65 writev=66 preadv=69 pwritev=70 preadv2=286 pwritev2=287 faccessat=48
faccessat2=439 pipe2=59 pselect6=72 sched_yield=124 dup=23 dup3=24 nanosleep=101 clock_nanosleep=115
getitimer=102 setitimer=103 getpid=172 gettid=178 getppid=173 getpgid=155 getsid=156 getuid=174 geteuid=175
getgid=176 getegid=177 getresuid=148 getresgid=150 getgroups=158 shutdown=210 getsockname=204
getpeername=205 getsockopt=209 recvfrom=207 recvmsg=212 exit=93 exit_group=94 wait4=260 waitid=95 uname=160
flock=32 fsync=82 fdatasync=83 ftruncate=46 getdents64=61 getcwd=17 chdir=49 renameat=38 renameat2=276
unlinkat=35 openat=56 umask=166 gettimeofday=169 clock_gettime=113 clock_getres=114 times=153 getrlimit=163
getrusage=165 sysinfo=179 futex=98 futex_waitv=449 set_tid_address=96 set_robust_list=99 get_robust_list=100
sched_getaffinity=123 sched_getparam=121 sched_getscheduler=120 sched_get_priority_max=125
sched_get_priority_min=126 epoll_create1=20 epoll_ctl=21 epoll_pwait=22 epoll_pwait2=441 eventfd2=19
getrandom=278 getcpu=168 rseq=293 membarrier=283 statfs=43 fstatfs=44 readlinkat=78 close_range=436
fadvise64=223
""",
}

_NAMED = {
    "x86_64": """
ioctl=16 fcntl=72 socketpair=53 sendto=44 clone=56 clone3=435 kill=62 tgkill=234 prlimit64=302 prctl=157
fork=57 vfork=58 memfd_create=319 setsid=112 pidfd_open=434 setrlimit=160 sendmsg=46 seccomp=317
pivot_root=155 capset=126 mount_setattr=442 landlock_create_ruleset=444 landlock_add_rule=445
landlock_restrict_self=446
""",
    "aarch64": """
ioctl=29 fcntl=25 socketpair=199 sendto=206 clone=220 clone3=435 kill=129 tgkill=131 prlimit64=261 prctl=167
memfd_create=279 setsid=157 pidfd_open=434 setrlimit=164 sendmsg=211 seccomp=277 pivot_root=41 capset=91
mount_setattr=442 landlock_create_ruleset=444 landlock_add_rule=445 landlock_restrict_self=446
""",
}


def _parsed(text: str) -> dict[str, int]:
    return {name: int(number) for name, number in (item.split("=") for item in text.split())}


MACHINE = platform.machine()
ALLOWED = _parsed(_ALLOWED.get(MACHINE, ""))
"""Calls that are allowed with any arguments."""

NUMBERS = _parsed(_NAMED.get(MACHINE, ""))
"""Calls whose arguments are checked, that only the zygote may use, or that set it up."""
