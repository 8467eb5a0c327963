"""Random datasets and the arrays that pycocotools gives for them; masks and what its mask API makes of them.

    pip install pycocotools==2.0.11 numpy
    python make_random.py
"""
import contextlib, io, json, random
import numpy as np
from pycocotools import mask as M
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def polygon(rng, w, h):
    n = rng.randint(3, 7)
    return [round(rng.uniform(-3, (w if i % 2 == 0 else h) + 3), 2) for i in range(2 * n)]


def dataset(seed):
    rng = random.Random(seed)
    images = [dict(id=rng.randint(1, 10**6) * 10 + i, width=rng.randint(20, 90), height=rng.randint(20, 90), file_name=f"{i}.jpg") for i in range(8)]
    cats = [dict(id=c, name=f"c{c}") for c in (7, 2, 11, 5)]
    anns, dets = [], []
    for image in images[:6]:
        for _ in range(rng.choice([0, 1, 4, 9])):
            w, h = image["width"], image["height"]
            x, y = rng.uniform(0, w - 3), rng.uniform(0, h - 3)
            bw, bh = rng.choice([0, rng.uniform(1, w - x)]) or rng.uniform(1, w - x), rng.uniform(1, h - y)
            crowd = int(rng.random() < 0.2)
            bits = np.zeros((h, w), np.uint8, order="F")
            bits[int(y):int(y + bh) + 1, int(x):int(x + bw) + 1] = 1
            if crowd:
                counts, run, last = [], 0, 0
                for v in bits.flatten(order="F"):
                    if v != last:
                        counts.append(run); run = 0; last = v
                    run += 1
                counts.append(run)
                seg = dict(size=[h, w], counts=counts)
            else:
                seg = [[x, y, x + bw, y, x + bw, y + bh, x, y + bh]] + ([polygon(rng, w, h)] if rng.random() < 0.3 else [])
            scale = rng.choice([1, 1, 30, 300])
            anns.append(dict(id=len(anns) + (0 if seed == 1 else 1), image_id=image["id"], category_id=rng.choice([7, 2, 11]), bbox=[x, y, bw, bh], area=rng.choice([bw * bh * scale, 0, 1024.0, 9216.0, bw * bh]), iscrowd=crowd, segmentation=seg))
    for image in images:
        for _ in range(rng.choice([0, 3, 12, 110])):
            w, h = image["width"], image["height"]
            if anns and rng.random() < 0.6:
                base = rng.choice(anns)["bbox"]
                x, y, bw, bh = [max(0.0, v + rng.uniform(-2, 2)) for v in base]
            else:
                x, y, bw, bh = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(0, w), rng.uniform(0, h)
            bits = np.zeros((h, w), np.uint8, order="F")
            bits[int(y):int(y + bh) + 1, int(x):int(x + bw) + 1] = 1
            rle = M.encode(bits)
            dets.append(dict(image_id=image["id"], category_id=rng.choice([7, 2, 11, 5]), bbox=[round(v, 2) for v in (x, y, bw, bh)], score=rng.choice([0.0, 1.0, 0.5, round(rng.random(), 2)]), segmentation=dict(size=[h, w], counts=rle["counts"].decode())))
    return dict(images=images, categories=cats, annotations=anns), dets


def evaluate(gt, dets, kind):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = json.loads(json.dumps(gt))
        coco.createIndex()
        results = coco.loadRes(json.loads(json.dumps(dets)))
        e = COCOeval(coco, results, kind)
        e.evaluate(), e.accumulate()
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            e.summarize()
    def pack(a):
        # Recall points innermost and runs of equal values, to keep the file small.
        if a.ndim == 5:
            a = np.moveaxis(a, 1, -1)
        flat, out = a.flatten().tolist(), []
        for v in flat:
            if out and out[-1][0] == v:
                out[-1][1] += 1
            else:
                out.append([v, 1])
        return out
    def by_category(values):
        """The mean over what is not -1, for all sizes and the highest limit; None where nothing is."""
        values = [values[..., k, 0, -1] for k in range(values.shape[-3])]
        return [float(np.mean(v[v > -1])) if (v > -1).any() else None for v in values]
    precision, recall = e.eval["precision"], e.eval["recall"]
    categories = dict(AP=by_category(precision), AP50=by_category(precision[:1]), AP75=by_category(precision[5:6]), AR=by_category(recall))
    return dict(categories=categories, precision=pack(e.eval["precision"]), recall=pack(e.eval["recall"]), scores=pack(e.eval["scores"]), stats=e.stats.tolist(), text=text.getvalue().rstrip("\n"))


for seed in range(3):
    gt, dets = dataset(seed)
    masks_only = [{k: v for k, v in d.items() if k != "bbox"} for d in dets]
    json.dump(gt, open(f"random{seed}-gt.json", "w"))
    json.dump(dets, open(f"random{seed}-dt.json", "w"))
    json.dump({"bbox": evaluate(gt, dets, "bbox"), "segm": evaluate(gt, dets, "segm"), "masks": evaluate(gt, masks_only, "segm"), "masksByBox": evaluate(gt, masks_only, "bbox")}, open(f"random{seed}-expected.json", "w"), separators=(",", ":"))

rng = random.Random(99)
cases = []
for i in range(200):
    h, w = rng.randint(1, 40), rng.randint(1, 40)
    a, b = polygon(rng, w, h), polygon(rng, w, h)
    if i % 10 == 0:
        a = [float(rng.randint(0, 40)) for _ in range(6)]
    if i % 17 == 0:
        a = [a[0], a[1]] * 3
    ra, rb = M.frPyObjects([a], h, w)[0], M.frPyObjects([b], h, w)[0]
    union, both = M.merge([ra, rb]), M.merge([ra, rb], intersect=True)
    cases.append(dict(h=h, w=w, a=a, b=b, ra=ra["counts"].decode(), rb=rb["counts"].decode(), union=union["counts"].decode(), both=both["counts"].decode(), area=int(M.area(ra)), box=M.toBbox(ra).tolist(), iou=float(M.iou([ra], [rb], [0])[0][0]), crowd=float(M.iou([ra], [rb], [1])[0][0])))
json.dump(cases, open("masks.json", "w"))
