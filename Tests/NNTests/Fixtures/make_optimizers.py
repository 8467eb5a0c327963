"""Golden values of ten steps of torch.optim.SGD and of LARS as the papers define it.

    pip install torch safetensors
    python make_optimizers.py
"""
import math
import torch
from safetensors.torch import save_file


def sines(index, shape, scale):
    k = torch.arange(math.prod(shape), dtype=torch.float64)
    return ((torch.frac(torch.sin(k * 1.7 + index * 0.9 + 0.3).abs() * 9973.0) * 2 - 1) * scale).reshape(shape).float()


def rates():
    return [0.1 + 0.05 * i for i in range(10)]


def sgd():
    weight = sines(0, (4, 6), 1.0).requires_grad_()
    bias = sines(1, (4,), 1.0).requires_grad_()
    optimizer = torch.optim.SGD([weight, bias], lr=0.1, momentum=0.9, weight_decay=1e-2)
    for i, lr in enumerate(rates()):
        optimizer.param_groups[0]["lr"] = lr
        weight.grad, bias.grad = sines(10 + i, (4, 6), 0.3), sines(30 + i, (4,), 0.3)
        optimizer.step()
    return weight.detach(), bias.detach()


def lars():
    weight, bias = sines(0, (4, 6), 1.0), sines(1, (4,), 1.0)
    v_weight, v_bias = torch.zeros_like(weight), torch.zeros_like(bias)
    for i, lr in enumerate(rates()):
        d = sines(10 + i, (4, 6), 0.3) + 1e-2 * weight
        d = d * (1e-3 * weight.norm() / d.norm())
        v_weight = 0.9 * v_weight + d
        weight = weight - lr * v_weight
        v_bias = 0.9 * v_bias + sines(30 + i, (4,), 0.3)
        bias = bias - lr * v_bias
    return weight, bias


(sw, sb), (lw, lb) = sgd(), lars()
save_file({"sgd_weight": sw, "sgd_bias": sb, "lars_weight": lw, "lars_bias": lb}, "optimizers.safetensors")
