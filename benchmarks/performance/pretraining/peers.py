"""BYOL's step in PyTorch, from the weights and views that ediy's begins with too.

    pip install torch torchvision safetensors
    python peers.py make INPUTS.safetensors [IMAGES [SIDE]]     weights, and two batches of two views
    python peers.py run FORMAT PRECISION STEPS INPUTS           FORMAT: contiguous or channels_last
    python peers.py compare RESULTS.jsonl

ResNet-50 with torchvision's code; projector and predictor 4096 wide; LARS and moving averages by the foreach operators;
bfloat16 by autocast. `compare` takes the smallest time of a step but the first, which makes memory and kernels ready.
"""
import json
import resource
import sys
import time

import torch
import torchvision
from safetensors.torch import load_file, save_file
from torch import nn


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
    # Blobs of several sizes, as pictures have, and each view with noise of its own.
    def blobs(size):
        return nn.functional.interpolate(torch.randn(2 * images, 3, size, size), (side, side), mode="bicubic")

    pictures = blobs(4) + blobs(16) / 2
    for view in ("first", "second"):
        noisy = pictures * (0.6 + torch.rand(2 * images, 3, 1, 1)) + 0.3 * torch.randn(2 * images, 3, side, side)
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
    losses, seconds, processor = [], [], []
    for step in range(steps):
        begin, worked = time.perf_counter(), time.process_time()
        pair = [view[step % 2].to(memory_format=layout_of) for view in views]
        model.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            loss = model(pair)
        losses.append(loss.item())
        loss.backward()
        optimizer.step(0.1)
        model.follow(0.99)
        seconds.append(time.perf_counter() - begin)
        processor.append(time.process_time() - worked)
    print(json.dumps({
        "who": f"PyTorch {torch.__version__.split('+')[0]} {layout}", "precision": precision, "losses": losses,
        "seconds": seconds, "processor": processor, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def compare(file):
    results = [json.loads(line) for line in open(file)]
    for precision in dict.fromkeys(r["precision"] for r in results):
        rows = [r for r in results if r["precision"] == precision]
        peers = [r for r in rows if r["who"].startswith("PyTorch")]
        byol = [r for r in rows if r["who"] == "ediy byol"]
        best = min(peers, key=lambda r: min(r["seconds"][1:]), default=None)
        print(precision)
        for r in rows:
            step, worked = min(r["seconds"][1:]), min(r["processor"][1:])
            line = f"  {r['who']:32} {step:7.2f} s a step, {worked:7.2f} s of processors, {r['peak_mb']:6.0f} MB at most"
            if r in byol and best:
                line += (
                    f"; {step / min(best['seconds'][1:]):.2f} of {best['who']}'s time, "
                    f"{worked / min(min(p['processor'][1:]) for p in peers):.2f} of processors', "
                    f"{r['peak_mb'] / min(p['peak_mb'] for p in peers):.2f} of the least memory")
                n = min(len(r["losses"]), len(best["losses"]))
                off = max(abs(a / b - 1) for a, b in zip(r["losses"][:n], best["losses"][:n]))
                line += f"; {n} losses within {off:.2%} ({r['losses'][0]:.4f} … {r['losses'][n - 1]:.4f})"
            if r["who"] == "ediy e-diy" and byol:
                line += f"; {step / min(byol[0]['seconds'][1:]):.2f} of BYOL's time"
            print(line)


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    if command == "make":
        make(rest[0], *map(int, rest[1:]))
    elif command == "run":
        run(rest[0], rest[1], int(rest[2]), rest[3])
    else:
        compare(rest[0])
