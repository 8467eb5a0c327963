"""BYOL's step in PyTorch, from the weights and views that ediy's begins with too.

    pip install torch torchvision safetensors
    python peers.py make INPUTS.safetensors [IMAGES [SIDE]]     weights, and two batches of two views
    python peers.py run FORMAT PRECISION STEPS INPUTS           FORMAT: contiguous or channels_last
    python peers.py turns PRECISION STEPS INPUTS [CONTENDER…]   ediy's and PyTorch's, step by step in turns

ResNet-50 with torchvision's code; projector and predictor 4096 wide; LARS and moving averages by the foreach operators;
bfloat16 by autocast. A step waits for a line of standard input, so that contenders can take turns. `turns` gives each
one's median over the steps but the first two, which make memory and kernels ready, and the median of the ratios of
steps side by side.
"""
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
import torchvision
from safetensors.torch import load_file, save_file
from torch import nn


# As main.swift has it, which says why.
LEARNING_RATE = 0.01 * 0.45 * 16 / 256
CONTENDERS = ["byol", "channels_last", "e-diy", "contiguous"]


def head(inputs):
    return nn.Sequential(
        nn.Linear(inputs, 4096, bias=False), nn.BatchNorm1d(4096), nn.ReLU(inplace=True), nn.Linear(4096, 256, bias=False))


class BYOL(nn.Module):
    def __init__(self):
        super().__init__()
        for name in ("online", "target"):
            backbone = torchvision.models.resnet50(weights=None)
            backbone.fc = nn.Identity()
            self.add_module(f"backbone_{name}", backbone)
            self.add_module(f"projector_{name}", head(2048))
        self.predictor = head(256)
        for part in ("backbone", "projector"):
            target = getattr(self, f"{part}_target")
            target.load_state_dict(getattr(self, f"{part}_online").state_dict())
            target.requires_grad_(False)

    def forward(self, views):
        predictions = [self.predictor(self.projector_online(self.backbone_online(x))) for x in views]
        with torch.no_grad():
            targets = [self.projector_target(self.backbone_target(x)) for x in views]
        cosine = [
            nn.functional.cosine_similarity(p.float(), t.float(), dim=1).mean() for p, t in zip(predictions, targets[::-1])]
        return 4 - 2 * sum(cosine)

    @torch.no_grad()
    def follow(self, tau):
        for part in ("backbone", "projector"):
            target, online = getattr(self, f"{part}_target"), getattr(self, f"{part}_online")
            torch._foreach_lerp_(list(target.parameters()), list(online.parameters()), 1 - tau)


class LARS:
    def __init__(self, parameters, momentum=0.9, decay=1e-6, trust=1e-3):
        parameters = [p for p in parameters if p.requires_grad]
        self.groups = [[p for p in parameters if (p.dim() > 1) == adapted] for adapted in (True, False)]
        self.velocities = [[torch.zeros_like(p) for p in group] for group in self.groups]
        self.momentum, self.decay, self.trust = momentum, decay, trust

    @torch.no_grad()
    def step(self, rate):
        for group, velocities, adapted in zip(self.groups, self.velocities, (True, False)):
            gradients = [p.grad for p in group]
            if adapted:
                torch._foreach_add_(gradients, group, alpha=self.decay)
                lengths, own = torch._foreach_norm(group), torch._foreach_norm(gradients)
                ratios = [torch.where((p > 0) & (g > 0), self.trust * p / g, 1.0) for p, g in zip(lengths, own)]
                torch._foreach_mul_(gradients, ratios)
            torch._foreach_mul_(velocities, self.momentum)
            torch._foreach_add_(velocities, gradients)
            torch._foreach_add_(group, velocities, alpha=-rate)


def names(model):
    """ediy's names for a model's tensors: backbone.online.…"""
    return {k.replace("_online.", ".online.").replace("_target.", ".target."): v for k, v in model.state_dict().items()}


