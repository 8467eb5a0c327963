"""What pycocotools' mask API makes of what is no ordinary mask: polygons of two corners, boxes far out, runs of no length, masks
of two sizes, boxes that do not meet.

    pip install pycocotools==2.0.11 numpy
    python make_mask_quirks.py
"""
import json, random
import numpy as np
from pycocotools import mask as M

rng = random.Random(17)


def text(mask):
    return mask["counts"].decode()


lists = []
for _ in range(60):
    h, w = rng.randint(1, 30), rng.randint(1, 30)
    # Where the first list is of four numbers, it takes none of them for polygons.
    sizes = [rng.choice([6, 8])] + [rng.choice([2, 4, 6])] * rng.randint(0, 2)
    polygons = [[round(rng.uniform(-3, 33), 2) for _ in range(n)] for n in sizes]
    lists.append(dict(h=h, w=w, polygons=polygons, mask=text(M.merge(M.frPyObjects(polygons, h, w)))))
boxes = []
for _ in range(60):
    h, w = rng.randint(1, 30), rng.randint(1, 30)
    far = lambda: rng.choice([-1, 1]) * 10 ** rng.uniform(0, 8)
    x, y = far(), far()
    box = [x, y, abs(x) + rng.uniform(0, 40), abs(y) + rng.uniform(0, 40)]
    boxes.append(dict(h=h, w=w, box=box, mask=text(M.frPyObjects(np.array([box]), h, w)[0])))


def runs(h, w):
    counts, left = [], h * w
    while left > 0:
        counts.append(0 if rng.random() < 0.25 and counts else rng.randint(0 if not counts else 1, left))
        left -= counts[-1]
    return counts + ([0] if rng.random() < 0.2 else [])


pairs = []
for i in range(300):
    h, w = rng.randint(1, 9), rng.randint(1, 9)
    other = (h, w) if i % 5 else (w, h + 1)
    a, b = runs(h, w), runs(*other)
    ra, rb = M.frPyObjects([dict(size=[h, w], counts=a), dict(size=list(other), counts=b)], h, w)
    case = dict(h=h, w=w, a=a, oh=other[0], ow=other[1], b=b, text=text(ra), area=int(M.area(ra)), box=M.toBbox(ra).tolist())
    case["iou"], case["crowd"] = [float(M.iou([ra], [rb], [crowd])[0][0]) for crowd in (0, 1)]
    if other == (h, w):
        case["union"], case["both"] = text(M.merge([ra, rb])), text(M.merge([ra, rb], intersect=True))
    pairs.append(case)
json.dump(dict(lists=lists, boxes=boxes, pairs=pairs), open("mask-quirks.json", "w"), separators=(",", ":"))
