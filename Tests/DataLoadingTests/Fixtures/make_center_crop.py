"""The numbers of ClassFolderTests.centreCropsAreTorchvisions: two sums over the pixels of a crop of an image of gradients.

    pip install torchvision pillow numpy
    python make_center_crop.py
"""
import numpy
import torchvision.transforms as T
from PIL import Image

for width, height, size in [(500, 375, 224), (375, 500, 224), (97, 64, 96), (640, 427, 96), (33, 200, 32)]:
    y, x = numpy.mgrid[0:height, 0:width]
    pixels = numpy.stack([x * 255 // (width - 1), y * 255 // (height - 1), (x * 7 + y * 13) % 256], 2).astype(numpy.uint8)
    crop = T.CenterCrop(size)(T.Resize(round(size * 256 / 224))(Image.fromarray(pixels)))
    values = numpy.asarray(crop).astype(numpy.int64).reshape(-1)
    print((width, height, size), values.sum(), (values * (numpy.arange(values.size) % 997)).sum())
