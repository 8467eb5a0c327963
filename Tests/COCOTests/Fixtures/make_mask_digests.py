"""What pycocotools' mask API gives for 10,000 masks and polygons that a small generator draws, a digest for each hundred.

    pip install pycocotools==2.0.11 numpy
    python make_mask_digests.py
"""
import json, struct
import numpy as np
from pycocotools import mask as M

state = 1


def draw(n):
    """0 ..< n; a linear congruential generator (Knuth's MMIX), its upper bits."""
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    return (state >> 33) % n


def polygon(h, w):
    return [draw(100 * ((w if i % 2 == 0 else h) + 8)) / 100 - 4 for i in range(2 * (3 + draw(6)))]


def bitmap(h, w):
    toggle, value, bits = 1 + draw(12), draw(2), []
    for _ in range(h * w):
        if draw(toggle) == 0:
            value = 1 - value
        bits.append(value)
    return np.array(bits, np.uint8).reshape(h, w)


def digest(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:x}"


def number(x):
    return struct.pack(">d", x).hex()


digests = []
for _ in range(100):
    lines = []
    for case in range(100):
        h, w = 1 + draw(50), 1 + draw(50)
        a = M.merge(M.frPyObjects([polygon(h, w) for _ in range(1 + draw(2))], h, w))
        b = M.encode(np.asfortranarray(bitmap(h, w)))
        x, y = draw(100 * w) / 100, draw(100 * h) / 100
        c = M.frPyObjects(np.array([[x, y, draw(100 * w) / 100, draw(100 * h) / 100]]), h, w)[0]
        both, either = M.merge([a, b], intersect=True), M.merge([a, b, c])
        assert (M.decode(a) == M.decode(M.encode(M.decode(a)))).all()
        ious = [M.iou([p], [q], [crowd])[0][0] for p, q in ((a, b), (b, c), (c, a)) for crowd in (0, 1)]
        lines.append(" ".join([m["counts"].decode() for m in (a, b, c, both, either)] + [str(int(M.area(m))) for m in (a, b, c)] + [str(int(v)) for m in (a, b, c) for v in M.toBbox(m)] + [number(v) for v in ious]))
    digests.append(digest("\n".join(lines)))
json.dump(digests, open("mask-digests.json", "w"), indent=0)
