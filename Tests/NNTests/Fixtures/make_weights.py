"""Weight files of every kind that `WeightFile` reads, and what is in them.

    pip install torch numpy safetensors
    python make_weights.py                    writes weights-*.{pth,pkl} and weights.safetensors here
    python make_weights.py --check EDIY DIR   converts them with the program EDIY into DIR, and opens what it wrote with
                                              torch.load(weights_only=True), pickle.load and safetensors
"""
import argparse
import collections
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent


def tensors():
    """Every type, and every way to lie in a storage."""
    k = torch.arange(24, dtype=torch.float32)
    shared = k * 0.5 - 3
    return collections.OrderedDict(
        float32=(k * 1.25 - 7).reshape(2, 3, 4), float64=k.double()[:6] / 7, float16=k.half()[:5] / 3, bfloat16=k.bfloat16()[:5] / 3,
        int64=torch.tensor([-(2**40), 3, 2**40]), int32=torch.tensor([-5, 7], dtype=torch.int32),
        int16=torch.tensor([-300, 300], dtype=torch.int16), int8=torch.tensor([-8, 8], dtype=torch.int8),
        uint8=torch.tensor([0, 200, 255], dtype=torch.uint8), bool=torch.tensor([True, False, True]),
        scalar=torch.tensor(42), empty=torch.zeros(0, 4),
        transposed=k.reshape(4, 6).t(), channels_last=k.reshape(1, 2, 3, 4).to(memory_format=torch.channels_last),
        part=shared[4:16].reshape(3, 4), every_second=shared[1::2], whole=shared,
        parameter=torch.nn.Parameter(k[:4] + 0.5))


def main():
    state = tensors()
    save_file({n: t.detach().clone().contiguous() for n, t in state.items()}, HERE / "weights.safetensors")
    network = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    network(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    checkpoint = {
        "epoch": 7, "arch": "resnet50", "best_acc1": np.float64(0.5), "state_dict": state, "optimizer": optimizer.state_dict(),
        "scheduler": {"milestones": collections.Counter([60000, 80000]), "last_epoch": 7},
        "args": argparse.Namespace(lr=0.1, workers=4), "rng": np.arange(4, dtype=np.uint32)}
    torch.save(checkpoint, HERE / "weights-zip.pth")
    torch.save(checkpoint, HERE / "weights-stream.pth", _use_new_zipfile_serialization=False)
    torch.save(state, HERE / "weights-bare.pth")
    arrays = {n: t.detach().numpy() for n, t in state.items() if t.dtype != torch.bfloat16}
    arrays["fortran"] = np.asfortranarray(arrays["float32"])
    for protocol in (2, 3, 4, 5):
        with open(HERE / f"weights-protocol{protocol}.pkl", "wb") as f:
            pickle.dump({"model": arrays, "__author__": "make_weights", "matching_heuristics": True}, f, protocol=protocol)


def same(ours, theirs):
    ours, theirs = torch.as_tensor(ours), torch.as_tensor(theirs)
    return ours.dtype == theirs.dtype and ours.shape == theirs.shape and torch.equal(ours, theirs)


def check(program, folder):
    expected = load_file(HERE / "weights.safetensors")
    folder.mkdir(parents=True, exist_ok=True)
    sources = ["weights-zip.pth", "weights-stream.pth", "weights-bare.pth", "weights.safetensors"]
    for source in sources + [f"weights-protocol{p}.pkl" for p in (2, 3, 4, 5)]:
        for ending in ("safetensors", "pth", "pkl"):
            target = folder / f"{source}.{ending}"
            done = subprocess.run([program, "weights", "convert", HERE / source, target], capture_output=True, text=True)
            if ending == "pkl" and not source.endswith(".pkl"):
                assert done.returncode == 1 and "bfloat16" in done.stderr, done.stderr
                continue
            assert done.returncode == 0, done.stderr
            if ending == "safetensors":
                found = load_file(target)
            elif ending == "pth":
                found = torch.load(target, weights_only=True)
            else:
                with open(target, "rb") as f:
                    found = pickle.load(f, encoding="latin1")["model"]
            names = set(expected) - ({"bfloat16"} if source.endswith(".pkl") else set())
            assert names <= set(found), names - set(found)
            for name in names:
                assert same(found[name], expected[name]), (source, ending, name)
        print(source, "is the same in every format")


if __name__ == "__main__":
    check(sys.argv[2], Path(sys.argv[3])) if sys.argv[1:2] == ["--check"] else main()
