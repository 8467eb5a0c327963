"""Golden values of torchvision's maskrcnn_resnet50_fpn: losses, gradients and detections with the same weights.

Computed in float64, like resnet50.safetensors of NNTests. Weights and images are not stored: both sides compute them from
sines (see `Sines.swift`). Every anchor and region that has a label is drawn, so that nothing is random; mask targets are
Detectron2's, polygons cut to the region and rasterised by pycocotools.

    pip install torch torchvision pycocotools pillow numpy safetensors
    python make_torchvision_fpn.py FOLDER_OF_COCO_MINI
"""
import json
import math
import sys

import numpy as np
import torch
import torchvision
from PIL import Image
from pycocotools import mask as mask_api
from safetensors.torch import save_file
from torchvision.models.detection import roi_heads

CLASSES = 5
PHOTOGRAPHS = 4  # the last one upright: Pillow 13 resamples its columns first
HEIGHT, WIDTH = 192, 256  # multiples of every stride, so that torchvision's strides are those too
BOXES = [[20.0, 30, 120, 150], [100, 10, 230, 90], [140.5, 100.25, 200, 180]]
POLYGONS = [
    [[20.0, 30, 120, 60, 90, 150, 30, 120]],
    [[100.0, 10, 160, 10, 160, 90, 100, 90], [180.0, 20, 230, 30, 200, 85]],
    [[140.5, 100.25, 200, 140, 150, 180]],
]
LABELS = [[1, 3, 5], [2, 2, 4]]


def sines(index, shape, scale, shift=0.0):
    k = torch.arange(math.prod(shape), dtype=torch.float64)
    scattered = torch.frac(torch.sin(k * 1.7 + index * 0.9 + 0.3).abs() * 9973.0) * 2 - 1
    return (scattered * scale + shift).reshape(shape).float()


def names(model):
    """(ediy's name, torchvision's), in the order of ediy's state."""
    body = [n for n in model.state_dict() if n.startswith("backbone.body.") and not n.endswith("tracked")]
    pairs = [(n.replace("backbone.body.", "backbone."), n) for n in body]

    def add(ours, theirs):
        pairs.extend((f"{ours}.{kind}", f"{theirs}.{kind}") for kind in ("weight", "bias"))

    add("proposal_generator.rpn_head.conv", "rpn.head.conv.0.0")
    add("proposal_generator.rpn_head.objectness_logits", "rpn.head.cls_logits")
    add("proposal_generator.rpn_head.anchor_deltas", "rpn.head.bbox_pred")
    for i in range(4):
        add(f"backbone.fpn_lateral{i + 2}", f"backbone.fpn.inner_blocks.{i}.0")
        add(f"backbone.fpn_output{i + 2}", f"backbone.fpn.layer_blocks.{i}.0")
    add("roi_heads.box_head.fc1", "roi_heads.box_head.fc6")
    add("roi_heads.box_head.fc2", "roi_heads.box_head.fc7")
    add("roi_heads.box_predictor.cls_score", "roi_heads.box_predictor.cls_score")
    add("roi_heads.box_predictor.bbox_pred", "roi_heads.box_predictor.bbox_pred")
    for i in range(4):
        add(f"roi_heads.mask_head.mask_fcn{i + 1}", f"roi_heads.mask_head.{i}.0")
    add("roi_heads.mask_head.deconv", "roi_heads.mask_predictor.conv5_mask")
    add("roi_heads.mask_head.predictor", "roi_heads.mask_predictor.mask_fcn_logits")
    return pairs


def ours_shape(name, shape):
    """Background is the last class of scores, and has neither box nor mask."""
    shape = list(shape)
    if "bbox_pred" in name:
        shape[0] -= 4
    if "mask_head.predictor" in name:
        shape[0] -= 1
    return shape


def theirs(name, value):
    if "cls_score" in name:
        return torch.cat([value[-1:], value[:-1]])
    extra = 4 if "bbox_pred" in name else 1 if "mask_head.predictor" in name else 0
    return torch.cat([torch.zeros(extra, *value.shape[1:]), value])


def fill(model):
    state = model.state_dict()
    for index, (name, own) in enumerate(names(model)):
        shape = ours_shape(name, state[own].shape)
        if len(shape) > 1:
            gain = 0.04 if "bbox_pred" in name or "anchor_deltas" in name else 0.2 if "cls_score" in name else 4
            value = sines(index, shape, math.sqrt(gain / math.prod(shape[1:])))
        elif name.endswith("bn3.weight"):
            value = sines(index, shape, 0.1, 0.25)
        elif name.endswith("running_var") or ".bn" in name and name.endswith("weight") or "downsample.1.weight" in name:
            value = sines(index, shape, 0.3, 1.0)
        else:
            value = sines(index, shape, 0.2)
        state[own].copy_(theirs(name, value))


