"""Pascal VOC's AP of random boxes in whole pixels, some of the objects difficult, by the rules of the devkit's VOCevaldet and
VOCap as Detectron2 keeps them (an overlap must be above the threshold), written down anew from the challenge's description.

    pip install numpy
    python make_voc.py
"""
import json, random
import numpy as np

rng = random.Random(23)


def box(reach=60):
    """xmin, ymin, xmax, ymax: pixels, both ends in, the first one 1."""
    x, y = rng.randint(1, reach), rng.randint(1, reach)
    return [x, y, x + rng.randint(1, 40), y + rng.randint(1, 40)]


def overlap(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]) + 1, min(a[3], b[3]) - max(a[1], b[1]) + 1
    if w <= 0 or h <= 0:
        return 0.0
    size = lambda c: (c[2] - c[0] + 1) * (c[3] - c[1] + 1)
    return w * h / (size(a) + size(b) - w * h)


def curve(truth, found, threshold):
    """Recall and precision down the scores."""
    count = sum(not o["difficult"] for objects in truth.values() for o in objects)
    taken, right, wrong = set(), [0], [0]
    for image, b, _ in sorted(found, key=lambda f: -f[2]):
        objects = truth.get(image, [])
        overlaps = [overlap(b, o["box"]) for o in objects]
        best = int(np.argmax(overlaps)) if objects else -1
        is_right = is_wrong = 0
        if objects and overlaps[best] > threshold:
            if not objects[best]["difficult"]:
                is_right = (image, best) not in taken
                is_wrong = not is_right
                taken.add((image, best))
        else:
            is_wrong = 1
        right.append(right[-1] + is_right)
        wrong.append(wrong[-1] + is_wrong)
    right, wrong = np.array(right[1:], float), np.array(wrong[1:], float)
    return right / count, right / np.maximum(right + wrong, np.finfo(float).eps)


def eleven_points(recall, precision):
    return sum((precision[recall >= t].max() if (recall >= t).any() else 0) / 11 for t in np.arange(0, 1.1, 0.1))


def area(recall, precision):
    recall, precision = np.concatenate([[0], recall, [1]]), np.concatenate([[0], precision, [0]])
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.flatnonzero(recall[1:] != recall[:-1])
    return float(((recall[steps + 1] - recall[steps]) * falling[steps + 1]).sum())


cases = []
for _ in range(12):
    classes, images = rng.randint(1, 3), rng.sample(range(1, 100), rng.randint(1, 6))
    coco = lambda b: [b[0] - 1, b[1] - 1, b[2] - b[0] + 1, b[3] - b[1] + 1]
    gt = dict(images=[dict(id=i, width=120, height=120) for i in images], categories=[dict(id=c, name=f"c{c}") for c in range(1, classes + 1)], annotations=[])
    truth, found, dt, scores = {}, {}, [], rng.sample(range(1, 10_000), 400)
    for c in range(1, classes + 1):
        for i in images:
            for _ in range(rng.choice([0, 1, 2, 5])):
                o = dict(box=box(), difficult=rng.random() < 0.2)
                truth.setdefault(c, {}).setdefault(i, []).append(o)
                b = coco(o["box"])
                gt["annotations"].append(dict(id=len(gt["annotations"]) + 1, image_id=i, category_id=c, bbox=b, area=b[2] * b[3], difficult=int(o["difficult"])))
            for _ in range(rng.choice([0, 3, 15])):
                near = truth.get(c, {}).get(i)
                b = [max(1, v + rng.randint(-3, 3)) for v in rng.choice(near)["box"]] if near and rng.random() < 0.7 else box()
                b = [b[0], b[1], max(b[0], b[2]), max(b[1], b[3])]
                score = scores.pop() / 10_000
                found.setdefault(c, []).append((i, b, score))
                dt.append(dict(image_id=i, category_id=c, bbox=coco(b), score=score))
    expected = []
    for c in range(1, classes + 1):
        if not any(not o["difficult"] for objects in truth.get(c, {}).values() for o in objects):
            expected.append(None)
            continue
        curves = [curve(truth[c], found.get(c, []), t / 100) for t in range(50, 100, 5)]
        expected.append(dict(points=[float(eleven_points(*v)) for v in curves], area=[area(*v) for v in curves]))
    cases.append(dict(gt=gt, dt=dt, expected=expected))
json.dump(cases, open("voc.json", "w"), separators=(",", ":"))
