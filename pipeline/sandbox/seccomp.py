"""Takes system calls from a process for good: Linux's seccomp with a filter in classic BPF.

What is denied answers "not permitted", as if a user lacked the right: libraries are ready for
that, while a kill would look like a crash. A list of what is denied, not of what is allowed:
decoders and inference use what their next version likes.
"""

import ctypes
import errno
import os
import platform
import sys
from functools import cache

from pipeline.sandbox.kernel import forbid_new_privileges, prctl

_SET_SECCOMP, _GET_SECCOMP, _FILTER = 22, 21, 2

# name → numbers on (x86-64, aarch64); -1 where there is no such call
_DENIED: dict[str, tuple[int, int]] = {
    # programs and processes; what starts threads is looked at below
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, -1), "vfork": (58, -1),
    # leaving the group that is killed as a whole
    "setsid": (112, 157), "setpgid": (109, 154),
    # other processes, by any way but a signal
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "kcmp": (312, 272), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "migrate_pages": (256, 238), "move_pages": (279, 239), "setpriority": (141, 140),
    "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "sched_setattr": (314, 274), "ioprio_set": (251, 30),
    # memory that no limit counts; some of it stays when the process has gone
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196),
    "shmctl": (31, 195), "msgget": (68, 186), "msgctl": (71, 187), "msgsnd": (69, 189),
    "msgrcv": (70, 188), "semget": (64, 190), "semctl": (66, 191), "semop": (65, 193),
    "semtimedop": (220, 192), "mq_open": (240, 180), "mq_unlink": (241, 181),
    # ways around this filter and around Landlock, which knows no owners and modes
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "open_by_handle_at": (304, 265), "chmod": (90, -1), "fchmod": (91, 52),
    "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, -1),
    "lchown": (94, -1), "fchown": (93, 55), "fchownat": (260, 54),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88),
    # namespaces and file systems
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    # the kernel itself
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171),
    "clock_adjtime": (305, 266), "sethostname": (170, 161), "setdomainname": (171, 162),
    "syslog": (103, 116), "iopl": (172, -1), "ioperm": (173, -1), "vhangup": (153, 58),
}  # fmt: skip

_SOCKET, _SOCKETPAIR = (41, 198), (53, 199)
# CUDA listens at a socket that hands its memory to other processes, and does not start without.
# It gets one of that kind, at which nobody is answered and from which nobody is reached.
_CONNECTIONS = ((42, 203), (43, 202), (288, 242))  # connect, accept, accept4
_UNIX, _SEQPACKET, _KINDS = 1, 5, 0xF
# It shares memory with itself by files in memory, too. None can be executed, and what it pins by
# its own devices no limit counts either.
_OF_CUDA = {"memfd_create"}
_CLONE, _CLONE3, _CLONE_THREAD = (56, 220), (435, 435), 0x10000
_KILL = ((62, 129), (234, 131))  # kill, tgkill
_PRLIMIT = (302, 261)
# By the second argument, two ways to have the kernel signal another process when a pipe or a
# socket is ready (F_SETOWN, F_SETOWN_EX; FIOSETOWN, SIOCSPGRP), and three to type into the
# terminal that the server was started from (TIOCSTI, TIOCLINUX, TIOCSCTTY).
_REFUSED_COMMANDS = (
    ((72, 25), (8, 15)),  # fcntl
    ((16, 29), (0x8901, 0x8902, 0x5412, 0x541C, 0x540E)),  # ioctl
)

_MACHINES = {"x86_64": 0, "aarch64": 1}
_AUDIT_ARCH = (0xC000003E, 0xC00000B7)
_X32 = 0x40000000  # a second set of numbers on x86-64

# Classic BPF (linux/bpf_common.h) over `struct seccomp_data`.
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_AND = 0x54
_NUMBER, _ARCH, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24
_ALLOW, _ERROR, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000


class _Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("then", ctypes.c_uint8),
        ("otherwise", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Instruction))]


@cache
def available() -> bool:
    """Tell whether the kernel filters system calls and we know this machine's numbers."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return False
    try:
        prctl(_GET_SECCOMP, 0, 0, 0, 0)
    except OSError:
        return False
    return True


def deny(*, sockets: bool, gpu: bool = False) -> None:
    """Deny this thread, and all that it starts, what no stage needs; sockets too if asked.

    With `gpu` what CUDA needs is left. Threads can be started, processes cannot; signals and limits reach this process alone. Call it
    before any other thread runs. Does nothing where the kernel cannot.
    """
    if not available():
        return
    code = _filter(_MACHINES[platform.machine()], sockets=sockets, gpu=gpu)
    instructions = (_Instruction * len(code))(*(_Instruction(*fields) for fields in code))
    program = _Program(len(code), instructions)
    forbid_new_privileges()
    prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)


def _filter(machine: int, *, sockets: bool, gpu: bool = False) -> list[tuple[int, int, int, int]]:
    """Return the program as (code, jump if true, jump if false, value)."""
    not_permitted, no_such_call = (
        (_RETURN, 0, 0, _ERROR | number) for number in (errno.EPERM, errno.ENOSYS)
    )
    allowed = (_RETURN, 0, 0, _ALLOW)
    code = [
        (_LOAD, 0, 0, _ARCH),
        (_IF_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
        (_IF_AT_LEAST, 0, 1, _X32),
        not_permitted,
    ]
    left = _OF_CUDA if gpu else set()
    denied = [numbers for name, numbers in _DENIED.items() if name not in left]
    if sockets:
        denied += [*_CONNECTIONS, _SOCKETPAIR] if gpu else [_SOCKET, _SOCKETPAIR]
    for number in (numbers[machine] for numbers in denied):
        if number >= 0:
            code += [(_IF_EQUAL, 0, 1, number), not_permitted]
    if sockets and gpu:
        code += [
            (_IF_EQUAL, 0, 7, _SOCKET[machine]),
            (_LOAD, 0, 0, _FIRST_ARGUMENT),
            (_IF_EQUAL, 0, 3, _UNIX),
            (_LOAD, 0, 0, _SECOND_ARGUMENT),
            (_AND, 0, 0, _KINDS),
            (_IF_EQUAL, 1, 0, _SEQPACKET),
            not_permitted,
            allowed,
        ]
    # Its flags lie in memory, where a filter cannot look; without it libc takes the other one.
    code += [(_IF_EQUAL, 0, 1, _CLONE3[machine]), no_such_call]
    for number, test, value in (
        (_CLONE[machine], _IF_SET, _CLONE_THREAD),
        *((numbers[machine], _IF_EQUAL, os.getpid()) for numbers in _KILL),
        (_PRLIMIT[machine], _IF_EQUAL, 0),  # its own; libc asks for them so
    ):
        first = (_LOAD, 0, 0, _FIRST_ARGUMENT)
        code += [(_IF_EQUAL, 0, 4, number), first, (test, 1, 0, value), not_permitted, allowed]
    for numbers, commands in _REFUSED_COMMANDS:
        tests = [
            step for command in commands for step in ((_IF_EQUAL, 0, 1, command), not_permitted)
        ]
        code += [(_IF_EQUAL, 0, len(tests) + 2, numbers[machine]), (_LOAD, 0, 0, _SECOND_ARGUMENT)]
        code += [*tests, allowed]
    return [*code, allowed]