def rasterised(gt_masks, boxes, matched, side):
    result = []
    for box, place in zip(boxes.tolist(), matched.tolist()):
        rx, ry = side / max(box[2] - box[0], 0.1), side / max(box[3] - box[1], 0.1)
        local = [
            [(v - box[i % 2]) * (ry if i % 2 else rx) for i, v in enumerate(polygon)] for polygon in POLYGONS[place]
        ]
        rle = mask_api.merge(mask_api.frPyObjects(local, side, side))
        result.append(torch.from_numpy(mask_api.decode(rle)).double())
    return torch.stack(result)


def main(folder):
    torch.manual_seed(0)
    model = torchvision.models.detection.maskrcnn_resnet50_fpn(
        weights=None, weights_backbone=None, num_classes=CLASSES + 1, min_size=HEIGHT, max_size=WIDTH,
        image_mean=[0.0] * 3, image_std=[1.0] * 3, rpn_pre_nms_top_n_train=200, rpn_post_nms_top_n_train=100,
        rpn_pre_nms_top_n_test=100, rpn_post_nms_top_n_test=60, rpn_batch_size_per_image=10**6,
        box_batch_size_per_image=10**6, box_positive_fraction=0.5, box_score_thresh=0.1, box_nms_thresh=0.1,
        box_detections_per_img=10)
    with torch.no_grad():
        fill(model)
    model.double()
    roi_heads.project_masks_on_boxes = rasterised
    out = {}
    pairs = names(model)

    images = list(sines(1000, (2, 3, HEIGHT, WIDTH), 1.0).double())
    targets = [
        {"boxes": torch.tensor(BOXES).double(), "labels": torch.tensor(labels),
         "masks": torch.zeros(3, HEIGHT, WIDTH, dtype=torch.uint8)} for labels in LABELS]
    drawn = []
    assign = model.rpn.assign_targets_to_anchors

    def counted(anchors, targets):
        labels, boxes = assign(anchors, targets)
        drawn.extend(int((l >= 0).sum()) for l in labels)
        return labels, boxes

    model.rpn.assign_targets_to_anchors = counted

    def find(image_list, name):
        model.eval()
        found = {}
        inference = roi_heads.maskrcnn_inference

        def kept(logits, labels):
            found["masks"] = inference(logits, labels)
            return found["masks"]

        roi_heads.maskrcnn_inference = kept
        with torch.no_grad():
            results = model(image_list)
        roi_heads.maskrcnn_inference = inference
        for i, result in enumerate(results):
            out[f"{name}{i}_boxes"] = result["boxes"].float()
            out[f"{name}{i}_scores"] = result["scores"].float()
            out[f"{name}{i}_classes"] = result["labels"] - 1
            out[f"{name}{i}_masks"] = found["masks"][i][:, 0].float().contiguous()
            print(name, i, result["scores"].tolist(), (result["labels"] - 1).tolist(), result["boxes"].tolist()[:3])

    find(images, "formula")

    images_of = json.load(open(f"{folder}/annotations/instances_val.json"))["images"]
    photographs = [image["file_name"] for image in images_of[:PHOTOGRAPHS]]
    tensors = []
    for name in photographs:
        pixels = Image.open(f"{folder}/val/{name}").convert("RGB").resize((WIDTH, HEIGHT), Image.BILINEAR)
        tensors.append(torch.from_numpy(np.asarray(pixels).copy()).permute(2, 0, 1).double() / 255)
    model.transform.image_mean, model.transform.image_std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    find(tensors, "photograph")
    model.transform.image_mean, model.transform.image_std = [0.0] * 3, [1.0] * 3

    model.train()
    losses = model(images, targets)
    sum(losses.values()).backward()
    order = ["loss_classifier", "loss_box_reg", "loss_mask", "loss_objectness", "loss_rpn_box_reg"]
    out["losses"] = torch.stack([losses[n].detach() for n in order])
    print(out["losses"], drawn)
    assert drawn[0] == drawn[1]
    own = dict(model.named_parameters())
    learned = [(name, own[t]) for name, t in pairs if t in own]
    out["grad_norms"] = torch.stack([p.grad.norm() for _, p in learned])
    out["grad_conv1"] = own["backbone.body.conv1.weight"].grad.float().contiguous()
    save_file(out, "torchvision-fpn.safetensors", metadata={
        "names": ",".join(name for name, _ in learned), "drawn": str(drawn[0]), "photographs": ",".join(photographs)})


if __name__ == "__main__":
    main(sys.argv[1])
