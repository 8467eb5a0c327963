"""Detectron2's inference with Mask R-CNN, written anew with PyTorch and torchvision's operators, on random weights.

    pip install torch torchvision numpy pillow pycocotools
    python make_detectron2_inference.py
        writes narrow models (detectron2-c4.pkl, detectron2-fpn.pth, moco-c4.pkl), an image and what is found in it
    python make_detectron2_inference.py --full EDIY DIR photo.jpg...
        makes Detectron2's R50-C4, R50-FPN and MoCo's R50-C4 at full size in DIR, and compares what the program EDIY finds in
        the photos with what is found here; and both with what is found here in float64, which says how much of the
        difference is rounding

Nothing of Detectron2 is imported: names, order of steps and constants are those of its default configurations
(COCO-InstanceSegmentation/mask_rcnn_R_50_{C4,FPN}_1x.yaml). Weights are drawn, and their normalisations calibrated on the
image, so that detections are many and their scores spread.
"""
import json
import math
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from pycocotools import mask as mask_api
from torchvision.ops import batched_nms, roi_align

HERE = Path(__file__).parent
BLOCKS = [3, 4, 6, 3]
COCO_IDS = [i for i in range(1, 91) if i not in (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)]


class Model:
    """A state dict by Detectron2's names, and what its configuration says."""

    def __init__(self, design, moco=False, width=64, classes=80, pyramid=256, box_size=1024, mask_channels=256, seed=0):
        self.design, self.moco, self.width, self.classes = design, moco, width, classes
        self.pyramid, self.box_size, self.mask_channels = pyramid, box_size, mask_channels
        self.bgr, self.stride_in_1x1 = not moco, not moco
        self.mean = [123.675, 116.28, 103.53] if moco else [103.53, 116.28, 123.675]
        self.std = [58.395, 57.12, 57.375] if moco else [1.0, 1.0, 1.0]
        self.generator = torch.Generator().manual_seed(seed)
        self.state = {}
        self.spread = 2.5 if classes > 20 else 1.0

    def normal(self, *shape, std):
        return torch.randn(*shape, generator=self.generator) * std

    # Parameters are drawn the first time that they are asked for, which is in the calibrating pass.
    def weight(self, name, *shape, std=None):
        if name not in self.state:
            fan_in = math.prod(shape[1:])
            self.state[name] = self.normal(*shape, std=std or math.sqrt(2 / fan_in))
        return self.state[name]

    def bias(self, name, size, std=0.1):
        if name not in self.state:
            self.state[name] = self.normal(size, std=std)
        return self.state[name]

    def conv(self, x, name, outputs, kernel, stride=1, bias=True, std=None):
        w = self.weight(f"{name}.weight", outputs, x.size(1), kernel, kernel, std=std)
        b = self.bias(f"{name}.bias", outputs) if bias else None
        return F.conv2d(x, w, b, stride=stride, padding=kernel // 2)

    def norm(self, x, name):
        if f"{name}.weight" not in self.state:
            self.state[f"{name}.weight"] = 1 + self.normal(x.size(1), std=0.2)
            self.state[f"{name}.bias"] = self.normal(x.size(1), std=0.2)
            self.state[f"{name}.running_mean"] = x.mean((0, 2, 3))
            self.state[f"{name}.running_var"] = x.var((0, 2, 3)) + 1e-3
            if self.moco:
                self.state[f"{name}.num_batches_tracked"] = torch.tensor(3)
        s = self.state
        return F.batch_norm(
            x, s[f"{name}.running_mean"], s[f"{name}.running_var"], s[f"{name}.weight"], s[f"{name}.bias"], eps=1e-5)

    def linear(self, x, name, outputs, spread=None):
        if f"{name}.weight" not in self.state and spread:
            # Rows scaled so that the answers vary by `spread` over the regions.
            w = self.normal(outputs, x.size(1), std=1)
            y = x @ w.t()
            self.state[f"{name}.weight"] = w * (spread / y.std(0, keepdim=True).t().clamp(min=1e-6))
            self.state[f"{name}.bias"] = -(x @ self.state[f"{name}.weight"].t()).mean(0) + self.normal(outputs, std=0.3)
        return F.linear(x, self.weight(f"{name}.weight", outputs, x.size(1)), self.bias(f"{name}.bias", outputs))

    # Backbone.
    def stage(self, x, name, index):
        inner = self.width << index
        for block in range(BLOCKS[index]):
            stride = 2 if block == 0 and index > 0 else 1
            first, second = (stride, 1) if self.stride_in_1x1 else (1, stride)
            p = f"{name}.{block}"
            y = F.relu(self.norm(self.conv(x, f"{p}.conv1", inner, 1, first, bias=False), f"{p}.conv1.norm"))
            y = F.relu(self.norm(self.conv(y, f"{p}.conv2", inner, 3, second, bias=False), f"{p}.conv2.norm"))
            y = self.norm(self.conv(y, f"{p}.conv3", inner * 4, 1, bias=False), f"{p}.conv3.norm")
            if block == 0:
                x = self.norm(self.conv(x, f"{p}.shortcut", inner * 4, 1, stride, bias=False), f"{p}.shortcut.norm")
            x = F.relu(x + y)
        return x

    def maps(self, x):
        p = "backbone.bottom_up" if self.design == "fpn" else "backbone"
        x = F.relu(self.norm(self.conv(x, f"{p}.stem.conv1", self.width, 7, 2, bias=False), f"{p}.stem.conv1.norm"))
        x = F.max_pool2d(x, 3, 2, 1)
        stages = []
        for index in range(4 if self.design == "fpn" else 3):
            x = self.stage(x, f"{p}.res{index + 2}", index)
            stages.append(x)
        if self.design == "c4":
            return [x]
        results, above = [], None
        for level in (5, 4, 3, 2):
            stage = stages[level - 2]
            merged = self.conv(stage, f"backbone.fpn_lateral{level}", self.pyramid, 1, std=math.sqrt(1 / stage.size(1)))
            if above is not None:
                merged = merged + F.interpolate(above, scale_factor=2.0, mode="nearest")
            above = merged
            std = math.sqrt(1 / (9 * self.pyramid))
            results.insert(0, self.conv(merged, f"backbone.fpn_output{level}", self.pyramid, 3, std=std))
        return results + [F.max_pool2d(results[-1], kernel_size=1, stride=2, padding=0)]

    # Proposals.
    def proposals(self, maps, height, width):
        strides, sizes = ([16], [[32, 64, 128, 256, 512]]) if self.design == "c4" else (
            [4, 8, 16, 32, 64], [[32], [64], [128], [256], [512]])
        before, after = (6000, 1000) if self.design == "c4" else (1000, 1000)
        boxes, scores, levels = [], [], []
        for level, (x, stride, own) in enumerate(zip(maps, strides, sizes)):
            a = len(own) * 3
            h = F.relu(self.conv(x, "proposal_generator.rpn_head.conv", x.size(1), 3))
            std = math.sqrt(1 / h.size(1))
            logits = self.conv(h, "proposal_generator.rpn_head.objectness_logits", a, 1, std=std)
            deltas = self.conv(h, "proposal_generator.rpn_head.anchor_deltas", a * 4, 1, std=0.3 * std)
            logits = logits.permute(0, 2, 3, 1).flatten()
            deltas = deltas.view(1, a, 4, *x.shape[-2:]).permute(0, 3, 4, 1, 2).reshape(-1, 4)
            decoded = apply_deltas(deltas, anchors(own, stride, *x.shape[-2:]), (1.0, 1.0, 1.0, 1.0))
            top, places = logits.topk(min(before, logits.numel()))
            boxes.append(decoded[places])
            scores.append(top)
            levels.append(torch.full_like(places, level))
        boxes, scores, levels = torch.cat(boxes), torch.cat(scores), torch.cat(levels)
        valid = torch.isfinite(boxes).all(1) & torch.isfinite(scores)
        boxes, scores, levels = clip(boxes[valid], height, width), scores[valid], levels[valid]
        keep = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        boxes, scores, levels = boxes[keep], scores[keep], levels[keep]
        return boxes[batched_nms(boxes, scores, levels, 0.7)[:after]]

    # Regions.
    def pooled(self, maps, boxes, side):
        rois = torch.cat([torch.zeros(len(boxes), 1), boxes], 1)
        if self.design == "c4":
            return roi_align(maps[0], rois, side, 1 / 16, 0, aligned=True)
        areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        level = torch.floor(4 + torch.log2(torch.sqrt(areas) / 224 + 1e-8)).clamp(2, 5).long() - 2
        out = torch.zeros(len(boxes), self.pyramid, side, side)
        for i in range(4):
            own = (level == i).nonzero()[:, 0]
            out[own] = roi_align(maps[i], rois[own], side, 1 / (4 << i), 0, aligned=True)
        return out

    def last_stage(self, maps, boxes):
        x = self.stage(self.pooled(maps, boxes, 14), "roi_heads.res5", 3)
        return self.norm(x, "roi_heads.res5.norm") if self.moco else x

    def box_features(self, maps, boxes):
        if self.design == "c4":
            return self.last_stage(maps, boxes).mean((2, 3))
        x = self.pooled(maps, boxes, 7).flatten(1)
        x = F.relu(self.linear(x, "roi_heads.box_head.fc1", self.box_size, spread=1.0))
        return F.relu(self.linear(x, "roi_heads.box_head.fc2", self.box_size, spread=1.0))

    def masks(self, maps, boxes, classes):
        x = self.last_stage(maps, boxes) if self.design == "c4" else self.pooled(maps, boxes, 14)
        p, channels = "roi_heads.mask_head", self.mask_channels
        for i in range(4 if self.design == "fpn" else 0):
            x = F.relu(self.conv(x, f"{p}.mask_fcn{i + 1}", channels, 3))
        w = self.weight(f"{p}.deconv.weight", x.size(1), channels, 2, 2, std=math.sqrt(2 / x.size(1)))
        x = F.relu(F.conv_transpose2d(x, w, self.bias(f"{p}.deconv.bias", channels), stride=2))
        x = self.conv(x, f"{p}.predictor", self.classes, 1, std=4 * math.sqrt(2 / x.size(1)))
        return x[torch.arange(len(boxes)), classes].sigmoid()

    def __call__(self, image, short=800, longest=1333):
        """A PIL image → boxes, scores, classes, masks as (H, W) bool, in the image's own coordinates."""
        width, height = image.size
        h, w = resized(height, width, short, longest)
        pixels = np.asarray(image.convert("RGB").resize((w, h), Image.BILINEAR))
        if self.bgr:
            pixels = pixels[:, :, ::-1]
        x = torch.as_tensor(np.ascontiguousarray(pixels.transpose(2, 0, 1))).to(torch.get_default_dtype())
        x = (x - torch.tensor(self.mean).view(-1, 1, 1)) / torch.tensor(self.std).view(-1, 1, 1)
        if self.design == "fpn":
            x = F.pad(x, (0, -w % 32, 0, -h % 32))
        maps = self.maps(x[None])
        proposals = self.proposals(maps, h, w)
        features = self.box_features(maps, proposals)
        scores = self.linear(features, "roi_heads.box_predictor.cls_score", self.classes + 1, spread=self.spread).softmax(-1)
        deltas = self.linear(features, "roi_heads.box_predictor.bbox_pred", self.classes * 4, spread=1.0)
        boxes = apply_deltas(deltas, proposals, (10.0, 10.0, 5.0, 5.0))
        valid = torch.isfinite(boxes).all(1) & torch.isfinite(scores).all(1)
        boxes, scores = clip(boxes[valid].view(-1, 4), h, w).view(-1, self.classes, 4), scores[valid][:, :-1]
        places = (scores > 0.05).nonzero()
        boxes, scores, classes = boxes[scores > 0.05], scores[scores > 0.05], places[:, 1]
        keep = batched_nms(boxes, scores, classes, 0.5)[:100]
        boxes, scores, classes = boxes[keep], scores[keep], classes[keep]
        masks = self.masks(maps, boxes, classes)
        boxes = boxes.clone()
        boxes[:, 0::2] *= width / w
        boxes[:, 1::2] *= height / h
        boxes = clip(boxes, height, width)
        keep = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        boxes, scores, classes, masks = boxes[keep], scores[keep], classes[keep], masks[keep]
        return boxes, scores, classes, paste(masks, boxes, height, width)


def resized(height, width, short, longest):
    scale = short / min(height, width)
    h, w = (short, scale * width) if height < width else (scale * height, short)
    if max(h, w) > longest:
        scale = longest / max(h, w)
        h, w = h * scale, w * scale
    return int(h + 0.5), int(w + 0.5)


def anchors(sizes, stride, rows, columns):
    cell = []
    for size in sizes:
        for ratio in (0.5, 1.0, 2.0):
            w = math.sqrt(size**2.0 / ratio)
            h = ratio * w
            cell.append([-w / 2.0, -h / 2.0, w / 2.0, h / 2.0])
    y, x = torch.meshgrid(
        torch.arange(0, rows * stride, stride, dtype=torch.get_default_dtype()),
        torch.arange(0, columns * stride, stride, dtype=torch.get_default_dtype()), indexing="ij")
    shifts = torch.stack([x.flatten(), y.flatten(), x.flatten(), y.flatten()], 1)
    return (shifts[:, None] + torch.tensor(cell)[None]).reshape(-1, 4)


def apply_deltas(deltas, boxes, weights):
    widths, heights = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    x, y = boxes[:, 0] + 0.5 * widths, boxes[:, 1] + 0.5 * heights
    limit = math.log(1000.0 / 16)
    dx, dy = deltas[:, 0::4] / weights[0], deltas[:, 1::4] / weights[1]
    dw, dh = (deltas[:, 2::4] / weights[2]).clamp(max=limit), (deltas[:, 3::4] / weights[3]).clamp(max=limit)
    cx, cy = dx * widths[:, None] + x[:, None], dy * heights[:, None] + y[:, None]
    w, h = torch.exp(dw) * widths[:, None], torch.exp(dh) * heights[:, None]
    return torch.stack([cx - 0.5 * w, cy - 0.5 * h, cx + 0.5 * w, cy + 0.5 * h], -1).reshape(deltas.shape)


def clip(boxes, height, width):
    x, y = boxes[:, 0::2].clamp(0, width), boxes[:, 1::2].clamp(0, height)
    return torch.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]], 1)


