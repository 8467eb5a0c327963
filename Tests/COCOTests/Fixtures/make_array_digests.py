"""What pycocotools gives for 240 datasets that a small generator draws: a digest of the whole arrays of each, and of how many
detections of a score of 0.5 or more are right. A third of them is evaluated as boxes, a third as masks, a third as keypoints.

Among what is drawn: ties, scores of 0 and 1, crowds, empty images and categories, more detections than count, objects without
area or with id 0, objects of no labelled keypoint, results of masks alone, categories not told apart.

    pip install pycocotools==2.0.11 numpy
    python make_array_digests.py
"""
import contextlib, io, json
import numpy as np
from pycocotools import mask as M
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


class Draw:
    """0 ..< n; a linear congruential generator (Knuth's MMIX), its upper bits."""

    def __init__(self, seed):
        self.state = seed

    def __call__(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n


def rectangle(x, y, w, h):
    return [x, y, x + w, y, x + w, y + h, x, y + h]


def dataset(draw, kind):
    W, H = 20 + draw(60), 20 + draw(60)
    images = [dict(id=10 * draw(1000) + i, width=W, height=H) for i in range(1 + draw(6))]
    categories = [dict(id=5 * draw(20) + k, name=f"c{k}") for k in range(1 + draw(4))]
    K, first, form = len(categories), draw(4) and 1, draw(3)
    box = lambda: [draw(4 * W) / 4, draw(4 * H) / 4, draw(4 * W) / 4, draw(4 * H) / 4]
    objects, found = [], []
    for image in images:
        for _ in range([0, 0, 1, 3, 8][draw(5)]):
            x, y, w, h = box()
            o = dict(id=len(objects) + first, image_id=image["id"], category_id=categories[draw(max(1, K - 1))]["id"], bbox=[x, y, w, h])
            o["iscrowd"] = int(draw(5) == 0)
            o["area"] = [w * h, 0.0, 1024.0, 9216.0, w * h * 30][draw(5)]
            a, b = draw(W * H // 2), draw(W * H // 2)
            o["segmentation"] = dict(size=[H, W], counts=[a, b, W * H - a - b]) if o["iscrowd"] else [rectangle(x, y, w, h)]
            labelled = draw(4) > 0
            o["keypoints"] = [v for _ in range(17) for v in (draw(4 * W) / 4, draw(4 * H) / 4, draw(3) if labelled else 0)]
            o["num_keypoints"] = sum(v > 0 for v in o["keypoints"][2::3])
            objects.append(o)
    for i, image in enumerate(images):
        for _ in range([0, 2, 12, 130][draw(4)] + (i == 0)):
            base = objects[draw(len(objects))] if objects and draw(3) > 0 else None
            reach = [1, 9, 33][draw(3)]
            moved = lambda v: max(v + (draw(reach) - reach // 2) / 4, 0)
            x, y, w, h = [moved(v) for v in base["bbox"]] if base else box()
            d = dict(image_id=base["image_id"] if base else image["id"], category_id=base["category_id"] if base and draw(4) > 0 else categories[draw(K)]["id"])
            d["score"] = [0.0, 0.5, 1.0, draw(129) / 128, draw(129) / 128][draw(5)]
            if kind == "keypoints":
                d["keypoints"] = [v for k in range(17) for v in (moved(base["keypoints"][3 * k] if base else x), moved(base["keypoints"][3 * k + 1] if base else y), 1)]
            if kind != "keypoints" and form != 1:
                d["bbox"] = [x, y, w, h]
            if kind != "keypoints" and form != 2:
                mask = M.frPyObjects(np.array([[x, y, w, h]]), H, W)[0]
                d["segmentation"] = dict(size=mask["size"], counts=mask["counts"].decode())
            found.append(d)
    return dict(images=images, categories=categories, annotations=objects), found


def digest(values):
    """Σ of the values' bits, the upper ones mixed into the lower, each times a power of an odd number, wrapped at 64 bits."""
    bits = np.ascontiguousarray(values, np.float64).view(np.uint64).ravel()
    bits = bits ^ bits >> np.uint64(32)
    with np.errstate(over="ignore"):
        powers = np.cumprod(np.full(len(bits), 0x100000001B3, np.uint64))[::-1]
        return f"{int((bits * powers).sum(dtype=np.uint64)):x}"


digests = []
for seed in range(240):
    draw, kind = Draw(seed + 1), ("bbox", "segm", "keypoints")[seed % 3]
    gt, dt = dataset(draw, kind)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = gt
        truth.createIndex()
        e = COCOeval(truth, truth.loadRes(dt), kind)
        e.params.useCats = int(draw(4) > 0)
        if draw(3) == 0:
            e.params.maxDets = [1, 3, 5]
        e.evaluate(), e.accumulate()
    K, A, I = len(e.params.catIds) if e.params.useCats else 1, len(e.params.areaRng), len(e.params.imgIds)
    points = np.zeros((K, len(e.params.iouThrs), 3))
    for k in range(K):
        for i in range(I):
            r = e.evalImgs[(k * A + 0) * I + i]
            if r is None:
                continue
            counts = (np.array(r["dtScores"]) >= 0.5)[None] & ~r["dtIgnore"].astype(bool)
            points[k] += np.stack([(counts & (r["dtMatches"] != 0)).sum(1), counts.sum(1), np.full(len(counts), (r["gtIgnore"] == 0).sum())], 1)
    digests.append([digest(e.eval[key]) for key in ("precision", "recall", "scores")] + [digest(points)])
json.dump(digests, open("array-digests.json", "w"), indent=0)
