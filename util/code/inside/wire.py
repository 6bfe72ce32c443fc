"""Messages between worker and zygote. Requests are marshalled (the worker is trusted), replies are raw bytes."""

from __future__ import annotations

import marshal
import socket
import struct
from typing import Any

LENGTH = struct.Struct("<Q")
REPLY = struct.Struct("<BiBddQQQQ")
"""Whether more follows, wait status, flags, CPU and wall seconds, peak memory, lengths of stdout, stderr, report.

The bytes of the three follow: what is new since the last reply. The last reply of a run has the status."""

MARSHAL_VERSION = 2
"""One that every interpreter reads, PyPy included."""

SOCKET = 3
"""The zygote's descriptor of the control socket. Nothing else above standard error is open in it."""


def send(sock: socket.socket, data: bytes) -> None:
    sock.sendall(LENGTH.pack(len(data)) + data)


def receive(sock: socket.socket, size: int) -> bytes:
    """Exactly ``size`` bytes.

    Raises:
        ConnectionResetError: the other side closed the socket.
    """
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = sock.recv_into(view)
        if not count:
            raise ConnectionResetError
        view = view[count:]
    return bytes(data)


def request(sock: socket.socket) -> dict[str, Any]:
    """The next request of the worker."""
    found: dict[str, Any] = marshal.loads(receive(sock, LENGTH.unpack(receive(sock, LENGTH.size))[0]))
    return found
