"""A dataset of random objects and detections near and far from them, the same for the same seed.

    pip install numpy pycocotools
    python make_detections.py FOLDER [--images 5000] [--objects 32000] [--detections 500000] [--kinds bbox segm] [--seed 0]

Writes gt.json, bbox.json (boxes) and segm.json (run-length masks) to FOLDER. An annotation file of the size of COCO's own
for training (118,287 images, 860,001 objects, about 450 MB):

    python make_detections.py FOLDER --images 118287 --objects 860001 --detections 0 --corners 26
"""
import argparse
import json
import os

import numpy as np
from pycocotools import mask as mask_api

WIDTH, HEIGHT, CATEGORIES = 640, 480, 80


def boxes(rng, n):
    """Sizes spread evenly over the three ranges of COCO."""
    sides = np.exp(rng.uniform(np.log(8), np.log(300), (n, 2)))
    corners = rng.random((n, 2)) * (np.array([WIDTH, HEIGHT]) - sides)
    return np.concatenate([corners, sides], 1)


def outline(rng, box, corners=12):
    """A wobbly ellipse that fills the box."""
    x, y, w, h = box
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radius = rng.uniform(0.7, 1, corners) / 2
    points = np.stack([x + w / 2 + w * radius * np.cos(angle), y + h / 2 + h * radius * np.sin(angle)], 1)
    return points.round(2).flatten().tolist()


def compressed(polygon):
    mask = mask_api.merge(mask_api.frPyObjects([polygon], HEIGHT, WIDTH))
    return {"size": mask["size"], "counts": mask["counts"].decode()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--objects", type=int, default=32000)
    parser.add_argument("--detections", type=int, default=500_000)
    parser.add_argument("--kinds", nargs="+", default=["bbox", "segm"], choices=["bbox", "segm"])
    parser.add_argument("--corners", type=int, default=12, help="of a polygon")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    os.makedirs(args.folder, exist_ok=True)

    image = rng.integers(1, args.images + 1, args.objects)
    category = rng.integers(1, CATEGORIES + 1, args.objects)
    box = boxes(rng, args.objects)
    annotations = []
    for i in range(args.objects):
        polygon = outline(rng, box[i], args.corners)
        mask = compressed(polygon)
        crowd = rng.random() < 0.01
        annotations.append({
            "id": i + 1, "image_id": int(image[i]), "category_id": int(category[i]), "iscrowd": int(crowd),
            "bbox": mask_api.toBbox(mask).tolist(), "area": float(mask_api.area(mask)),
            "segmentation": mask if crowd else [polygon]})
    with open(f"{args.folder}/gt.json", "w") as file:
        json.dump({
            "images": [{"id": i, "width": WIDTH, "height": HEIGHT, "file_name": f"{i:012}.jpg"} for i in range(1, args.images + 1)],
            "categories": [{"id": c, "name": f"category {c}"} for c in range(1, CATEGORIES + 1)],
            "annotations": annotations}, file)

    # Half of the detections follow an object, the others stand where nothing is.
    near = rng.random(args.detections) < 0.5
    source = rng.integers(0, args.objects, args.detections)
    jitter = np.exp(rng.normal(0, 0.15, (args.detections, 2)))
    shift = rng.normal(0, 0.08, (args.detections, 2))
    stray_box, stray_image = boxes(rng, args.detections), rng.integers(1, args.images + 1, args.detections)
    stray_category, score = rng.integers(1, CATEGORIES + 1, args.detections), rng.random(args.detections)
    files = {kind: open(f"{args.folder}/{kind}.json", "w") for kind in args.kinds}
    for i in range(args.detections):
        if near[i]:
            s = source[i]
            side = box[s, 2:] * jitter[i]
            at = np.concatenate([box[s, :2] + box[s, 2:] * shift[i], side])
            detection = {"image_id": int(image[s]), "category_id": int(category[s])}
        else:
            at = stray_box[i]
            detection = {"image_id": int(stray_image[i]), "category_id": int(stray_category[i])}
        detection["score"] = round(float(score[i]), 4)
        separator = "[" if i == 0 else ",\n"
        if "bbox" in files:
            files["bbox"].write(separator + json.dumps(detection | {"bbox": at.round(2).tolist()}))
        if "segm" in files:
            files["segm"].write(separator + json.dumps(detection | {"segmentation": compressed(outline(rng, at))}))
    for file in files.values():
        file.write("]" if args.detections else "[]")
        file.close()


if __name__ == "__main__":
    main()
