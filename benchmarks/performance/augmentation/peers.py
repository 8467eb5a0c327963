"""How many images a second others decode and make into BYOL's two views of 224 × 224 pixels.

    pip install torch torchvision pillow albumentations
    python peers.py THREADS SECONDS FILE.jpg…

Threads are processes here: Python's lock lets no two threads run. Each peer is timed with the same augmentations and
probabilities: torchvision on Pillow's images (what BYOL's PyTorch versions run), torchvision's v2 on tensors, and
albumentations on OpenCV's images.
"""
import io
import multiprocessing
import sys
import time

import albumentations as A
import cv2
import numpy
import torch
import torchvision.transforms as v1
import torchvision.transforms.v2 as v2
from PIL import Image
from torchvision.io import ImageReadMode, decode_jpeg

SIDE = 224


def views(t, resize):
    """The two views' transforms, from the classes of torchvision's first or second version."""
    return [
        t.Compose([
            resize,
            t.RandomHorizontalFlip(),
            t.RandomApply([t.ColorJitter(0.4, 0.4, 0.2, 0.1)], 0.8),
            t.RandomGrayscale(0.2),
            t.RandomApply([t.GaussianBlur(23, (0.1, 2.0))], blur),
            t.RandomSolarize(128, solarize),
        ])
        for blur, solarize in ((1.0, 0.0), (0.1, 0.2))
    ]


def pillow():
    both = views(v1, v1.RandomResizedCrop(SIDE, interpolation=v1.InterpolationMode.BICUBIC))

    def run(data):
        image = Image.open(io.BytesIO(data)).convert("RGB")
        return [view(image) for view in both]

    return run


def tensors():
    both = views(v2, v2.RandomResizedCrop(SIDE, interpolation=v2.InterpolationMode.BICUBIC, antialias=True))

    def run(data):
        image = decode_jpeg(torch.frombuffer(data, dtype=torch.uint8), ImageReadMode.RGB)
        return [view(image) for view in both]

    return run


def opencv():
    cv2.setNumThreads(0)
    both = [
        A.Compose([
            A.RandomResizedCrop((SIDE, SIDE), interpolation=cv2.INTER_CUBIC),
            A.HorizontalFlip(p=0.5),
            A.ColorJitter((0.6, 1.4), (0.6, 1.4), (0.8, 1.2), (-0.1, 0.1), p=0.8),
            A.ToGray(p=0.2),
            A.GaussianBlur(blur_limit=23, sigma_limit=(0.1, 2.0), p=blur),
            A.Solarize((0.5, 0.5), p=solarize),
        ])
        for blur, solarize in ((1.0, 0.0), (0.1, 0.2))
    ]

    def run(data):
        image = cv2.cvtColor(cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        return [view(image=image)["image"] for view in both]

    return run


PEERS = {"torchvision on Pillow": pillow, "torchvision v2 on tensors": tensors, "albumentations on OpenCV": opencv}


def work(arguments):
    peer, seconds, files = arguments
    torch.set_num_threads(1)
    run = PEERS[peer]()
    files = [bytearray(open(file, "rb").read()) for file in files]
    run(files[0])
    begin, processor, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - begin < seconds:
        run(files[done % len(files)])
        done += 1
    return done / (time.perf_counter() - begin), done / (time.process_time() - processor)


if __name__ == "__main__":
    threads, seconds, files = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    for peer in PEERS:
        with multiprocessing.get_context("spawn").Pool(threads) as pool:
            rates = pool.map(work, [(peer, seconds, files)] * threads)
        wall, processor = sum(rate for rate, _ in rates), sum(rate for _, rate in rates) / threads
        print(f"{peer}, {threads} thread(s): {wall:.0f} images/s, {processor:.0f} a second of a processor's time")
