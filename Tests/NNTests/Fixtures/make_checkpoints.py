"""Every form in which torchvision, timm, transformers, lightly and Lightning leave a ResNet's weights, made with random weights,
and what the program makes of each.

    pip install torch torchvision timm transformers lightly lightning omegaconf safetensors
    python make_checkpoints.py DIR                    makes them in DIR (some gigabytes: whole networks)
    python make_checkpoints.py DIR --check EDIY       runs `EDIY weights inspect` and `weights convert --to torchvision` on each,
                                                      compares every tensor to the bit, and writes checkpoints.md beside this
"""
import argparse
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent
RESNETS = ["18", "34", "50", "101", "152"]


def backbone(model):
    """A torchvision-named state dict without the classifier: what the program should find."""
    return {n: t.detach().clone() for n, t in model.state_dict().items() if not n.startswith("fc.")}


def from_hugging_face(model):
    """transformers' names by torchvision's, written by hand."""
    state = OrderedDict()
    for name, tensor in model.state_dict().items():
        parts = name.split(".")
        if parts[0] == "resnet":
            parts = parts[1:]
        if parts[0] not in ("embedder", "encoder"):
            continue
        kind, field = parts[-2], parts[-1]
        if parts[0] == "embedder":
            new = ("conv1." if kind == "convolution" else "bn1.") + field
        else:
            block = f"layer{int(parts[2]) + 1}.{parts[4]}."
            if parts[5] == "shortcut":
                new = block + ("downsample.0." if kind == "convolution" else "downsample.1.") + field
            else:
                new = block + ("conv" if kind == "convolution" else "bn") + f"{int(parts[6]) + 1}." + field
        state[new] = tensor.detach().clone()
    return state


def scrambled(model):
    """Statistics and scales that are not their defaults, so that one taken for another is seen."""
    generator = torch.Generator().manual_seed(1)
    for _, tensor in model.state_dict().items():
        if tensor.is_floating_point() and tensor.dim() == 1:
            tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
    return model


class Case:
    """A checkpoint: how it is made (path -> what should be found, by torchvision's names; None where it should be refused)."""

    def __init__(self, name, ending, make, refused=None):
        self.name, self.ending, self.make, self.refused = name, ending, make, refused


