"""Corners of boxes as Detectron2 hands them to training: BoxMode.convert works on float32 tensors, and transform_instance_annotations
scales, mirrors and clips what comes of it in float64 (detection_utils.py; fvcore's ResizeTransform and HFlipTransform); Boxes are
float32 again.

    pip install numpy
    python make_detectron2_boxes.py
"""
import json
import numpy as np

rng = np.random.default_rng(5)
cases = []
for i in range(200):
    width, height = int(rng.integers(60, 700)), int(rng.integers(60, 700))
    new_width, new_height = int(rng.integers(60, 1400)), int(rng.integers(60, 1400))
    digits = int(rng.choice((1, 2, 5)))
    x, y = (round(float(rng.uniform(-5, side)), digits) for side in (width, height))
    w, h = (round(float(rng.uniform(0.5, side * 0.7)), digits) for side in (width, height))
    flip = bool(i % 2)
    # BoxMode.convert, XYWH_ABS to XYXY_ABS: a list becomes a tensor of float32.
    box = np.array([x, y, w, h], np.float32)
    box[2:] += box[:2]
    # apply_box: the four corner points in float64, then least and greatest.
    points = box.astype(np.float64)[[0, 1, 2, 1, 0, 3, 2, 3]].reshape(4, 2)
    points[:, 0] *= new_width * 1.0 / width
    points[:, 1] *= new_height * 1.0 / height
    if flip:
        points[:, 0] = new_width - points[:, 0]
    corners = np.concatenate([points.min(0), points.max(0)]).clip(min=0)
    corners = np.minimum(corners, [new_width, new_height, new_width, new_height]).astype(np.float32)
    cases.append(dict(box=[x, y, w, h], size=[width, height, new_width, new_height], flip=flip, corners=corners.tolist()))
json.dump(cases, open("detectron2-boxes.json", "w"), separators=(",", ":"))
