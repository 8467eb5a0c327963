"""What `ediy predict --weights` finds on photographs beside torchvision's maskrcnn_resnet50_fpn with the same random weights.

    python compare_torchvision.py FOLDER_OF_COCO_MINI EDIY_PROGRAM [COUNT]

The state dict is saved as users save it, torch.save; both sides read the same JPEG files and do all the rest by themselves.
Prints the largest differences of boxes (in pixels), scores and masks, and how many detections are not found by both; and the same
of either to torchvision in float64, which says how much of the difference is rounding.
"""
import copy
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
import torchvision
from PIL import Image
from pycocotools import mask as mask_api


def read(path):
    return torch.from_numpy(np.asarray(Image.open(path).convert("RGB")).copy()).permute(2, 0, 1).float() / 255


def random_model(image):
    """With the statistics of the network's own features, and scores so spread that an image has some hundred candidates."""
    torch.manual_seed(0)
    model = torchvision.models.detection.maskrcnn_resnet50_fpn(weights=None, weights_backbone=None)
    for norm in model.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.momentum = 1.0
    with torch.no_grad():
        model.backbone.train()(model.transform([image])[0].tensors)
        model.eval()
        predictor, found = model.roi_heads.box_predictor, {}
        hook = predictor.register_forward_hook(lambda module, x, out: found.setdefault("out", out))
        model([image])
        hook.remove()
        logits, scale = found["out"][0] - predictor.cls_score.bias, 1.0
        while ((logits * scale + predictor.cls_score.bias).softmax(1)[:, 1:] > 0.05).sum() < 500:
            scale *= 1.1
        predictor.cls_score.weight *= scale
    return model


def main(folder, program, count):
    data = json.load(open(f"{folder}/annotations/instances_val.json"))
    paths = [f"{folder}/val/{image['file_name']}" for image in data["images"][:count]]
    model = random_model(read(paths[0]))
    with tempfile.TemporaryDirectory() as work:
        torch.save(model.state_dict(), f"{work}/model.pth")
        subprocess.run([program, "predict", "--weights", f"{work}/model.pth", *paths, "--output", f"{work}/found"], check=True)
        ours = json.load(open(f"{work}/found/results.json"))
    for place, path in enumerate(paths):
        own = [d for d in ours if d["image_id"] == place + 1]
        theirs, exact = found(model, read(path)), found(copy.deepcopy(model).double(), read(path).double())
        print(f"{os.path.basename(path)}: {len(theirs)} detections")
        for title, a, b in [("ediy, torchvision", own, theirs), ("ediy, float64", own, exact), ("torchvision, float64", theirs, exact)]:
            print(f"  {title:20} {difference(a, b)}", flush=True)


@torch.no_grad()
def found(model, image):
    """As results.json has it."""
    torch.set_default_dtype(image.dtype)
    out = model([image])[0]
    torch.set_default_dtype(torch.float32)
    return [
        {"category_id": int(label), "score": float(score), "bbox": [float(v) for v in (x0, y0, x1 - x0, y1 - y0)],
         "segmentation": mask_api.encode(np.asfortranarray(mask[0] >= 0.5).astype(np.uint8))}
        for (x0, y0, x1, y1), label, score, mask in zip(*(out[k].numpy() for k in ("boxes", "labels", "scores", "masks")))]


def difference(a, b):
    boxes = scores = pixels = 0.0
    alone = abs(len(a) - len(b))
    for one in b:
        def far(other):
            (x, y, w, h), (u, v, width, height) = one["bbox"], other["bbox"]
            return max(abs(x - u), abs(y - v), abs(x + w - u - width), abs(y + h - v - height))
        near = min((d for d in a if d["category_id"] == one["category_id"]), key=far, default=None)
        if near is None or far(near) > 1:
            alone += 1
            continue
        boxes, scores = max(boxes, far(near)), max(scores, abs(near["score"] - one["score"]))
        pixels = max(pixels, (mask_api.decode(near["segmentation"]) != mask_api.decode(one["segmentation"])).sum())
    return (f"{alone} not of both; boxes differ by {boxes:.1e} pixels at most, scores by {scores:.1e}, masks by {pixels:.0f} pixels")


main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 4)
