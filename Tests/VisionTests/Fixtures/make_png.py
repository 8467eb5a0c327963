"""PNG files of every colour type, depth and interlacing, with transparency and EXIF, and what Pillow makes of each as RGB. Most are
written here, as Pillow writes only some of them.

    pip install pillow numpy
    python make_png.py
"""
import base64, io, json, struct, zlib

import numpy as np
from PIL import Image, ImageOps

rng = np.random.default_rng(3)
W, H = 13, 11
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def rows(samples, depth):
    """(H, W, C) samples as scan lines, each with the filter 0 before it."""
    out = b""
    for line in samples.reshape(samples.shape[0], -1):
        if depth == 16:
            out += b"\0" + line.astype(">u2").tobytes()
        else:
            bits = ((line[:, None] >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8).reshape(-1)
            out += b"\0" + np.packbits(bits).tobytes()
    return out


def png(kind, depth, interlaced, extra=()):
    top = 2 ** depth if kind != 3 else min(2 ** depth, 7)
    samples = rng.integers(0, top, (H, W, CHANNELS[kind]))
    if interlaced:
        data = b"".join(rows(samples[y::h, x::w], depth) for x, y, w, h in ADAM7 if samples[y::h, x::w].size)
    else:
        data = rows(samples, depth)
    chunks = [chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, depth, kind, 0, 0, int(interlaced)))]
    if kind == 3:
        chunks.append(chunk(b"PLTE", rng.integers(0, 256, 3 * top, dtype=np.uint8).tobytes()))
    chunks += [chunk(*e) for e in extra]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


files = {}
for kind, depths in ((0, (1, 2, 4, 8, 16)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8, 16)), (6, (8, 16))):
    for depth in depths:
        for interlaced in (False, True):
            files[f"type {kind}, {depth} bits{', interlaced' * interlaced}"] = png(kind, depth, interlaced)
files["grey with a transparent value"] = png(0, 8, False, [(b"tRNS", struct.pack(">H", 100))])
files["RGB with a transparent value"] = png(2, 8, False, [(b"tRNS", struct.pack(">HHH", 1, 2, 3))])
files["palette with alpha"] = png(3, 4, False, [(b"tRNS", bytes([0, 128, 255]))])
files["gamma"] = png(2, 8, False, [(b"gAMA", struct.pack(">I", 100000))])
for orientation in range(1, 9):
    exif = b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    files[f"orientation {orientation}"] = png(2, 8, False, [(b"eXIf", exif)])
out = []
for name, data in files.items():
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    out.append(dict(name=name, png=base64.b64encode(data).decode(), width=image.width, height=image.height,
                    rgb=base64.b64encode(image.tobytes()).decode()))
json.dump(out, open("png.json", "w"), separators=(",", ":"))
