"""Whole steps of BYOL and E-DIY in PyTorch, in doubles: writes steps.json, which StepTests.swift expects.

    pip install torch
    python make_steps.py

Written from the papers: BYOL (arXiv 2006.07733, sections 3.1 to 3.3 and appendix B), LARS (arXiv 1708.03888) as BYOL uses it, and
E-DIY's terms as the docs of EDIY.swift define them. Weights and views are not stored: both sides make them by `sines`. Of a state
each tensor's digest is stored: its sum, its sum of squares, and its product with sin(1), sin(2), ...
"""
import functools
import json
import math
import pathlib
import re

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)

HIDDEN, PROJECTION = 24, 12
REGION_HIDDEN, REGION_PROJECTION = 20, 10
SIDE, BATCH = 72, 4  # A map of 3 × 3 cells.
EPOCHS, WARMUP_EPOCHS, STEPS_PER_EPOCH = 3, 1, 2

STANDARD = dict(
    method="e-diy", optimizer="lars", momentum=0.9, weight_decay=1e-3, base_learning_rate=32.0, target_momentum=0.9, accumulate=1,
    views_together=False, grid=3, invariance=1.0, diversity=0.1, matching="target", best_pairs=0, pushed_regions=1, margin=-1.0)

# Of these one batch's losses and gradients.
LOSSES = {
    "byol": dict(method="byol"),
    "byol-views-together": dict(method="byol", views_together=True),
    "e-diy": {},
    "e-diy-views-together": dict(views_together=True),
    "matching-online": dict(matching="online"),
    "best-pairs-4": dict(best_pairs=4),
    "best-pairs-4-online": dict(best_pairs=4, matching="online"),
    "pushed-3": dict(pushed_regions=3),
    "margin": dict(margin=-0.2, diversity=0.7),
    "margin-pushed-3": dict(margin=-0.1, pushed_regions=3, diversity=0.7),
    "grid-2": dict(grid=2),
    "weights": dict(invariance=0.3, diversity=0.9),
}

# Of these all that a training of six steps leaves behind.
TRAININGS = {
    "byol-lars": dict(method="byol"),
    "byol-sgd-accumulated": dict(method="byol", optimizer="sgd", base_learning_rate=3.2, accumulate=2),
    "e-diy-lars-accumulated": dict(accumulate=2, base_learning_rate=16.0, best_pairs=4),
    "e-diy-sgd-together": dict(optimizer="sgd", base_learning_rate=6.4, views_together=True, diversity=0.5, target_momentum=0.8),
}


# What both sides make.

@functools.lru_cache(maxsize=None)
def sines(index, shape, scale, shift=0.0):
    values = []
    for k in range(math.prod(shape)):
        large = abs(math.sin(k * 1.7 + index * 0.9 + 0.3)) * 9973
        values.append((math.fmod(large, 1) * 2 - 1) * scale + shift)
    return torch.tensor(values).float().double().reshape(shape)


def initial(name, shape):
    """A tensor of a network by its name."""
    index = sum((i + 1) * byte for i, byte in enumerate(name.encode())) % 997
    if name.endswith("num_batches_tracked"):
        return torch.zeros(shape)
    if name.endswith("running_var"):
        return sines(index, shape, 0.5, 1)
    if name.endswith("running_mean"):
        return sines(index, shape, 0.1)
    if len(shape) > 1:
        return sines(index, shape, math.sqrt(6 / math.prod(shape[1:])))
    return sines(index, shape, 0.2, 1 if name.endswith("weight") else 0)


def view(index):
    return sines(1000 + index, (BATCH, 3, SIDE, SIDE), 2)


# The networks.

class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        channels = width
        for stage in range(4):
            outputs = width * 2**stage
            blocks = nn.Sequential(Block(channels, outputs, 1 if stage == 0 else 2), Block(outputs, outputs, 1))
            setattr(self, f"layer{stage + 1}", blocks)
            channels = outputs

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


def head(inputs, hidden, outputs):
    return nn.Sequential(
        nn.Linear(inputs, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, outputs, bias=False))


