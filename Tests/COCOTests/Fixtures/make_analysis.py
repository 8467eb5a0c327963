"""What tidecv finds wrong with random detections, as boxes and as masks, and Pascal VOC's AP of the same boxes, crowds
taken for plain objects (that library counts difficult ones among those to be found) and scores made to differ.

    pip install tidecv==1.0.1 mean-average-precision==2024.1.5.0 pycocotools==2.0.11 numpy
    python make_analysis.py
"""
import json, random
import numpy as np
from mean_average_precision import MetricBuilder
from tidecv import TIDE, datasets

rng = random.Random(11)
images = [dict(id=i, width=120, height=90, file_name=f"{i}.jpg") for i in (8, 3, 5, 9, 1)]
cats = [dict(id=c, name=f"c{c}") for c in (1, 2, 3, 4)]


def triangle(x, y, w, h):
    return [[x, y, x + w, y, x + w / 2, y + h]]


anns, dets = [], []
for image in images[:4]:
    for _ in range(6):
        x, y, w, h = rng.randint(0, 70), rng.randint(0, 50), rng.randint(8, 45), rng.randint(8, 35)
        anns.append(dict(id=len(anns) + 1, image_id=image["id"], category_id=rng.randint(1, 3), bbox=[x, y, w, h], area=w * h, iscrowd=int(rng.random() < 0.15), segmentation=triangle(x, y, w, h)))
for image in images:
    near = [a for a in anns if a["image_id"] == image["id"]]
    for _ in range(115 if image["id"] == 3 else 25):
        if near and rng.random() < 0.7:
            base = rng.choice(near)
            reach = rng.choice([2, 8])
            x, y, w, h = [max(1, v + rng.randint(-reach, reach)) for v in base["bbox"]]
            category = base["category_id"] if rng.random() < 0.7 else rng.randint(1, 4)
        else:
            x, y, w, h = rng.randint(0, 70), rng.randint(0, 50), rng.randint(8, 45), rng.randint(8, 35)
            category = rng.randint(1, 4)
        dets.append(dict(image_id=image["id"], category_id=category, bbox=[x, y, w, h], score=rng.choice([0.5, round(rng.random(), 2)]), segmentation=triangle(x, y, w, h)))
gt = dict(images=images, categories=cats, annotations=anns)
json.dump(gt, open("/tmp/gt.json", "w"))
# Runs, since detections are no polygons in COCO's format.
from pycocotools import mask as M
for d in dets:
    d["segmentation"] = M.frPyObjects(d["segmentation"], 90, 120)[0]
    d["segmentation"]["counts"] = d["segmentation"]["counts"].decode()
json.dump(dets, open("/tmp/dt.json", "w"))

tide = {}
for mode, name in ((TIDE.BOX, "bbox"), (TIDE.MASK, "segm")):
    t = TIDE()
    run = t.evaluate(datasets.COCO("/tmp/gt.json"), datasets.COCOResult("/tmp/dt.json"), mode=mode, name="x")
    tide[name] = dict(ap=run.ap, main=t.get_main_errors()["x"], special=t.get_special_errors()["x"], counts={e.short_name: n for e, n in run.count_errors().items()})

metric = MetricBuilder.build_evaluation_metric("map_2d", async_mode=False, num_classes=len(cats))
for image in images:
    # Corners in whole pixels, both ends in.
    corners = lambda b: [b[0], b[1], b[0] + b[2] - 1, b[1] + b[3] - 1]
    found = [corners(d["bbox"]) + [d["category_id"] - 1, d["score"] - 1e-6 * i] for i, d in enumerate(dets) if d["image_id"] == image["id"]]
    truth = [corners(a["bbox"]) + [a["category_id"] - 1, 0, 0] for a in anns if a["image_id"] == image["id"]]
    metric.add(np.array(found, float).reshape(-1, 6), np.array(truth, float).reshape(-1, 7))
voc = {}
for name, points in (("area", None), ("points", np.arange(0, 1.1, 0.1))):
    value = metric.value(iou_thresholds=[0.5, 0.75], recall_thresholds=points)
    for iou in (0.5, 0.75):
        for c in range(3):
            voc.setdefault(str(c + 1), {}).setdefault(str(iou), {})[name] = float(value[iou][c]["ap"])
json.dump(dict(gt=gt, dt=dets, tide=tide, voc=voc), open("analysis.json", "w"), separators=(",", ":"))
