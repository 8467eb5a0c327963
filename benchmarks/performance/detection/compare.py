"""Seconds and peak memory of Mask R-CNN beside torchvision's: a training step (forward, backward, SGD) and inference.

    compare.py COCO_FOLDER [--ediy PROGRAM] [--design fpn|c4] [--only train|predict] [--steps N] [--size HEIGHT WIDTH]

COCO_FOLDER has val/ and annotations/instances_val.json. Its images are stretched to one size, so that nothing is resized
or padded by one side alone. Each contender is a process of its own: the program as its users start it, and torchvision's
maskrcnn_resnet50_fpn in either memory format. Two times are printed: the clock's, and what the processors worked, which other
programs on the machine disturb less. With FPN both sides have the same anchors, proposals, regions and sampling, and
for inference the same weights, whose detections are compared too; C4 has no peer in torchvision and stands alone.
"""
import argparse
import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "../../..")
sys.path.insert(0, os.path.join(ROOT, "Tests/DetectionTests/Fixtures"))

RECIPE = """name: speed
dataset: {{kind: coco, train_images: images, train_annotations: train.json, val_images: images, val_annotations: one.json,
          unlabeled_images: images}}
methods: [none]
detection:
  design: {design}
  backbone: r50
  {norms}
  min_size: [{height}]
  max_size: {width}
  min_size_test: {height}
  flip: 0
  aspect_ratio_grouping: false
  batch: 1
  iterations: {steps}
  milestones: []
  warmup: 0
  learning_rate: 0.001
{own}run: {{workers: 1, log_interval: 1}}
"""
# What torchvision does otherwise than Detectron2, and cannot be told to do like it.
TORCHVISIONS = """  anchors_rounded: true
  sampling_ratio: 2
  roi_aligned: false
  rpn_smooth_l1_beta: 0.1111111111111111
  smooth_l1_beta: 0.1111111111111111
"""


def make_images(coco, folder, count, height, width):
    """`count` images with at least four objects, of one size, with their annotations."""
    data = json.load(open(f"{coco}/annotations/instances_val.json"))
    objects = {}
    for a in data["annotations"]:
        if not a["iscrowd"]:
            objects.setdefault(a["image_id"], []).append(a)
    chosen = [i for i in data["images"] if len(objects.get(i["id"], [])) >= 4][:count]
    os.makedirs(f"{folder}/images")
    annotations = []
    for info in chosen:
        image = Image.open(f"{coco}/val/{info['file_name']}").convert("RGB").resize((width, height), Image.BILINEAR)
        image.save(f"{folder}/images/{info['file_name']}", quality=95)
        scale = [width / info["width"], height / info["height"]]
        for a in objects[info["id"]]:
            a["bbox"] = [v * scale[i % 2] for i, v in enumerate(a["bbox"])]
            a["segmentation"] = [[v * scale[i % 2] for i, v in enumerate(p)] for p in a["segmentation"]]
            a["area"] *= scale[0] * scale[1]
            annotations.append(a)
        info["width"], info["height"] = width, height
    data["images"], data["annotations"] = chosen, annotations
    json.dump(data, open(f"{folder}/train.json", "w"))
    data["images"] = chosen[:1]
    data["annotations"] = [a for a in annotations if a["image_id"] == chosen[0]["id"]]
    json.dump(data, open(f"{folder}/one.json", "w"))


def recipe(args, folder):
    own = TORCHVISIONS if args.design == "fpn" else ""
    text = RECIPE.format(
        design=args.design, height=args.size[0], width=args.size[1], steps=args.steps + 1, own=own,
        norms="neck_norm: false\n  box_head_norm: false\n  mask_head_norm: false" if args.design == "fpn" else "res5_norm: true")
    open(f"{folder}/recipe.yaml", "w").write(text)


def run(command, log=None):
    """A process's output, its peak memory in GiB, the seconds that processors worked for it, and the same at each line that it
    writes to `log`."""
    tick, lines = os.sysconf("SC_CLK_TCK"), []
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG if log else 0)
            if pid:
                break
            if os.path.exists(log) and open(log).read().count("\n") > len(lines):
                fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
                lines.append((int(fields[11]) + int(fields[12])) / tick)
            time.sleep(0.02)
        out.seek(0)
        text = out.read()
    if status != 0:
        sys.exit(f"{' '.join(command)} failed:\n{text}")
    return text, usage.ru_maxrss / 2**20, usage.ru_utime + usage.ru_stime, lines


# --- torchvision ---------------------------------------------------------------------------------------------------------


