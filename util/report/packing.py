"""Compressed data as text for an HTML script element: 7 bits per character instead of base64's 6.

Decoded by ``unpackedText`` in assets/core.js. The file stays valid UTF-8 and grows by 8/7 where base64 grows by 4/3.
"""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

FORBIDDEN = b"\0\r<"
"""Characters that an HTML parser replaces (the first two), or that could begin a tag."""
_PAIR = re.compile(rb"[\0\r<](?s:.)")


def packed_text(text: bytes) -> tuple[str, int]:
    """Compress ``text`` (DEFLATE without a header); return it encoded, and the number of compressed bytes.

    The compressed bits are cut into groups of 7, each written as the ASCII character of that number. A group that would be
    a character of ``FORBIDDEN`` is joined with the next one to a single character from U+0080 on, two bytes in UTF-8:
    128 + 128 * (place in FORBIDDEN) + next group.
    """
    import numpy as np

    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = deflate.compress(text) + deflate.flush()
    bits = np.unpackbits(np.frombuffer(data, np.uint8))
    bits = np.concatenate([bits, np.zeros(-len(bits) % 7, np.uint8)]).reshape(-1, 7)
    groups = np.packbits(bits, axis=1)[:, 0] >> 1
    padded = groups.tobytes() + b"\1"  # so that every forbidden group has a next one; the size says where to stop
    joined = _PAIR.sub(lambda pair: _two_bytes(pair[0]), padded)
    return joined.decode(), len(data)


def _two_bytes(pair: bytes) -> bytes:
    return chr(128 + 128 * FORBIDDEN.index(pair[0]) + pair[1]).encode()


def packed_script(text: bytes, attributes: str) -> str:
    """A script element that a browser does not run, with ``text`` in it as ``packed_text`` writes it.

    attributes: escaped, such as ``class="chunk"``.
    """
    encoded, size = packed_text(text)
    return f'<script type="text/plain" {attributes} data-size="{size}">{encoded}</script>\n'


def embedded(value: Any) -> str:
    """``value`` as JSON that cannot end the HTML script element it is in."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=str)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
