"""Golden values of Pillow and torchvision: resampling, colour operations, blur, and JPEG files of unusual kinds.

    pip install pillow torch torchvision numpy safetensors
    python make_pillow.py

Raw values are kept in .bin files: width and height as 32-bit little-endian integers, then RGB bytes.
"""
import struct

import numpy as np
from PIL import Image, ImageOps
import torchvision.transforms.functional as F


def keep(name, image):
    image = image.convert("RGB")
    with open(name + ".bin", "wb") as f:
        f.write(struct.pack("<ii", *image.size) + image.tobytes())


rng = np.random.default_rng(7)
y, x = np.mgrid[0:41, 0:53]
base = np.stack([127 + 120 * np.sin(x / 5 + y / 9), 127 + 120 * np.cos(x * y / 90), (x * 4 + y * 2) % 256], -1)
noise = rng.integers(-30, 30, base.shape)
image = Image.fromarray(np.clip(base + noise, 0, 255).astype(np.uint8))
keep("source", image)

for name, kind in (("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC)):
    keep(f"{name}-down", image.resize((17, 12), kind))
    keep(f"{name}-up", image.resize((80, 60), kind))
    # Heights that lose twice what the width loses, and one more: from version 13 on Pillow then takes columns first.
    keep(f"{name}-lower", image.resize((43, 21), kind))
    keep(f"{name}-lowest", image.resize((43, 20), kind))
    keep(f"{name}-box", image.crop((5, 3, 40, 30)).resize((24, 24), kind))
keep("brightness", F.adjust_brightness(image, 1.3))
keep("contrast", F.adjust_contrast(image, 0.7))
keep("saturation", F.adjust_saturation(image, 1.2))
keep("hue", F.adjust_hue(image, 0.08))
keep("hue-back", F.adjust_hue(image, -0.1))
levels = np.arange(0, 256, 17, dtype=np.uint8)
grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(64, 64, 3)
keep("hue-grid", F.adjust_hue(Image.fromarray(grid), 0.05))
keep("grey", image.convert("L"))
keep("solarize", F.solarize(image, 128))
keep("blur", F.gaussian_blur(image, 13, 1.7))

image.convert("L").save("grey.jpg", quality=90)
keep("grey.jpg", Image.open("grey.jpg"))
image.convert("CMYK").save("cmyk.jpg", quality=95)
keep("cmyk.jpg", Image.open("cmyk.jpg"))
image.save("rgb.jpg", quality=90)
keep("rgb.jpg", Image.open("rgb.jpg"))

# Ink in luminance and chrominance: the same data under Adobe's transform 2.
data = bytearray(open("cmyk.jpg", "rb").read())
data[data.index(b"Adobe") + 11] = 2
open("ycck.jpg", "wb").write(data)
keep("ycck.jpg", Image.open("ycck.jpg"))

small = image.crop((0, 0, 24, 16))
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    name = f"orientation-{orientation}.jpg"
    small.save(name, quality=90, exif=exif)
    keep(name, ImageOps.exif_transpose(Image.open(name)))
image.save("progressive.jpg", quality=90, progressive=True)
keep("progressive.jpg", Image.open("progressive.jpg"))
