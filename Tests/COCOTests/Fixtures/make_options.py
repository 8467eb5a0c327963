"""What pycocotools gives under its options and for keypoints, and lvis for its own protocol, on small random sets.

    pip install pycocotools==2.0.11 lvis==0.5.3 numpy
    python make_options.py
"""
import contextlib, io, json, random
import numpy as np
np.float = float  # lvis is older than numpy 1.24
from lvis import LVIS, LVISEval, LVISResults
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def runs(a, has_points=True):
    """Recall points innermost, and runs of equal values, to keep the file small."""
    if has_points:
        a = np.moveaxis(a, 1, -1)
    out = []
    for v in a.flatten().tolist():
        if out and out[-1][0] == v:
            out[-1][1] += 1
        else:
            out.append([v, 1])
    return out


def coco(gt, dt, kind, **params):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = json.loads(json.dumps(gt))
        truth.createIndex()
        e = COCOeval(truth, truth.loadRes(json.loads(json.dumps(dt))), kind)
        for name, value in params.items():
            setattr(e.params, name, np.array(value) if name in ("iouThrs", "kpt_oks_sigmas") else value)
        e.evaluate(), e.accumulate()
    text, stats = io.StringIO(), None
    if set(params) <= {"catIds", "imgIds", "useCats", "kpt_oks_sigmas"}:
        with contextlib.redirect_stdout(text):
            e.summarize()
        stats = e.stats.tolist()
    return dict(kind=kind, params=params, text=text.getvalue().rstrip("\n"), stats=stats, **{k: runs(e.eval[k], k != "recall") for k in ("precision", "recall", "scores")})


gt, dt = json.load(open("random0-gt.json")), json.load(open("random0-dt.json"))
ids = [i["id"] for i in gt["images"]]
cases = [
    coco(gt, dt, "bbox", useCats=0),
    coco(gt, dt, "segm", useCats=0, catIds=[2, 11]),
    coco(gt, dt, "bbox", catIds=[11, 7]),
    coco(gt, dt, "bbox", imgIds=ids[1:4]),
    coco(gt, dt, "bbox", iouThrs=[0.3, 0.62], maxDets=[2, 5, 30], areaRng=[[0, 1e10], [0, 500], [500, 1e10]], areaRngLbl=["all", "tiny", "rest"]),
]
json.dump(cases, open("options-expected.json", "w"), separators=(",", ":"))

rng = random.Random(5)
images = [dict(id=i, width=80, height=60, file_name=f"{i}.jpg") for i in (4, 2, 9)]
people, found = [], []
for image in images:
    for _ in range(4):
        x, y, w, h = rng.uniform(0, 40), rng.uniform(0, 30), rng.uniform(5, 40), rng.uniform(5, 30)
        labelled = rng.random() < 0.75
        points = [v for _ in range(17) for v in (round(x + rng.random() * w, 1), round(y + rng.random() * h, 1), rng.choice([0, 1, 2]) if labelled else 0)]
        people.append(dict(id=len(people) + 1, image_id=image["id"], category_id=1, bbox=[round(v, 2) for v in (x, y, w, h)], area=round(w * h * rng.choice([1, 4, 30]), 2), iscrowd=int(rng.random() < 0.2), num_keypoints=sum(v > 0 for v in points[2::3]), keypoints=points))
    for _ in range(30):
        base = rng.choice([p for p in people if p["image_id"] == image["id"]])
        reach = rng.choice([0.5, 2, 6])
        points = [v for k in range(17) for v in (round(base["keypoints"][3 * k] + rng.uniform(-reach, reach), 1), round(base["keypoints"][3 * k + 1] + rng.uniform(-reach, reach), 1), 1)]
        found.append(dict(image_id=image["id"], category_id=1, keypoints=points, score=rng.choice([0.5, round(rng.random(), 2)])))
kgt = dict(images=images, categories=[dict(id=1, name="person")], annotations=people)
sigmas = [0.01 * (k + 2) for k in range(17)]
json.dump(dict(gt=kgt, dt=found, expected=coco(kgt, found, "keypoints"), withSigmas=coco(kgt, found, "keypoints", kpt_oks_sigmas=sigmas)), open("keypoints.json", "w"), separators=(",", ":"))

rng = random.Random(6)
cats = [dict(id=c, name=f"c{c}", frequency="rcf"[c % 3]) for c in range(1, 8)]
images, anns, dets = [], [], []
for i in (30, 10, 20, 40):
    shuffled = rng.sample(range(1, 8), 7)
    images.append(dict(id=i, width=100, height=100, neg_category_ids=shuffled[:2], not_exhaustive_category_ids=shuffled[2:3]))
    for _ in range(8):
        x, y, w, h = [round(rng.uniform(0, 50), 1) for _ in range(4)]
        anns.append(dict(id=len(anns) + 1, image_id=i, category_id=rng.choice(shuffled[2:5]), bbox=[x, y, w, h], area=w * h * rng.choice([1, 10]), segmentation=[[x, y, x + w, y, x + w, y + h, x, y + h]], **(dict(ignore=1) if rng.random() < 0.1 else {})))
    anns[-1]["area"] *= rng.choice([0, 1])
    for _ in range(340 if i == 10 else 40):
        base = rng.choice([a for a in anns if a["image_id"] == i])
        dets.append(dict(image_id=i, category_id=rng.choice([base["category_id"]] * 3 + [rng.randint(1, 7)]), bbox=[round(max(0, v + rng.uniform(-3, 3)), 1) for v in base["bbox"]], score=round(rng.random(), 2)))
lgt = dict(images=images, categories=cats, annotations=anns)
expected = {}
for kind in ("bbox", "segm"):
    json.dump(lgt, open("/tmp/lvis-gt.json", "w"))
    truth = LVIS("/tmp/lvis-gt.json")
    e = LVISEval(truth, LVISResults(truth, json.loads(json.dumps(dets))), kind)
    e.run()
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        e.print_results()
    expected[kind] = dict(precision=runs(e.eval["precision"]), recall=runs(e.eval["recall"], False), results={k: float(v) for k, v in e.results.items()}, text=text.getvalue().rstrip("\n"))
json.dump(dict(gt=lgt, dt=dets, expected=expected), open("lvis.json", "w"), separators=(",", ":"))