class Pair(nn.Module):
    """An online network and its target."""

    def __init__(self, make):
        super().__init__()
        self.online, self.target = make(), make()
        self.target.requires_grad_(False)

    @torch.no_grad()
    def follow(self, tau):
        for mine, theirs in zip(self.target.parameters(), self.online.parameters()):
            mine.copy_(tau * mine + (1 - tau) * theirs)


class Method(nn.Module):
    def __init__(self, case):
        super().__init__()
        self.case = case
        self.backbone = Pair(ResNet18)
        self.projector = Pair(lambda: head(64, HIDDEN, PROJECTION))
        self.predictor = head(PROJECTION, HIDDEN, PROJECTION)
        if case["method"] == "e-diy":
            self.region_projector = Pair(lambda: head(64, REGION_HIDDEN, REGION_PROJECTION))
            self.region_predictor = head(REGION_PROJECTION, REGION_HIDDEN, REGION_PROJECTION)
        self.load_state_dict({name: initial(name, tuple(t.shape)) for name, t in self.state_dict().items()})
        self.train()

    def both(self, network, first, second):
        if self.case["views_together"]:
            return network(torch.cat([first, second])).chunk(2)
        return network(first), network(second)

    def losses(self, first, second):
        case = self.case
        maps = self.both(self.backbone.online, first, second)
        with torch.no_grad():
            target_maps = self.both(self.backbone.target, first, second)
            whole_target = self.both(self.projector.target, *(m.mean((2, 3)) for m in target_maps))
        whole = self.both(lambda x: self.predictor(self.projector.online(x)), *(m.mean((2, 3)) for m in maps))
        # Equations 1 and 2: each view's prediction against the target of the other.
        losses = {"loss_byol": sum(
            (2 - 2 * F.cosine_similarity(whole[v], whole_target[1 - v], dim=1)).mean() for v in (0, 1))}
        if case["method"] == "byol":
            return losses

        def regions(m):
            pooled = F.adaptive_avg_pool2d(m, case["grid"])
            return pooled.permute(0, 2, 3, 1).reshape(-1, m.shape[1])

        def of_image(rows):
            return F.normalize(rows, dim=1).reshape(BATCH, case["grid"]**2, -1)

        projected = self.both(self.region_projector.online, *map(regions, maps))
        z = [of_image(x) for x in projected]
        p = [of_image(x) for x in self.both(self.region_predictor, *projected)]
        with torch.no_grad():
            target = [of_image(x) for x in self.both(self.region_projector.target, *map(regions, target_maps))]
        matched = target if case["matching"] == "target" else [x.detach() for x in z]

        invariance = 0
        for v, u in ((0, 1), (1, 0)):
            terms = []
            for image in range(BATCH):
                similarity = matched[v][image] @ matched[u][image].T
                if case["best_pairs"]:
                    order = similarity.flatten().argsort(descending=True)[:case["best_pairs"]]
                    pairs = [(int(k) // len(similarity), int(k) % len(similarity)) for k in order]
                else:
                    pairs = [(i, int(similarity[i].argmax())) for i in range(len(similarity))]
                terms += [2 - 2 * p[v][image, i] @ target[u][image, j] for i, j in pairs]
            invariance = invariance + torch.stack(terms).mean()

        terms = []
        for v in (0, 1):
            for image in range(BATCH):
                similarity = z[v][image] @ z[v][image].T
                for row in similarity:
                    least = row.sort().values[:case["pushed_regions"]]
                    terms += [(s - case["margin"]).clamp(min=0) for s in least]
        losses["loss_invariance"] = case["invariance"] * invariance
        losses["loss_diversity"] = case["diversity"] * torch.stack(terms).mean()
        losses["pushed"] = sum(t.item() > 0 for t in terms) / len(terms)
        return losses

    def learned(self):
        return [(name, p) for name, p in self.named_parameters() if p.requires_grad]


class LARS:
    """Decay and adaptation for weights of more than one dimension alone: not for biases, nor normalisations."""

    def __init__(self, named, momentum, weight_decay):
        self.parameters, self.momentum, self.weight_decay = [p for _, p in named], momentum, weight_decay
        self.velocities = [torch.zeros_like(p) for p in self.parameters]

    @torch.no_grad()
    def step(self, rate):
        for p, v in zip(self.parameters, self.velocities):
            update = p.grad
            if p.ndim > 1:
                update = update + self.weight_decay * p
                update = update * (1e-3 * p.norm() / update.norm())
            v.copy_(self.momentum * v + update)
            p.sub_(rate * v)


class SGD:
    def __init__(self, named, momentum, weight_decay):
        self.parameters = [p for _, p in named]
        self.torch = torch.optim.SGD(self.parameters, lr=1.0, momentum=momentum, weight_decay=weight_decay)

    def step(self, rate):
        self.torch.param_groups[0]["lr"] = rate
        self.torch.step()

    @property
    def velocities(self):
        return [self.torch.state[p]["momentum_buffer"] for p in self.parameters]


# What is written.

def digest(t):
    t = t.detach().double().flatten()
    wave = torch.tensor([math.sin(k + 1) for k in range(len(t))])
    return [float(f"{x.item():.13g}") for x in (t.sum(), t.square().sum(), t @ wave)]


def numbers(losses):
    return {name: value.item() for name, value in losses.items() if name.startswith("loss_")}


def one_batch(case):
    method = Method(case)
    losses = method.losses(view(0), view(1))
    sum(value for name, value in losses.items() if name.startswith("loss_")).backward()
    gradients = {name: digest(p.grad) for name, p in method.learned()}
    if case["margin"] > -1:
        # Some regions are far enough apart, and some are not.
        assert 0.2 < losses["pushed"] < 0.8, losses["pushed"]
    assert all(p.grad is None for name, p in method.named_parameters() if ".target." in name)
    return dict(case=case, losses=numbers(losses), gradients=gradients)


def training(case):
    method = Method(case)
    optimizer = dict(lars=LARS, sgd=SGD)[case["optimizer"]](method.learned(), case["momentum"], case["weight_decay"])
    steps, warmup = EPOCHS * STEPS_PER_EPOCH, WARMUP_EPOCHS * STEPS_PER_EPOCH
    peak = case["base_learning_rate"] * BATCH * case["accumulate"] / 256
    log = []
    for k in range(steps):
        rate = peak * k / warmup if k < warmup else peak * (math.cos(math.pi * (k - warmup) / (steps - warmup)) + 1) / 2
        tau = 1 - (1 - case["target_momentum"]) * (math.cos(math.pi * k / steps) + 1) / 2
        for _, p in method.learned():
            p.grad = None
        means = {}
        for part in range(case["accumulate"]):
            batch = k * case["accumulate"] + part
            losses = method.losses(view(2 * batch), view(2 * batch + 1))
            total = sum(value for name, value in losses.items() if name.startswith("loss_"))
            (total / case["accumulate"]).backward()
            for name, value in numbers(losses).items():
                means[name] = means.get(name, 0) + value / case["accumulate"]
        optimizer.step(rate)
        for pair in method.children():
            if isinstance(pair, Pair):
                pair.follow(tau)
        log.append(dict(losses=means, lr=rate, tau=tau))
    state = {name: digest(t) for name, t in method.state_dict().items()}
    momenta = {name: digest(v) for (name, _), v in zip(method.learned(), optimizer.velocities)}
    return dict(case=case, steps=log, state=state, momenta=momenta)


fixture = dict(
    losses={name: one_batch(STANDARD | change) for name, change in LOSSES.items()},
    trainings={name: training(STANDARD | change) for name, change in TRAININGS.items()})
plain = fixture["losses"]["e-diy"]["losses"]
for name, found in fixture["losses"].items():
    assert name in ("byol", "e-diy") or found["losses"] != plain, name
path = pathlib.Path(__file__).with_name("steps.json")
# A line for each tensor.
path.write_text(re.sub(r"\[\s+([-\d.e, \n+]+?)\s+\]", lambda m: "[" + " ".join(m[1].split()) + "]", json.dumps(fixture, indent=0)) + "\n")
print(path.stat().st_size, "bytes")
for name, found in fixture["losses"].items():
    print(name, found["losses"])
for name, found in fixture["trainings"].items():
    print(name, *found["steps"], sep="\n  ")