def cases():
    import torchvision

    def vision(depth, **options):
        return scrambled(getattr(torchvision.models, f"resnet{depth}")(weights=None, **options))

    def saved(model, state=None, wrap=lambda s: s, **options):
        def make(path):
            torch.save(wrap(state or model.state_dict()), path, **options)
            return backbone(model)
        return make

    for depth in RESNETS:
        yield Case(f"torchvision resnet{depth}", "pth", lambda p, d=depth: saved(vision(d))(p))
    yield Case("torchvision resnet18, before 1.6", "pth", lambda p: saved(vision("18"), _use_new_zipfile_serialization=False)(p))
    yield Case("torchvision resnet18, channels last", "pth", lambda p: saved(vision("18").to(memory_format=torch.channels_last))(p))
    yield Case("torchvision resnet18, half precision", "pth", lambda p: saved(vision("18").half())(p))
    yield Case("torchvision resnet18, bfloat16", "pth", lambda p: saved(vision("18").bfloat16())(p))
    yield Case("torchvision reference training", "pth", lambda p: (lambda m: saved(m, wrap=lambda s: {
        "model": s, "optimizer": torch.optim.SGD(m.parameters(), 0.1).state_dict(), "lr_scheduler": {"last_epoch": 3}, "epoch": 3,
        "args": argparse.Namespace(data_path="/x", lr=0.1)})(p))(vision("18")))
    yield Case("PyTorch's ImageNet example", "pth.tar", lambda p: (lambda m: saved(m, wrap=lambda s: {
        "epoch": 9, "arch": "resnet18", "state_dict": {"module." + n: t for n, t in s.items()}, "best_acc1": torch.tensor(70.5),
        "optimizer": torch.optim.SGD(m.parameters(), 0.1).state_dict()})(p))(vision("18")))
    yield Case("torchvision, whole model pickled", "pth", lambda p: torch.save(vision("18"), p), "asks to run torchvision.models.resnet.ResNet")
    yield Case("torch.compile", "pth", lambda p: (lambda m: saved(m, state=torch.compile(m).state_dict())(p))(vision("18")))
    yield Case("averaged model (swa_utils)", "pth", lambda p: (lambda m: saved(m, state=torch.optim.swa_utils.AveragedModel(m).state_dict())(p))(vision("18")))
    yield Case("torch.jit.script", "pt", lambda p: torch.jit.script(vision("18")).save(p), "is a TorchScript archive")
    for name, reason in [("resnext50_32x4d", "ResNeXt-50"), ("wide_resnet50_2", "Wide ResNet-50")]:
        yield Case(f"torchvision {name}", "pth", lambda p, n=name: torch.save(getattr(torchvision.models, n)(weights=None).state_dict(), p), reason)
    yield Case("torchvision densenet121", "pth", lambda p: torch.save(torchvision.models.densenet121(weights=None).state_dict(), p), "no ResNet")
    yield Case("torchvision vit_b_16", "pth", lambda p: torch.save(torchvision.models.vit_b_16(weights=None).state_dict(), p), "no ResNet")

    def features(p):
        model = vision("18")
        torch.save(torch.nn.Sequential(*list(model.children())[:-1]).state_dict(), p)
        return backbone(model)
    yield Case("children of a ResNet in a Sequential", "pth", features)

    def getter(p):
        model = vision("18")
        torch.save(torchvision.models._utils.IntermediateLayerGetter(model, {"layer4": "out"}).state_dict(), p)
        return backbone(model)
    yield Case("torchvision IntermediateLayerGetter", "pth", getter)

    import timm
    for name in ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "tv_resnet50", "resnet50_gn", "resnet26", "resnet50d",
                 "seresnet50", "ecaresnet50t", "resnext50_32x4d", "wide_resnet50_2", "resnet200", "resnetv2_50", "res2net50_26w_4s",
                 "skresnet18", "resnest14d", "gcresnet50t", "resnetrs50", "resnet50c", "resnetblur50", "convnext_atto", "vit_tiny_patch16_224"]:
        # resnetblur50 is read as what its names and shapes say: its blur has no weights, and leaves no trace.
        plain = name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "tv_resnet50", "resnetblur50")

        def make(p, name=name, plain=plain):
            model = scrambled(timm.create_model(name, pretrained=False))
            save_file({n: t.contiguous() for n, t in model.state_dict().items()}, p)
            return backbone(model) if plain else None
        yield Case(f"timm {name}", "safetensors", make, None if plain else "")

    def timm_features(p):
        model = scrambled(timm.create_model("resnet18", pretrained=False, features_only=True))
        torch.save(model.state_dict(), p)
        return backbone(model)
    yield Case("timm resnet18, features_only", "pth", timm_features)

    import transformers as hf

    def hugging(kind, depths, block, ending, wrap=None, **options):
        def make(p):
            config = hf.ResNetConfig(depths=depths, layer_type=block, embedding_size=64, hidden_sizes=[64, 128, 256, 512] if block == "basic" else [256, 512, 1024, 2048])
            model = scrambled(getattr(hf, kind)(config))
            folder = p + ".d"
            model.save_pretrained(folder, **options)
            if wrap:
                wrap(folder, p)
            return from_hugging_face(model), folder
        return make

    deep = [3, 4, 6, 3]
    yield Case("transformers ResNetForImageClassification", "", hugging("ResNetForImageClassification", deep, "bottleneck", ""))
    yield Case("transformers ResNetModel, basic", "", hugging("ResNetModel", [2, 2, 2, 2], "basic", ""))
    yield Case("transformers ResNetBackbone", "", hugging("ResNetBackbone", [2, 2, 2, 2], "basic", ""))
    yield Case("transformers, sharded", "", hugging("ResNetForImageClassification", deep, "bottleneck", "", max_shard_size="20MB"))

    def wrapped(p):
        model = scrambled(hf.TimmWrapperModel(hf.TimmWrapperConfig(architecture="resnet18")))
        model.save_pretrained(p + ".d")
        return {n: t.clone() for n, t in model.timm_model.state_dict().items() if not n.startswith("fc.")}, p + ".d"
    yield Case("transformers TimmWrapperModel", "", wrapped)

    import lightning
    import omegaconf
    from lightly.models.modules import BYOLProjectionHead

    class Method(lightning.LightningModule):
        """As lightly's examples have their methods."""

        def __init__(self, config=None, sequential=True):
            super().__init__()
            self.save_hyperparameters()
            model = scrambled(torchvision.models.resnet18(weights=None))
            self.reference = [model]
            self.backbone = torch.nn.Sequential(*list(model.children())[:-1]) if sequential else model
            self.projection_head = BYOLProjectionHead(512, 64, 32)

        def training_step(self, batch, index):
            return self.backbone(batch[0]).mean()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.0)

    def trained(p, **options):
        module = Method(**options)
        data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.zeros(2, 3, 32, 32)), batch_size=2)
        trainer = lightning.Trainer(max_steps=0, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
                                    enable_model_summary=False)
        trainer.fit(module, data)
        trainer.save_checkpoint(p)
        return backbone(module.reference[0])

    config = omegaconf.OmegaConf.create({"optimizer": {"lr": 0.1, "name": "lars"}, "views": [224, "${optimizer.lr}"]})
    yield Case("Lightning, lightly's BYOL", "ckpt", lambda p: trained(p))
    yield Case("Lightning, hyperparameters by OmegaConf", "ckpt", lambda p: trained(p, config=config, sequential=False))
    yield Case("Lightning, hyperparameters in a Namespace", "ckpt", lambda p: trained(p, config=argparse.Namespace(lr=0.1), sequential=False))
    from lightning.fabric.utilities.data import AttributeDict
    yield Case("Lightning, hyperparameters in an AttributeDict", "ckpt", lambda p: trained(p, config=AttributeDict(lr=0.1, deep=AttributeDict(a=[1])), sequential=False))