def torchvision_model(args):
    import torch
    from torchvision.models.detection import maskrcnn_resnet50_fpn

    torch.manual_seed(0)
    model = maskrcnn_resnet50_fpn(
        weights=None, weights_backbone=None, num_classes=81, min_size=args.size[0], max_size=args.size[1],
        rpn_pre_nms_top_n_train=2000, rpn_post_nms_top_n_train=1000, rpn_pre_nms_top_n_test=1000,
        rpn_post_nms_top_n_test=1000)
    return model.to(memory_format=torch.channels_last) if args.peer.endswith("channels_last") else model


def images(folder):
    import torch

    names = sorted(os.listdir(f"{folder}/images"))
    read = [np.asarray(Image.open(f"{folder}/images/{n}")).copy() for n in names]
    return names, [torch.from_numpy(p).permute(2, 0, 1).float() / 255 for p in read]


def peer_train(args, folder):
    import torch
    from pycocotools import mask as mask_api

    data = json.load(open(f"{folder}/train.json"))
    place = {c["id"]: i + 1 for i, c in enumerate(sorted(data["categories"], key=lambda c: c["id"]))}
    names, images = images(folder)
    height, width = args.size
    targets = []
    for name in names:
        info = next(i for i in data["images"] if i["file_name"] == name)
        own = [a for a in data["annotations"] if a["image_id"] == info["id"]]
        boxes = torch.tensor([a["bbox"] for a in own])
        boxes[:, 2:] += boxes[:, :2]
        masks = [mask_api.decode(mask_api.merge(mask_api.frPyObjects(a["segmentation"], height, width))) for a in own]
        targets.append({
            "boxes": boxes, "labels": torch.tensor([place[a["category_id"]] for a in own]),
            "masks": torch.from_numpy(np.stack(masks))})
    model = torchvision_model(args).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-4)
    seconds, work = [], []
    for step in range(args.steps + 1):
        begin, worked = time.perf_counter(), time.process_time()
        i = step % len(images)
        losses = sum(model([images[i]], [targets[i]]).values())
        optimizer.zero_grad()
        losses.backward()
        optimizer.step()
        seconds.append(time.perf_counter() - begin)
        work.append(time.process_time() - worked)
    print("seconds", json.dumps([seconds[1:], work[1:]]))


def peer_predict(args, folder):
    import torch

    model = torchvision_model(args)
    model.load_state_dict(torch.load(f"{folder}/torchvision.pth"))
    model.eval()
    names, images = images(folder)
    seconds, work, found = [], [], []
    with torch.inference_mode():
        model([images[0]])
        for image in images:
            begin, worked = time.perf_counter(), time.process_time()
            found.append(model([image])[0])
            seconds.append(time.perf_counter() - begin)
            work.append(time.process_time() - worked)
    print("seconds", json.dumps([seconds, work]))
    results = [
        {"image": name, "boxes": f["boxes"].tolist(), "scores": f["scores"].tolist(),
         "labels": (f["labels"] - 1).tolist(), "areas": (f["masks"][:, 0] >= 0.5).sum((1, 2)).tolist()}
        for name, f in zip(names, found)]
    json.dump(results, open(f"{folder}/{args.peer}.json", "w"))


