"""The schedules of every recipe at their ends and corners: writes schedules.json, which RecipeScheduleTests.swift expects.

    pip install pyyaml
    python make_schedules.py

Pretraining by BYOL's rules (arXiv 2006.07733, section 3.3): a rate in proportion to the images of a step, base per 256; linear from 0
over the warm-up, then half a cosine to 0, step by step; the target's momentum from its base to 1 by half a cosine. Fine-tuning by
Detectron2's `WarmupMultiStepLR`, its rate scaled to the batch (arXiv 1706.02677). Epochs are of whole batches.
"""
import json
import math
import pathlib

import yaml

HERE = pathlib.Path(__file__).parent
IMAGES = {"train2017": 118_287, "VOC2012/JPEGImages": 17_125, "train": 208, "val": 79}
IMAGENET = 1_281_167


def merged(base, change):
    if isinstance(base, dict) and isinstance(change, dict):
        return base | {key: merged(base.get(key), value) for key, value in change.items()}
    return change


def corners(total, *places):
    around = {p + d for p in places for d in (-1, 0, 1)} | {0, 1, total // 2, total - 1}
    return sorted(k for k in around if 0 <= k < total)


def pretraining(section, images):
    get = dict(epochs=100, warmup_epochs=10, batch=4096, accumulate=1, base_learning_rate=0.45, target_momentum=0.99) | section
    batches = images // get["batch"]
    total = get["epochs"] * batches // get["accumulate"]
    warmup = get["warmup_epochs"] * batches // get["accumulate"]
    peak = get["base_learning_rate"] * get["batch"] * get["accumulate"] / 256
    points = []
    for k in corners(total, warmup):
        if k < warmup:
            rate = peak * k / warmup
        else:
            rate = peak * (1 + math.cos(math.pi * (k - warmup) / (total - warmup))) / 2
        tau = 1 - (1 - get["target_momentum"]) * (math.cos(math.pi * k / total) + 1) / 2
        points.append([k, rate, tau])
    return dict(iterations=total, points=points)


def detection(section):
    get = dict(
        batch=16, iterations=90_000, learning_rate=0.02, milestones=[60_000, 80_000], learning_rate_decay=0.1, warmup=1000,
        warmup_start=0.001) | section
    base = get["learning_rate"] * get["batch"] / get.get("reference_batch", get["batch"])
    points = []
    for k in corners(get["iterations"], get["warmup"], *get["milestones"]):
        rate = base
        for milestone in get["milestones"]:
            if k >= milestone:
                rate *= get["learning_rate_decay"]
        if k < get["warmup"]:
            alpha = k / get["warmup"]
            rate *= get["warmup_start"] * (1 - alpha) + alpha
        points.append([k, rate])
    return dict(iterations=get["iterations"], points=points)


def read(path):
    recipe = yaml.safe_load(path.read_text())
    base = recipe.pop("base", None)
    return merged(read(path.parent / base), recipe) if base else recipe


def schedules(path):
    recipe = read(path)
    dataset, section = recipe["dataset"], recipe.get("pretraining", {})
    # Named on the command line.
    is_imagenet = path.stem.startswith("imagenet")
    images = IMAGENET if is_imagenet else dataset.get("unlabeled") or IMAGES[dataset["unlabeled_images"]]
    variants = recipe.get("variants", {})
    methods = {
        name: pretraining(merged(section, variants.get(name, {}).get("pretraining", {})), images)
        for name in recipe["methods"] if name != "none"}
    return dict(images=images, pretraining=methods, detection=detection(recipe["detection"]))


paths = sorted((HERE / "../../../benchmarks").glob("*.yaml")) + [HERE / "schedules.yaml"]
lines = [f"{json.dumps(path.stem)}: {json.dumps(schedules(path))}" for path in paths]
(HERE / "schedules.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