def paste(masks, boxes, height, width):
    """Each mask sampled where its box lies, one at a time, as on a CPU."""
    pasted = np.zeros((len(masks), height, width), dtype=bool)
    for i, (mask, box) in enumerate(zip(masks, boxes)):
        x0, y0 = (int(v) for v in torch.clamp(box[:2].floor() - 1, min=0))
        x1 = int(torch.clamp(box[2].ceil() + 1, max=width))
        y1 = int(torch.clamp(box[3].ceil() + 1, max=height))
        x = (torch.arange(x0, x1, dtype=box.dtype) + 0.5 - box[0]) / (box[2] - box[0]) * 2 - 1
        y = (torch.arange(y0, y1, dtype=box.dtype) + 0.5 - box[1]) / (box[3] - box[1]) * 2 - 1
        grid = torch.stack([x[None].expand(len(y), len(x)), y[:, None].expand(len(y), len(x))], 2)
        pasted[i, y0:y1, x0:x1] = F.grid_sample(mask[None, None], grid[None], align_corners=False)[0, 0].numpy() >= 0.5
    return pasted


def rle(mask):
    code = mask_api.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": code["size"], "counts": code["counts"].decode()}


def results(model, image, ids, **sizes):
    boxes, scores, classes, masks = model(image, **sizes)
    return [
        {"category_id": ids[int(c)], "score": float(s), "bbox": [float(b[0]), float(b[1]), float(b[2] - b[0]), float(b[3] - b[1])],
         "segmentation": rle(m)} for b, s, c, m in zip(boxes, scores, classes, masks)]