def make(file, images=16, side=224):
    torch.manual_seed(0)
    tensors = {k: v.clone().contiguous() for k, v in names(BYOL()).items()}
    # Blobs of several sizes, as images have, and each view with noise of its own.
    def blobs(size):
        return nn.functional.interpolate(torch.randn(2 * images, 3, size, size), (side, side), mode="bicubic")

    images = blobs(4) + blobs(16) / 2
    for view in ("first", "second"):
        noisy = images * (0.6 + torch.rand(2 * images, 3, 1, 1)) + 0.3 * torch.randn(2 * images, 3, side, side)
        tensors[f"views.{view}"] = noisy.reshape(2, images, 3, side, side).contiguous()
    save_file(tensors, file)


def run(layout, precision, steps, file):
    inputs = load_file(file)
    model = BYOL()
    own = names(model)
    for name, tensor in own.items():
        tensor.copy_(inputs[name])
    views = [inputs["views.first"].clone(), inputs["views.second"].clone()]
    del inputs
    layout_of = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}[layout]
    model = model.to(memory_format=layout_of)
    model.train()
    optimizer = LARS(model.parameters())
    for step in range(steps):
        sys.stdin.readline()
        begin, worked = time.perf_counter(), time.process_time()
        pair = [view[step % 2].to(memory_format=layout_of) for view in views]
        model.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            loss = model(pair)
        value = loss.item()
        loss.backward()
        optimizer.step(LEARNING_RATE)
        model.follow(0.99)
        print(json.dumps({
            "loss": value, "seconds": time.perf_counter() - begin, "processor": time.process_time() - worked,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)


def turns(precision, steps, file, contenders):
    """Every contender has its process; one steps while the others wait."""
    here = Path(__file__).parent
    # Which kernels OpenBLAS takes is to be its own choice: told otherwise, ediy alone would be held back, for PyTorch has another BLAS.
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}

    def begin(name):
        own = [str(here / ".build/release/pretraining"), name] if name in ("byol", "e-diy") else [
            sys.executable, __file__, "run", name]
        return subprocess.Popen(
            own + [precision, str(steps), file], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    processes = {name: begin(name) for name in contenders}
    results = {name: [] for name in contenders}
    for step in range(steps):
        for name, process in processes.items():
            process.stdin.write("go\n")
            process.stdin.flush()
            results[name].append(json.loads(process.stdout.readline()))
        print(f"step {step + 1}: " + ", ".join(
            f"{name} {r[-1]['seconds']:.2f} s ({r[-1]['processor']:.2f})" for name, r in results.items()),
            file=sys.stderr, flush=True)
    for process in processes.values():
        process.communicate()
    report(precision, results)


def report(precision, results):
    def column(name, key):
        return [r[key] for r in results[name][2:] or results[name][-1:]]

    def ratio(name, other, key):
        return statistics.median(a / b for a, b in zip(column(name, key), column(other, key)))

    peers = [name for name in results if name in ("contiguous", "channels_last")]
    best = min(peers, key=lambda name: statistics.median(column(name, "processor")), default=None)
    print(precision)
    for name, steps in results.items():
        line = (
            f"  {name if name not in peers else 'PyTorch ' + torch.__version__.split('+')[0] + ' ' + name:28}"
            f"{statistics.median(column(name, 'seconds')):7.2f} s a step, {statistics.median(column(name, 'processor')):7.2f} s "
            f"of processors, {steps[-1]['peak_mb']:6.0f} MB at most, loss {steps[0]['loss']:.4f} … {steps[-1]['loss']:.4f}")
        for other, whose in ((best, "PyTorch's best"), ("byol", "BYOL's")):
            if other not in results or other == name or (other == "byol" and name != "e-diy") or (name == "e-diy" and other == best):
                continue
            line += (
                f"; of {whose} {ratio(name, other, 'seconds'):.2f} in time, {ratio(name, other, 'processor'):.2f} in "
                f"processors' time, {steps[-1]['peak_mb'] / results[other][-1]['peak_mb']:.2f} in memory")
            if other == best:
                off = max(abs(a["loss"] / b["loss"] - 1) for a, b in zip(steps, results[best]))
                line += f"; {len(steps)} losses within {off:.2%}"
        print(line)


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    if command == "make":
        make(rest[0], *map(int, rest[1:]))
    elif command == "run":
        run(rest[0], rest[1], int(rest[2]), rest[3])
    else:
        turns(rest[0], int(rest[1]), rest[2], rest[3:] or CONTENDERS)
