"""Weights of every network from PyTorch to this project and back; called by eng/torch-roundtrip.sh.

`roundtrip.py make DIR BACKBONE PROFILE SIZE` writes DIR/theirs.pth and theirs-encoder.pth (random weights), input.pth and slice.nii (the same slices,
in [0, 1] and in HU) and expected.pt (PyTorch's outputs). Between the two, polycl imports, runs, predicts and exports. `roundtrip.py check …`
compares all outputs, loads what polycl exported with weights_only and strict names, and prints one row of a table: the largest difference of each
direction. Getting PyTorch: Debian trixie, python3-torch (2.6).
"""
import struct
import sys

import torch

import networks
from soundness import make_sound

DEPTH = 4
LOW, WIDTH = -160, 400                         # the paper's window in HU
TOLERANCE = 1e-4                               # two float32 computations, relative to 1 + |x|
PASSES = 20                                    # running statistics reach those of the data
OUTPUTS = 2e-5                                 # aimed at


def nifti(values):
    """A float32 volume [z, y, x] of 1 mm voxels whose axes point left, posterior, superior."""
    size = values.shape[-1]
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, size, size, len(values), 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 16, 32)
    struct.pack_into("<8f", header, 76, 1, 1, 1, 1, 0, 0, 0, 0)
    struct.pack_into("<3f", header, 108, 352, 1, 0)
    struct.pack_into("<B", header, 123, 2)
    struct.pack_into("<2h", header, 252, 0, 1)
    struct.pack_into("<12f", header, 280, -1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0)
    struct.pack_into("<4s", header, 344, b"n+1\0")
    return bytes(header) + bytes(values.contiguous().untyped_storage())


def stirred(network, size):
    """The network with every constant start (norms, positions) and every running statistic moved."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.01)
        for _ in range(PASSES):
            network.train()(torch.rand(2, 1, size, size))
    return network.eval()


def make(folder, backbone, profile, size):
    torch.manual_seed(1)
    segmenter = stirred(networks.build(backbone, profile, size), size)
    encoder = networks.encoder_of(segmenter).eval()
    torch.save(segmenter.state_dict(), f"{folder}/theirs.pth")
    torch.save(encoder.state_dict(), f"{folder}/theirs-encoder.pth")
    slices = torch.rand(DEPTH, 1, size, size)
    torch.save({"input": slices}, f"{folder}/input.pth")
    with torch.no_grad():
        torch.save({"segmenter": networks.logits(segmenter, slices), "encoder": encoder(slices)}, f"{folder}/expected.pt")
    with open(f"{folder}/slice.nii", "wb") as file:
        file.write(nifti(slices * WIDTH + LOW))


def load(path):
    return torch.load(path, weights_only=True)


def difference(ours, theirs):
    return ((ours - theirs).abs() / (1 + theirs.abs())).max().item()


def check(folder, backbone, profile, size):
    expected, slices = load(f"{folder}/expected.pt"), load(f"{folder}/input.pth")["input"]
    errors = {"segmenter here": difference(load(f"{folder}/theirs-out.pth")["output"], expected["segmenter"]),
              "encoder here": difference(load(f"{folder}/theirs-encoder-out.pth")["output"], expected["encoder"])}
    with open(f"{folder}/probabilities.nii", "rb") as file:
        data = file.read()
    start = int(struct.unpack_from("<f", data, 108)[0])
    probabilities = torch.frombuffer(bytearray(data[start:]), dtype=torch.float32).reshape(DEPTH, 1, size, size)
    errors["prediction here"] = (probabilities - torch.sigmoid(expected["segmenter"])).abs().max().item()
    theirs, back = load(f"{folder}/theirs.pth"), load(f"{folder}/back.pth")
    same = theirs.keys() == back.keys() and all(torch.equal(theirs[name], back[name]) for name in theirs)
    with torch.no_grad():
        segmenter = networks.build(backbone, profile, size).eval()
        segmenter.load_state_dict(load(f"{folder}/ours.pth"), strict=True)
        errors["segmenter there"] = difference(load(f"{folder}/ours-out.pth")["output"], networks.logits(segmenter, slices))
        encoder = networks.encoder_of(segmenter).eval()
        encoder.load_state_dict(load(f"{folder}/ours-encoder.pth"), strict=True)
        errors["encoder there"] = difference(load(f"{folder}/ours-encoder-out.pth")["output"], encoder(slices))
    worst = max(errors.values())
    verdict = "FAILED" if worst > TOLERANCE or not same else "same" if worst <= OUTPUTS else f"above {OUTPUTS:.0e}"
    cells = "  ".join(f"{name} {error:.1e}" for name, error in errors.items())
    print(f"{backbone:14} {profile:6} {size:4}  {cells}  {len(back)} tensors {'with the same bits' if same else 'CHANGED'}: {verdict}")
    return 1 if verdict == "FAILED" else 0


if __name__ == "__main__":
    make_sound()
    sys.exit({"make": make, "check": check}[sys.argv[1]](*sys.argv[2:5], int(sys.argv[5])))
