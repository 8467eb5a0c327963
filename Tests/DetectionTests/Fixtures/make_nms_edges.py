"""Values of torchvision.ops.nms for pairs whose IoU is k/20, by thresholds of k/20: the floats that lie on either side.

    pip install torch torchvision safetensors
    python make_nms_edges.py
"""
import torch
from safetensors.torch import save_file
from torchvision.ops import nms

scores = torch.tensor([1.0, 0.5])
kept = []
for k in range(1, 20):
    boxes = torch.tensor([[0, 0, 20, 1], [0, 0, k, 1]], dtype=torch.float32)
    kept.append(nms(boxes, scores, k / 20).numel())
save_file({"kept": torch.tensor(kept)}, "nms-edges.safetensors")
