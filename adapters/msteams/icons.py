"""The two icons of the app, drawn: four steps going up, and a dot on the last one."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt

ACCENT = (0x2F, 0x6F, 0x5E)
_WHITE = (255, 255, 255)
_STEPS = tuple((0.19 + 0.155 * step, 0.66 - 0.105 * step, 0.77) for step in range(4))  # left, top, bottom
_WIDE = 0.11
_DOT = (0.71, 0.235, 0.065)  # across, down, radius

Plane = npt.NDArray[np.float64]


def color() -> bytes:
    """192 by 192 pixels: white on our colour."""
    size = 192
    shape = _shape(size)[..., None]
    ground = np.broadcast_to(np.array(ACCENT, dtype=float), (size, size, 3))
    return _png(np.dstack((ground * (1 - shape) + np.array(_WHITE) * shape, np.full((size, size), 255.0))))


def outline() -> bytes:
    """32 by 32 pixels: white on nothing."""
    size = 32
    white = np.broadcast_to(np.array(_WHITE, dtype=float), (size, size, 3))
    return _png(np.dstack((white, _shape(size) * 255)))


def _shape(size: int) -> Plane:
    """How much of each pixel the drawing covers."""
    across, down = np.meshgrid(*[(np.arange(size) + 0.5) / size] * 2)
    x, y, radius = _DOT
    far = np.hypot(across - x, down - y) - radius
    for left, top, bottom in _STEPS:
        beside = np.maximum(left - across, across - left - _WIDE)
        far = np.minimum(far, np.maximum(beside, np.maximum(top - down, down - bottom)))
    covered: Plane = np.clip(0.5 - far * size, 0, 1)
    return covered


def _png(pixels: Plane) -> bytes:
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in np.rint(pixels).astype(np.uint8))
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )
