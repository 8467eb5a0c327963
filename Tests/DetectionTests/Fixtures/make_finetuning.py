"""What six steps of fine-tuning make of given weights and given gradients: writes finetuning.json, which FineTuningTests.swift
expects.

    pip install torch
    python make_finetuning.py

By Detectron2's rules: `get_default_optimizer_params` (normalisations decay by WEIGHT_DECAY_NORM, biases like weights, what asks for
no gradient is left out), `WarmupMultiStepLR`, `CLIP_GRADIENTS`; and the linear scaling of arXiv 1706.02677. The steps are torch.optim.SGD's, in
doubles. Weights and gradients are not stored: both sides make them by `sines`. Of a state each tensor's digest is stored: its sum,
its sum of squares, and its product with sin(1), sin(2), ...
"""
import functools
import json
import math
import pathlib

import torch
from torch import nn

torch.set_default_dtype(torch.float64)

STANDARD = dict(
    design="c4", normalization="bn", extra_norm=True, freeze_at=0, batch=4, reference_batch=16, learning_rate=0.4,
    learning_rate_decay=0.1, milestones=[4, 5], warmup=2, warmup_start=0.25, momentum=0.9, weight_decay=0.02, weight_decay_norm=0.0,
    gradient_clip="none", gradient_clip_at=1.0)

CASES = {
    "c4": {},
    "c4-norms-decay": dict(weight_decay_norm=0.05, reference_batch=2, learning_rate=0.05),
    "c4-clip-value": dict(gradient_clip="value", gradient_clip_at=0.1),
    "c4-clip-norm": dict(gradient_clip="norm", gradient_clip_at=1.5),
    "c4-clip-full-model": dict(gradient_clip="full_model", gradient_clip_at=2.0),
    "fpn": dict(design="fpn"),
    "fpn-frozen": dict(design="fpn", normalization="frozen_bn", extra_norm=False, freeze_at=2, reference_batch=4),
    "c4-frozen-stem": dict(freeze_at=1, learning_rate_decay=0.3),
}

STEPS, CLASSES, WIDTH, PYRAMID, INNER, LAYER = 6, 3, 8, 8, 8, 16


@functools.lru_cache(maxsize=None)
def sines(index, shape, scale, shift=0.0):
    values = []
    for k in range(math.prod(shape)):
        large = abs(math.sin(k * 1.7 + index * 0.9 + 0.3)) * 9973
        values.append((math.fmod(large, 1) * 2 - 1) * scale + shift)
    return torch.tensor(values).float().double().reshape(shape)


def index(name):
    return sum((i + 1) * byte for i, byte in enumerate(name.encode())) % 997


def initial(name, shape):
    if name.endswith("num_batches_tracked"):
        return torch.zeros(shape)
    if name.endswith("running_var"):
        return sines(index(name), shape, 0.5, 1)
    if name.endswith("running_mean"):
        return sines(index(name), shape, 0.1)
    if len(shape) > 1:
        return sines(index(name), shape, math.sqrt(6 / math.prod(shape[1:])))
    return sines(index(name), shape, 0.2, 1 if name.endswith("weight") else 0)


def gradient(name, shape, step):
    """None for a part of the network that a step does not reach."""
    if "mask_head.predictor" in name and step % 2:
        return None
    return sines(index(name) + 31 * step, shape, 0.3).clone()


class FrozenBatchNorm(nn.Module):
    """Nothing to learn."""

    def __init__(self, channels):
        super().__init__()
        for name in ("weight", "bias", "running_mean", "running_var"):
            self.register_buffer(name, torch.zeros(channels))
        self.register_buffer("num_batches_tracked", torch.zeros(()))


def detector(case):
    """The layers of a detector by Detectron2's names, its ResNet's by torchvision's; what they compute is not needed."""
    layers = {}

    def norm(channels, frozen):
        return FrozenBatchNorm(channels) if frozen else nn.BatchNorm2d(channels)

    def resnet(name, layer, part):
        if part < case["freeze_at"]:
            layer.requires_grad_(False)
        layers[f"backbone.{name}"] = layer

    def resnet_norm(name, channels, part):
        layers[f"backbone.{name}"] = norm(channels, part < case["freeze_at"] or case["normalization"] == "frozen_bn")

    resnet("conv1", nn.Conv2d(3, WIDTH, 7, bias=False), 0)
    resnet_norm("bn1", WIDTH, 0)
    channels = WIDTH
    for part in range(1, 5):
        outputs = WIDTH * 2**(part - 1)
        for block in range(2):
            name = f"layer{part}.{block}"
            resnet(f"{name}.conv1", nn.Conv2d(channels, outputs, 3, bias=False), part)
            resnet_norm(f"{name}.bn1", outputs, part)
            resnet(f"{name}.conv2", nn.Conv2d(outputs, outputs, 3, bias=False), part)
            resnet_norm(f"{name}.bn2", outputs, part)
            if channels != outputs:
                resnet(f"{name}.downsample.0", nn.Conv2d(channels, outputs, 1, bias=False), part)
                resnet_norm(f"{name}.downsample.1", outputs, part)
            channels = outputs

    def conv(name, inputs, outputs, kernel):
        layers[name] = nn.Conv2d(inputs, outputs, kernel, bias=not case["extra_norm"])
        if case["extra_norm"]:
            layers[f"{name}.norm"] = norm(outputs, case["normalization"] == "frozen_bn")

    if case["design"] == "c4":
        maps, anchors, box, mask, convolutions = WIDTH * 4, 15, WIDTH * 8, WIDTH * 8, 0
        layers["roi_heads.norm"] = nn.BatchNorm2d(box)
    else:
        maps, anchors, box, mask, convolutions = PYRAMID, 3, LAYER, PYRAMID, 4
        for level in range(2, 6):
            conv(f"backbone.fpn_lateral{level}", WIDTH * 2**(level - 2), PYRAMID, 1)
            conv(f"backbone.fpn_output{level}", PYRAMID, PYRAMID, 3)
        conv("roi_heads.box_head.conv1", PYRAMID, INNER, 3)
        layers["roi_heads.box_head.fc1"] = nn.Linear(INNER * 49, LAYER)
        layers["roi_heads.box_head.fc2"] = nn.Linear(LAYER, LAYER)
    layers["proposal_generator.rpn_head.conv"] = nn.Conv2d(maps, maps, 3)
    layers["proposal_generator.rpn_head.objectness_logits"] = nn.Conv2d(maps, anchors, 1)
    layers["proposal_generator.rpn_head.anchor_deltas"] = nn.Conv2d(maps, anchors * 4, 1)
    layers["roi_heads.box_predictor.cls_score"] = nn.Linear(box, CLASSES + 1)
    layers["roi_heads.box_predictor.bbox_pred"] = nn.Linear(box, CLASSES * 4)
    for i in range(convolutions):
        conv(f"roi_heads.mask_head.mask_fcn{i + 1}", mask if i == 0 else INNER, INNER, 3)
    layers["roi_heads.mask_head.deconv"] = nn.ConvTranspose2d(INNER if convolutions else mask, INNER, 2)
    layers["roi_heads.mask_head.predictor"] = nn.Conv2d(INNER, CLASSES, 1)
    for name, layer in layers.items():
        layer.load_state_dict({key: initial(f"{name}.{key}", tuple(t.shape)) for key, t in layer.state_dict().items()})
    return layers


def groups(layers, case):
    decay = {True: case["weight_decay_norm"], False: case["weight_decay"]}
    return [
        dict(params=[p], name=f"{name}.{key}", weight_decay=decay[isinstance(layer, nn.BatchNorm2d)])
        for name, layer in layers.items() for key, p in layer.named_parameters() if p.requires_grad]


def rate(case, step):
    value = case["learning_rate"] * case["batch"] / case["reference_batch"]
    value *= case["learning_rate_decay"]**sum(step >= m for m in case["milestones"])
    if step < case["warmup"]:
        alpha = step / case["warmup"]
        value *= case["warmup_start"] * (1 - alpha) + alpha
    return value


def clip(parameters, kind, limit):
    if kind == "value":
        torch.nn.utils.clip_grad_value_(parameters, limit)
    if kind == "norm":
        for p in parameters:
            torch.nn.utils.clip_grad_norm_(p, limit)
    if kind == "full_model":
        torch.nn.utils.clip_grad_norm_(parameters, limit)


def digest(t):
    t = t.detach().double().flatten()
    wave = torch.tensor([math.sin(k + 1) for k in range(len(t))])
    return [float(f"{x.item():.13g}") for x in (t.sum(), t.square().sum(), t @ wave)]


def finetuning(case):
    layers = detector(case)
    parts = groups(layers, case)
    optimizer = torch.optim.SGD(parts, lr=1.0, momentum=case["momentum"])
    for step in range(STEPS):
        for group in parts:
            p = group["params"][0]
            p.grad = gradient(group["name"], tuple(p.shape), step)
        clip([p for g in parts for p in g["params"] if p.grad is not None], case["gradient_clip"], case["gradient_clip_at"])
        for group in optimizer.param_groups:
            group["lr"] = rate(case, step)
        optimizer.step()
    state = {f"{name}.{key}": digest(t) for name, layer in layers.items() for key, t in layer.state_dict().items()}
    return dict(case=case, learned=len(parts), rates=[rate(case, step) for step in range(STEPS)], state=state)


fixture = {name: finetuning(STANDARD | change) for name, change in CASES.items()}
lines = []
for name, found in fixture.items():
    state = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in found.pop("state").items())
    lines.append(f"{json.dumps(name)}: {json.dumps(found)[:-1]}, \"state\": {{\n{state}\n}}}}")
path = pathlib.Path(__file__).with_name("finetuning.json")
path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(path.stat().st_size, "bytes")
