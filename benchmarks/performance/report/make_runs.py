"""Run folders as `ediy benchmark` leaves them, of detectors that were never trained: objects found by chance, some of them
badly, some for another category, and some that are not there.

    python make_runs.py --methods 8 --seeds 5 --images 5000 --detections 10 --output runs/made
    python make_runs.py --annotations instances_val.json --images val --methods 3 --seeds 5 --output runs/made

Needs numpy and pycocotools, and for what each run keeps of its detections the built `ediy`.
"""
import argparse
import json
import os
import subprocess

import numpy as np
from pycocotools import mask as mask_util

NAMES = ["none", "byol", "e-diy"] + [f"e-diy-{i}" for i in range(50)]
SIZE = (640, 480)


def masks(boxes, width, height):
    """Eight-sided masks inside boxes, as COCO packs them."""
    corners = np.array([(0.3, 0), (0.7, 0), (1, 0.3), (1, 0.7), (0.7, 1), (0.3, 1), (0, 0.7), (0, 0.3)])
    outlines = [(np.array(box[:2]) + corners * box[2:]).ravel().tolist() for box in boxes]
    return [{"size": mask["size"], "counts": mask["counts"].decode()} for mask in mask_util.frPyObjects(outlines, height, width)]


def ground_truth(images, categories, rng):
    width, height = SIZE
    annotations = []
    for image in range(1, images + 1):
        count = rng.poisson(6) + 1
        sides = np.exp(rng.uniform(np.log(12), np.log(300), (count, 2)))
        boxes = np.concatenate([rng.uniform(0, 1, (count, 2)) * (SIZE - sides), sides], 1).round(2).tolist()
        annotations += [{
            "id": len(annotations) + 1 + i, "image_id": image, "category_id": int(rng.integers(1, categories + 1)), "bbox": box,
            "area": box[2] * box[3], "iscrowd": 0, "segmentation": mask,
        } for i, (box, mask) in enumerate(zip(boxes, masks(boxes, width, height)))]
    return {
        "images": [{"id": i, "width": width, "height": height, "file_name": f"{i:06}.jpg"} for i in range(1, images + 1)],
        "categories": [{"id": c, "name": f"category {c}"} for c in range(1, categories + 1)], "annotations": annotations}


def results(gt, skill, count, rng):
    """Detections of a detector that finds objects with a chance of `skill`, `count` an image."""
    ids = [category["id"] for category in gt["categories"]]
    objects = {image["id"]: [] for image in gt["images"]}
    for annotation in gt["annotations"]:
        objects[annotation["image_id"]].append(annotation)
    found = []
    for image in gt["images"]:
        size = np.array([image["width"], image["height"]])
        seen = [annotation for annotation in objects[image["id"]] if rng.random() < skill]
        boxes = np.array([annotation["bbox"] for annotation in seen]).reshape(-1, 4)
        shift = rng.normal(0, 0.06 / skill, boxes.shape)
        boxes = np.concatenate([boxes[:, :2] + shift[:, :2] * boxes[:, 2:], boxes[:, 2:] * np.exp(shift[:, 2:])], 1)
        categories = [int(a["category_id"] if rng.random() < 0.85 else rng.choice(ids)) for a in seen]
        more = max(count - len(seen), 0)
        sides = rng.uniform(0.05, 0.5, (more, 2)) * size
        boxes = np.concatenate([boxes, np.concatenate([rng.uniform(0, 1, (more, 2)) * (size - sides), sides], 1)])
        categories += rng.choice(ids, more).tolist()
        scores = np.concatenate([rng.beta(4, 2, len(seen)), rng.beta(1.2, 5, more)]).round(4).tolist()
        low = np.clip(boxes[:, :2], 0, size - 2)
        boxes = np.concatenate([low, np.clip(boxes[:, 2:], 2, size - low)], 1).round(2).tolist()
        found += [
            {"image_id": image["id"], "category_id": category, "bbox": box, "score": score, "segmentation": mask}
            for category, box, score, mask in zip(categories, boxes, scores, masks(boxes, *size.tolist()))]
    return found


def write(path, value):
    with open(path, "w") as file:
        json.dump(value, file)


def regions(gt, sameness, rng):
    maps = []
    for image in gt["images"][:4]:
        place = image["id"] % 196
        grid = np.stack(np.meshgrid(np.arange(14), np.arange(14), indexing="ij"), -1).reshape(-1, 2)
        values = sameness + (1 - sameness) * np.exp(-np.linalg.norm(grid - grid[place], axis=1) / 3)
        maps.append({"file_name": image["file_name"], "grid": 14, "region": place, "similarities": values.round(3).tolist()})
    spread = 0.02 * float(rng.normal())
    return {"mean_pairwise_cosine": sameness + spread, "effective_rank": 120 * (1 - sameness - spread), "maps": maps}


