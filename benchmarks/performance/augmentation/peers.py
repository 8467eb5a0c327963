"""How many pictures a second others decode and make into BYOL's two views of 224 × 224 pixels.

    pip install torch torchvision pillow
    python peers.py THREADS SECONDS FILE.jpg…

Threads are processes here: Python's lock lets no two threads run. Each peer is timed with the same augmentations and
probabilities: torchvision on Pillow's images (what BYOL's PyTorch versions run), and torchvision's v2 on tensors.
"""
import io
import multiprocessing
import sys
import time

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


PEERS = {"torchvision on Pillow": pillow, "torchvision v2 on tensors": tensors}


def work(arguments):
    peer, seconds, files = arguments
    torch.set_num_threads(1)
    run = PEERS[peer]()
    files = [bytearray(open(file, "rb").read()) for file in files]
    run(files[0])
    begin, done = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        run(files[done % len(files)])
        done += 1
    return done / (time.perf_counter() - begin)


if __name__ == "__main__":
    threads, seconds, files = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    for peer in PEERS:
        with multiprocessing.get_context("spawn").Pool(threads) as pool:
            rate = sum(pool.map(work, [(peer, seconds, files)] * threads))
        print(f"{peer}, {threads} thread(s): {rate:.0f} images/s")
