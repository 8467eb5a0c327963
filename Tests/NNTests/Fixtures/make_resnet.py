"""Golden values of torchvision's ResNet-18 and -50: forward, and the gradients of one training step.

Computed in float64: in float32 an activation next to zero may fall on either side of ReLU, which moves gradients by more
than any error worth finding.

    pip install torch torchvision numpy safetensors
    python make_resnet.py

Weights and images are not stored: both sides compute them from sines (see `Sines.swift`).
"""
import math
import torch, torchvision
from safetensors.torch import save_file


def sines(index: int, shape, scale: float, shift: float = 0.0) -> torch.Tensor:
    # The fraction of a large multiple of a sine: scattered enough that no layer is nearly singular.
    k = torch.arange(math.prod(shape), dtype=torch.float64)
    scattered = torch.frac(torch.sin(k * 1.7 + index * 0.9 + 0.3).abs() * 9973.0) * 2 - 1
    return (scattered * scale + shift).reshape(shape).float()


def fill(model):
    index = 0
    for name, tensor in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        if tensor.dim() > 1:
            fan_in = tensor[0].numel()
            value = sines(index, tensor.shape, math.sqrt(4 / fan_in))
        elif name.endswith("running_var") or name.endswith("weight"):
            value = sines(index, tensor.shape, 0.3, 1.0)
        else:
            value = sines(index, tensor.shape, 0.2)
        tensor.copy_(value)
        index += 1


def main():
    for depth in (18, 50):
        torch.set_num_threads(1)
        model = getattr(torchvision.models, f"resnet{depth}")()
        model.fc = torch.nn.Identity()
        with torch.no_grad():
            fill(model)
        model.double()
        x = sines(1000, (2, 3, 96, 96), 1.0).double()
        features = torch.nn.Sequential(*list(model.children())[:-2])
        model.eval()
        with torch.no_grad():
            evaluated = features(x)
        model.train()
        trained = features(x)
        probe = sines(2000, trained.shape, 1.0)
        (trained * probe).mean().backward()
        out = {"evaluated": evaluated.float().contiguous(), "trained": trained.detach().float().contiguous()}
        names, norms, dots = [], [], []
        for i, (name, p) in enumerate(model.named_parameters()):
            names.append(name)
            norms.append(p.grad.norm().item())
            dots.append((p.grad * sines(3000 + i, p.shape, 1.0).double()).sum().item())
        out["grad_norms"] = torch.tensor(norms, dtype=torch.float64)
        out["grad_dots"] = torch.tensor(dots, dtype=torch.float64)
        out["grad_conv1"] = model.conv1.weight.grad.float().contiguous()
        out["running_mean"] = model.bn1.running_mean.clone()
        out["running_var"] = model.bn1.running_var.clone()
        save_file(out, f"resnet{depth}.safetensors", metadata={"names": ",".join(names)})


def stride_in_1x1():
    """ResNet-50 as Caffe's weights have it: a bottleneck's stride in its first convolution."""
    model = torchvision.models.resnet50()
    model.fc = torch.nn.Identity()
    with torch.no_grad():
        fill(model)
    for layer in (model.layer2, model.layer3, model.layer4):
        layer[0].conv1.stride, layer[0].conv2.stride = layer[0].conv2.stride, layer[0].conv1.stride
    model.double().eval()
    with torch.no_grad():
        y = torch.nn.Sequential(*list(model.children())[:-2])(sines(1000, (2, 3, 96, 96), 1.0).double())
    save_file({"evaluated": y.float().contiguous()}, "resnet50-stride-in-1x1.safetensors")


main()
stride_in_1x1()
