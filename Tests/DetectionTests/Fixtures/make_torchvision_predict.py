"""Golden values of how torchvision's detectors make an image ready and paste masks (`GeneralizedRCNNTransform`,
`paste_masks_in_image`).

    python make_torchvision_predict.py
"""
import torch
from safetensors.torch import save_file
from torchvision.models.detection.roi_heads import paste_masks_in_image
from torchvision.models.detection.transform import GeneralizedRCNNTransform

torch.manual_seed(0)
out = {}
# Sides that round down, a longest side that bounds, and one that shrinks.
for name, (height, width) in {"up": (19, 31), "bounded": (10, 45), "down": (65, 38)}.items():
    pixels = torch.randint(0, 256, (height, width, 3), dtype=torch.uint8)
    transform = GeneralizedRCNNTransform(32, 53, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225], size_divisible=1)
    out[f"{name}_pixels"] = pixels
    out[f"{name}_ready"] = transform([pixels.permute(2, 0, 1).float() / 255])[0].tensors
side, height, width = 6, 40, 50
boxes = torch.cat([torch.rand(12, 2) * 30 - 3, torch.zeros(12, 2)], 1)
boxes[:, 2:] = boxes[:, :2] + torch.rand(12, 2) * 30
boxes = boxes.clamp(min=0)
boxes[0] = torch.tensor([0.0, 0.0, 50.0, 40.0])
boxes[1] = torch.tensor([49.6, 39.5, 50.0, 40.0])
masks = torch.rand(12, 1, side, side)
out["boxes"], out["masks"] = boxes, masks
out["pasted"] = (paste_masks_in_image(masks, boxes, (height, width))[:, 0] >= 0.5).to(torch.uint8)
save_file(out, "torchvision-predict.safetensors")
print({k: list(v.shape) for k, v in out.items()})