def file_of(folder, case):
    return str(folder / (case.name.replace(" ", "-").replace(",", "").replace("'", "") + ("." + case.ending if case.ending else "")))


def check(case, path, expected, ediy, scratch):
    """What became of it, in a line; raises AssertionError where it is neither read exactly nor refused by name."""
    target = str(scratch / "converted.safetensors")
    run = subprocess.run([ediy, "weights", "inspect", path, "--summary"], capture_output=True, text=True)
    looks = next((line for line in run.stdout.splitlines() if "looks like" in line), "").strip()
    converted = subprocess.run([ediy, "weights", "convert", path, target, "--to", "torchvision"], capture_output=True, text=True)
    if expected is None:
        assert converted.returncode == 1, f"{case.name}: was converted"
        assert len(converted.stderr.strip().splitlines()) == 1, converted.stderr
        assert case.refused in converted.stderr + run.stdout, f"{case.name}: {converted.stderr}{looks}"
        return "refused: " + converted.stderr.strip().split(path)[-1].lstrip(": ")
    assert converted.returncode == 0, f"{case.name}: {converted.stderr}"
    found = load_file(target)
    assert set(found) == set(expected), f"{case.name}: {sorted(set(found) ^ set(expected))[:5]}"
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype and torch.equal(found[name], tensor), f"{case.name}: {name}"
    return f"read, {len(found)} tensors equal; {looks}"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--check")
    arguments.add_argument("--only", default="")
    options = arguments.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    rows, failures = [], []
    for case in cases():
        if options.only not in case.name:
            continue
        path = file_of(options.folder, case)
        expected = case.make(path)
        if isinstance(expected, tuple):
            expected, path = expected
        if not options.check:
            continue
        try:
            rows.append((case.name, check(case, path, expected, options.check, options.folder)))
        except AssertionError as error:
            failures.append(str(error))
            print("FAILED", error, file=sys.stderr)
            rows.append((case.name, f"WRONG: {error}"))
        if Path(path).is_dir():
            for file in Path(path).iterdir():
                file.unlink()
        else:
            Path(path).unlink()
    if options.check and not options.only:
        table = "".join(f"| {name} | {' '.join(result.replace('|', '/').replace(str(options.folder) + '/', '').split())} |\n" for name, result in rows)
        (HERE / "checkpoints.md").write_text(
            "# Checkpoints of a ResNet, and what becomes of them\n\nMade and checked by `make_checkpoints.py`.\n\n| made by | result |\n| --- | --- |\n" + table)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