def analyse(ediy, annotations, place):
    """evaluation.json, and analysis.json out of the curves and errors that `ediy` gives."""
    def call(*arguments):
        subprocess.run([ediy, *arguments], check=True, stdout=subprocess.DEVNULL)

    names = {"curves": f"{place}/curves.json", "errors": f"{place}/errors.json"}
    common = ["--annotations", annotations, "--results", f"{place}/results.json", "--iou", "bbox,segm"]
    call("evaluate", *common, "--json", f"{place}/evaluation.json", "--curves", names["curves"])
    call("explain", *common, "--json", names["errors"])
    found = {}
    for name, path in names.items():
        with open(path) as file:
            found[name] = json.load(file)
        os.remove(path)
    analysis = {"schema": 1}
    for kind in ["bbox", "segm"]:
        precision = np.mean([c["precision"] for c in found["curves"][kind]["perCategory"].values() if c], axis=0)
        errors = found["errors"][kind]["errors"]
        analysis[kind] = {
            "iou_0.50": precision[0].tolist(), "iou_0.75": precision[5].tolist(), "iou_0.50:0.95": precision.mean(0).tolist(),
            "AP50": errors["ap"], "costs": {name: error["ap"] for name, error in errors["errors"].items()},
            "false_positives": errors["falsePositives"], "false_negatives": errors["falseNegatives"]}
    write(f"{place}/analysis.json", analysis)


def run(folder, stage, method, seed, rng, recipe):
    os.makedirs(folder, exist_ok=True)
    lines = 500
    protocol = {f"{stage}.setting_{i}": i for i in range(30)}
    write(f"{folder}/run.json", {
        "schema": 1, "stage": stage, "method": method, "seed": seed, "status": "finished", "dataset": "made",
        "protocol": protocol, "cost": {"images": 1_000_000, "seconds": 5000 + 100 * float(rng.random())},
        "environment": {"libtorch": "1.13.0", "threads": "2", "devices": "cpu", "system": "Debian GNU/Linux 12 (bookworm)"}})
    names = ["loss_byol", "loss_invariance", "loss_diversity"] if stage == "pretrain" else ["loss_cls", "loss_box_reg", "loss_mask"]
    with open(f"{folder}/metrics.jsonl", "w") as file:
        for i in range(lines):
            values = {name: float(np.exp(-i / 150) + 0.3 + rng.normal(0, 0.03)) for name in names}
            if method == "byol" and stage == "pretrain":
                values = {"loss_byol": values["loss_byol"]}
            file.write(json.dumps({"iteration": i * 10, "loss": sum(values.values()), **values, "lr": 0.1, "seconds": i}) + "\n")
    with open(f"{folder}/recipe.yaml", "w") as file:
        file.write(recipe)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--annotations")
    parser.add_argument("--images")
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--categories", type=int, default=80)
    parser.add_argument("--detections", type=int, default=10, help="an image, about")
    parser.add_argument("--methods", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--ediy", default=".build/release/ediy")
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    os.makedirs(options.output, exist_ok=True)
    annotations = options.annotations and os.path.abspath(options.annotations)
    if annotations:
        with open(annotations) as file:
            gt = json.load(file)
    else:
        gt = ground_truth(options.images, options.categories, rng)
        annotations = f"{os.path.abspath(options.output)}/instances.json"
        write(annotations, gt)
    methods = NAMES[:options.methods]
    write(f"{options.output}/benchmark.json", {
        "schema": 1, "name": "made", "annotations": annotations, "images": os.path.abspath(options.images or options.output),
        "methods": methods, "seeds": list(range(options.seeds))})
    for m, method in enumerate(methods):
        for seed in range(options.seeds):
            base = f"{options.output}/{method}-seed{seed}"
            if method != "none":
                run(f"{base}/pretrain", "pretrain", method, seed, rng, "name: made\n")
            run(f"{base}/finetune", "finetune", method, seed, rng, "name: made\n")
            place = f"{base}/finetune"
            write(f"{place}/regions.json", regions(gt, 0.7 - 0.15 * min(m, 3), rng))
            write(f"{place}/categories.json", [{"id": c["id"], "name": c["name"]} for c in gt["categories"]])
            skill = min(0.5 + 0.03 * m + rng.normal(0, 0.008), 0.95)
            write(f"{place}/results.json", results(gt, skill, options.detections, rng))
            analyse(options.ediy, annotations, place)


if __name__ == "__main__":
    main()
