"""What pycocotools makes of files as people's tools write them: numbers as 1.0 or in quotes, ids as strings or beyond 64 bits, boxes of
negative size, polygons far outside or not nested, values that are null or missing where nothing needs them.

    pip install pycocotools==2.0.11 numpy
    python make_tool_files.py
"""
import contextlib, copy, io, json, random
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

rng = random.Random(23)
SIDE = 100


def polygon(x, y, w, h):
    return [x, y, x + w, y, x + w, y + h, x, y + h]


def base():
    """Twelve images; scores are tied within and across images, so that the order of images shows."""
    gt = dict(images=[], categories=[dict(id=i, name=f"c{i}") for i in (2, 10)], annotations=[])
    dt = []
    for i in range(1, 13):
        gt["images"].append(dict(id=i, width=SIDE, height=SIDE, file_name=f"{i}.jpg"))
        for _ in range(rng.randint(1, 4)):
            x, y, w, h = rng.randint(0, 60), rng.randint(0, 60), rng.randint(5, 40), rng.randint(5, 40)
            category = rng.choice((2, 10))
            gt["annotations"].append(dict(
                id=len(gt["annotations"]) + 1, image_id=i, category_id=category, bbox=[x, y, w, h], area=w * h, iscrowd=0,
                segmentation=[polygon(x, y, w, h)]))
            for _ in range(2):
                if rng.random() < 0.7:
                    dt.append(dict(image_id=i, category_id=category, bbox=[x + rng.randint(-4, 4), y, w, h],
                                   score=rng.choice((0.3, 0.5, 0.7))))
    return gt, dt


def edit(gt, dt, images=None, annotations=None, detections=None, categories=None):
    for records, change in ((gt["images"], images), (gt["annotations"], annotations), (gt["categories"], categories), (dt, detections)):
        for n, record in enumerate(records):
            if change:
                change(record, n)


def case(name, kind, **changes):
    gt, dt = base()
    if kind == "segm":
        for d in dt:
            x, y, w, h = d.pop("bbox")
            d["bbox"] = [x, y, w, h]
    edit(gt, dt, **changes)
    files = [json.dumps(gt), json.dumps(dt)]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = copy.deepcopy(gt)
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(copy.deepcopy(dt)), kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    cases.append(dict(name=name, kind=kind, gt=files[0], dt=files[1], stats=evaluation.stats.tolist()))


def name(i):
    return f"{i}_cam"


def put(**values):
    return lambda record, n: record.update(values)


def each(change):
    """Of the annotations every third is changed."""
    return lambda record, n: change(record) if n % 3 == 0 else None


cases = []
case("as it is", "bbox")
case("ids as real numbers", "bbox", images=lambda r, n: r.update(id=float(r["id"])),
     annotations=lambda r, n: r.update(id=float(r["id"]), image_id=float(r["image_id"]), category_id=float(r["category_id"])),
     detections=lambda r, n: r.update(image_id=float(r["image_id"])))
case("image ids that are names", "bbox", images=lambda r, n: r.update(id=name(r["id"])),
     annotations=lambda r, n: r.update(image_id=name(r["image_id"])), detections=lambda r, n: r.update(image_id=name(r["image_id"])))
case("image ids in quotes", "bbox", images=lambda r, n: r.update(id=str(r["id"])),
     annotations=lambda r, n: r.update(image_id=str(r["image_id"])), detections=lambda r, n: r.update(image_id=str(r["image_id"])))
case("image ids in quotes, with zeros before", "bbox", images=lambda r, n: r.update(id=f"{r['id']:05}"),
     annotations=lambda r, n: r.update(image_id=f"{r['image_id']:05}"),
     detections=lambda r, n: r.update(image_id=f"{r['image_id']:05}"))
case("category ids in quotes", "bbox", categories=lambda r, n: r.update(id=str(r["id"])),
     annotations=lambda r, n: r.update(category_id=str(r["category_id"])),
     detections=lambda r, n: r.update(category_id=str(r["category_id"])))
case("annotation ids of over 64 bits", "bbox", annotations=lambda r, n: r.update(id=10 ** 30 + r["id"]))
case("boxes in quotes", "bbox", annotations=lambda r, n: r.update(bbox=[str(v) for v in r["bbox"]]))
case("sides as real numbers", "bbox", images=put(width=100.0, height=100.0))
case("sides missing, null or in quotes", "bbox",
     images=lambda r, n: r.update(width="100") if n % 3 == 0 else r.update(width=None) if n % 3 == 1 else r.pop("height"))
case("file names null, or missing", "bbox", images=lambda r, n: r.update(file_name=None) if n % 2 else r.pop("file_name"))
case("boxes of negative size", "bbox", annotations=each(lambda r: r.update(bbox=[r["bbox"][0], 5, -r["bbox"][2], -7])))
case("detections of negative size", "bbox", detections=each(lambda r: r.update(bbox=[r["bbox"][0], 5, -r["bbox"][2], -7])))
case("crowds as real numbers", "bbox", annotations=lambda r, n: r.update(iscrowd=1.0 if n % 5 == 0 else 0.0))
case("segmentations that are no masks", "bbox",
     annotations=lambda r, n: r.update(segmentation=(None, [], r["segmentation"][0], [[1, 2]], [[]])[n % 5]))
case("names and supercategories null", "bbox", categories=put(name=None, supercategory=None))
case("polygons far outside", "segm",
     annotations=each(lambda r: r.update(segmentation=[polygon(-1e7, -3e6, 1.5e7, 9e6)])))
case("polygons beyond whole numbers", "segm",
     annotations=each(lambda r: r.update(segmentation=[polygon(-5e9, -5e9, 1e10, 1e10)])))
case("masks without boxes", "segm", annotations=lambda r, n: r.pop("bbox"))
json.dump(cases, open("tool-files.json", "w"), separators=(",", ":"))
for c in cases:
    print(c["name"], c["kind"], [round(v, 3) for v in c["stats"][:3]])