def make_weights(args, folder):
    """Random weights that find some hundred candidates an image, for both sides."""
    import torch
    from make_torchvision_fpn import names
    from safetensors.torch import save_file

    args.peer = "torchvision"
    model = torchvision_model(args)
    _, images = images(folder)
    # Statistics of the network's own features, or they would explode in fifty layers.
    norms = [m for m in model.backbone.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        model.backbone.train()(model.transform([images[0]])[0].tensors)
    model.eval()
    state = {k: v.clone() for k, v in model.state_dict().items()}
    weight = "roi_heads.box_predictor.cls_score.weight"
    found = {}
    predictor = model.roi_heads.box_predictor
    hook = predictor.register_forward_hook(lambda module, x, out: found.setdefault("out", out))
    with torch.no_grad():
        model([images[0]])
        hook.remove()
        logits = found["out"][0]
        bias = predictor.cls_score.bias
        scale = 1.0
        while ((((logits - bias) * scale + bias).softmax(1)[:, 1:] > 0.05).sum()) < 500:
            scale *= 1.1
    state[weight] *= scale
    torch.save(state, f"{folder}/torchvision.pth")
    ours = {}
    for name, theirs in names(model):
        value = state[theirs]
        if "cls_score" in name:
            value = torch.cat([value[1:], value[:1]])
        elif "bbox_pred" in name:
            value = value[4:]
        elif "mask_head.predictor" in name:
            value = value[1:]
        ours[name] = value.contiguous()
    run_folder = f"{folder}/run"
    os.makedirs(run_folder)
    save_file(ours, f"{run_folder}/model.safetensors")
    categories = sorted(json.load(open(f"{folder}/train.json"))["categories"], key=lambda c: c["id"])
    json.dump(categories, open(f"{run_folder}/categories.json", "w"))
    run = {"schema": 2, "stage": "finetune", "method": "made", "seed": 0, "status": "finished", "dataset": "made"}
    json.dump(run, open(f"{run_folder}/run.json", "w"))
    os.link(f"{folder}/recipe.yaml", f"{run_folder}/recipe.yaml")


# --- The comparison ------------------------------------------------------------------------------------------------------


def peers(args, folder, what):
    if args.design != "fpn":
        return
    for name in ["torchvision", "torchvision-channels_last"]:
        text, memory, _, _ = run(
            [sys.executable, __file__, folder, "--peer", name, "--only", what, "--steps", str(args.steps), "--size"]
            + [str(s) for s in args.size])
        yield name, json.loads(re.search(r"seconds (.*)", text)[1]), memory


def report(what, own, others):
    """Contenders are (name, (seconds, seconds of processors), peak memory)."""
    print(f"{what}: the middle one of {len(own[1][0])}\n  {'':26}     clock   processors   peak memory", flush=True)
    best = None
    for name, times, memory in itertools.chain([own], others):
        clock, work = (statistics.median(t) for t in times)
        print(f"  {name:26} {clock:7.2f} s    {work:7.2f} s      {memory:5.2f} GiB", flush=True)
        if name == own[0]:
            mine = clock, work
        else:
            best = (min(best[0], clock), min(best[1], work)) if best else (clock, work)
    if best:
        print(f"  ediy takes {mine[0] / best[0]:.2f} of the best peer's time by the clock, {mine[1] / best[1]:.2f} by processors", flush=True)


def train(args, folder):
    log = f"{folder}/trained/metrics.jsonl"
    command = [args.ediy, "finetune", f"{folder}/recipe.yaml", "--backbone", "none", "--data", folder]
    _, memory, _, work = run(command + ["--output", f"{folder}/trained"], log)
    clock = [json.loads(line)["seconds"] for line in open(log)]
    # From one line to the next; before the first one is what happens once.
    times = [[b - a for a, b in zip(times, times[1:])] for times in (clock, work[: len(clock)])]
    report("training step", ("ediy", times, memory), peers(args, folder, "train"))


def differences(args, folder):
    """Of what is found: the largest in boxes and scores, and how many detections are not found by both."""
    theirs = json.load(open(f"{folder}/torchvision.json"))
    ours = json.load(open(f"{folder}/found/results.json"))
    categories = [c["id"] for c in json.load(open(f"{folder}/run/categories.json"))]
    boxes, scores, alone, count = 0.0, 0.0, 0, 0
    for i, image in enumerate(theirs):
        own = [d for d in ours if d["image_id"] == i + 1]
        count += len(image["scores"])
        alone += abs(len(own) - len(image["scores"]))
        for box, score, label in zip(image["boxes"], image["scores"], image["labels"]):
            def far(d):
                x, y, w, h = d["bbox"]
                return max(abs(a - b) for a, b in zip(box, [x, y, x + w, y + h]))
            same = [d for d in own if d["category_id"] == categories[label] and abs(d["score"] - score) < 1e-2]
            nearest = min(same, key=far, default=None)
            if nearest is None or far(nearest) > 1:
                alone += 1
                continue
            boxes, scores = max(boxes, far(nearest)), max(scores, abs(nearest["score"] - score))
    print(f"  {count} detections, {alone} of them not of both; boxes differ by {boxes:.1e} pixels at most, scores by {scores:.1e}")


def predict(args, folder):
    if args.design != "fpn":
        return
    make_weights(args, folder)
    files = [f"{folder}/images/{n}" for n in sorted(os.listdir(f"{folder}/images"))]
    command = [args.ediy, "predict", f"{folder}/run", *files]
    text, memory, once, _ = run(command + ["--output", f"{folder}/found"])
    # What a process costs apart from images goes away in the difference.
    _, _, twice, _ = run(command + files + ["--output", f"{folder}/twice"])
    times = [[float(re.search(r"([\d.]+) s an image", text)[1])], [(twice - once) / len(files)]]
    report("inference", ("ediy", times, memory), peers(args, folder, "predict"))
    differences(args, folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--ediy", default=os.path.join(ROOT, ".build/release/ediy"))
    parser.add_argument("--design", choices=["fpn", "c4"], default="fpn")
    parser.add_argument("--only", choices=["train", "predict"])
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--size", type=int, nargs=2, default=[800, 1333])
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        return peer_train(args, args.folder) if args.only == "train" else peer_predict(args, args.folder)
    with tempfile.TemporaryDirectory() as folder:
        make_images(args.folder, folder, args.images, *args.size)
        recipe(args, folder)
        if args.only != "predict":
            train(args, folder)
        if args.only != "train":
            predict(args, folder)


main()
