"""Golden values of torchvision.ops.roi_align and torchvision.ops.nms.

    pip install torch torchvision safetensors
    python make_roi_align.py
"""
import torch
from safetensors.torch import save_file
from torchvision.ops import nms, roi_align

g = torch.Generator().manual_seed(3)
x = torch.randn(2, 5, 13, 17, generator=g)
rois = torch.rand(24, 4, generator=g) * 260
rois[:, 2:] = rois[:, :2] + torch.rand(24, 2, generator=g) * 120
rois[0] = torch.tensor([-90.0, -70, -20, -5])       # off the image
rois[1] = torch.tensor([250.0, 190, 900, 800])      # over its corner
rois[2] = torch.tensor([40.0, 40, 40.2, 40.1])      # tiny
rois[3] = torch.tensor([-500.0, -500, 900, 900])    # huge
rois[4] = torch.tensor([60.0, 60, 60, 60])          # a point
rois = torch.cat([torch.randint(0, 2, (24, 1), generator=g).float(), rois], 1)
out = {"x": x, "rois": rois}
grad = torch.randn(24, 5, 7, 6, generator=g)
for name, ratio, aligned in (("adaptive", 0, True), ("two", 2, True), ("plain", 0, False)):
    leaf = x.clone().requires_grad_()
    y = roi_align(leaf, rois, (7, 6), 1 / 16, ratio, aligned)
    (y * grad).sum().backward()
    out[f"{name}_y"], out[f"{name}_grad"] = y.detach(), leaf.grad
out["grad"] = grad
boxes = torch.rand(400, 4, generator=g) * 100
boxes[:, 2:] = boxes[:, :2] + torch.rand(400, 2, generator=g) * 40
scores = (torch.rand(400, generator=g) * 50).round() / 50  # many ties
out["nms_boxes"], out["nms_scores"] = boxes, scores
for t in (0.3, 0.5, 0.7):
    out[f"nms_{int(t * 10)}"] = nms(boxes, scores, t)
save_file(out, "roi-align-torchvision.safetensors")