def save(model, path):
    if path.suffix == ".pth":
        torch.save({"model": model.state, "optimizer": {"state": {}, "param_groups": []}, "scheduler": {"last_epoch": 90000}, "iteration": 89999}, path)
        return
    with open(path, "wb") as f:
        content = {"model": {n: t.numpy() for n, t in model.state.items()}, "__author__": "make_detectron2_inference"}
        pickle.dump(content, f, protocol=2)


def image(height=97, width=131):
    """Something with edges and colours, of no photograph."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    waves = [np.sin(x / (7 + 3 * c) + c) * np.cos(y / (5 + 2 * c)) + np.sin((x + y * (c + 1)) / 23) for c in range(3)]
    pixels = np.stack(waves, 2) * 60 + 128
    pixels[20:60, 30:70] += [60, -40, 20]
    pixels[40:90, 80:120] -= [50, -30, 70]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


MODELS = {"detectron2-c4.pkl": dict(design="c4"), "detectron2-fpn.pth": dict(design="fpn"), "moco-c4.pkl": dict(design="c4", moco=True)}


@torch.no_grad()
def narrow():
    image().save(HERE / "image.jpg", quality=90)
    photo = Image.open(HERE / "image.jpg")
    for seed, (name, kind) in enumerate(MODELS.items()):
        model = Model(**kind, width=2, classes=5, pyramid=12, box_size=24, mask_channels=8, seed=seed)
        model(photo, short=160, longest=300)
        save(model, HERE / name)
        sizes = {"": dict(short=160, longest=300)} | ({"-800": {}} if kind["design"] == "fpn" else {})
        for ending, size in sizes.items():
            found = results(model, photo, [1, 2, 3, 4, 5], **size)
            with open(HERE / f"{Path(name).stem}{ending}.json", "w") as f:
                f.write("[" + ",\n".join(json.dumps(r) for r in found) + "]\n")
            print(name, size, len(found), "detections, scores", found[-1]["score"], "to", found[0]["score"])


def compare(ours, theirs):
    """How many of each are not in the other; the largest differences of the rest."""
    left, box_error, score_error, worst_mask = list(ours), 0.0, 0.0, 0
    missed = 0
    for t in theirs:
        near = [o for o in left if o["category_id"] == t["category_id"] and max(abs(a - b) for a, b in zip(o["bbox"], t["bbox"])) < 0.05
                and abs(o["score"] - t["score"]) < 1e-2]
        if not near:
            missed += 1
            continue
        o = min(near, key=lambda o: abs(o["score"] - t["score"]))
        left.remove(o)
        box_error = max(box_error, max(abs(a - b) for a, b in zip(o["bbox"], t["bbox"])))
        score_error = max(score_error, abs(o["score"] - t["score"]))
        a, b = mask_api.decode(o["segmentation"]), mask_api.decode(t["segmentation"])
        worst_mask = max(worst_mask, int((a != b).sum()))
    return missed, len(left), box_error, score_error, worst_mask


@torch.no_grad()
def full(program, folder, photos):
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (name, kind) in enumerate(MODELS.items()):
        model = Model(**kind, seed=seed)
        images = [Image.open(p) for p in photos]
        model(images[0])
        save(model, folder / name)
        output = folder / Path(name).stem
        subprocess.run([program, "predict", "--weights", folder / name, *photos, "--output", output], check=True)
        found = json.loads((output / "results.json").read_text())
        for i, image in enumerate(images):
            ours = [r for r in found if r["image_id"] == i + 1]
            theirs = results(model, image, COCO_IDS)
            print(f"{name} {photos[i]}: {len(theirs)} detections, scores {theirs[-1]['score']:.3f} to {theirs[0]['score']:.3f}")
            exact = results_in_float64(model, image)
            for title, a, b in [("ediy, PyTorch", ours, theirs), ("ediy, float64", ours, exact), ("PyTorch, float64", theirs, exact)]:
                missed, extra, box, score, mask = compare(a, b)
                print(f"  {title:16}  not found {missed}, too many {extra}; boxes to {box:.1e}, scores to {score:.1e}, mask pixels to {mask}", flush=True)


def results_in_float64(model, image):
    own = model.state
    model.state = {name: t.double() if t.is_floating_point() else t for name, t in own.items()}
    torch.set_default_dtype(torch.float64)
    found = results(model, image, COCO_IDS)
    torch.set_default_dtype(torch.float32)
    model.state = own
    return found


if __name__ == "__main__":
    full(sys.argv[2], Path(sys.argv[3]), sys.argv[4:]) if sys.argv[1:2] == ["--full"] else narrow()
