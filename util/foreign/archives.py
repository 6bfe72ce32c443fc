"""Members of ZIP archives that are compressed with Zstandard, which Python reads itself from 3.14 on."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

from util.system.packages import require

ZSTANDARD = 93
_HEADER = struct.Struct("<4s5H3L2H")
"""The local header before a member: ... length of its name, length of its extra field (APPNOTE.TXT, 4.3.7)."""


def member(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    """The content of a member.

    Raises:
        UserError: it needs the package zstandard.
        ValueError, OSError, zipfile.BadZipFile: the archive is damaged.
    """
    about = archive.getinfo(name)
    if about.compress_type != ZSTANDARD:
        return archive.read(name)
    require("zstandard")
    import zstandard

    with path.open("rb") as file:
        file.seek(about.header_offset)
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size or header[:4] != b"PK\x03\x04":
            raise ValueError(f"{name} has no header where the archive's directory says")
        *_, name_length, extra_length = _HEADER.unpack(header)
        file.seek(name_length + extra_length, 1)
        data = file.read(about.compress_size)
    try:
        content = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
    if len(content) != about.file_size:
        raise ValueError(f"{name} has {len(content)} bytes where the archive's directory says {about.file_size}")
    return content
