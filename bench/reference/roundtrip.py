"""U-Net weights from PyTorch to this project and back; called by eng/torch-roundtrip.sh.

`roundtrip.py make DIR` writes DIR/theirs.pth (random weights under the authors' names), DIR/slice.nii (four slices of 64×64 in HU) and DIR/expected.pt
(PyTorch's probabilities of them). Between the two, polycl imports, predicts and exports. `roundtrip.py check DIR` compares DIR/probabilities.nii with
the expected ones, loads DIR/ours.pth with weights_only and strict names, and compares every bit. Getting PyTorch: Debian trixie, python3-torch (2.6).
"""
import re
import struct
import sys

import torch

from unet_step import UNet

SIZE, DEPTH = 64, 4
LOW, WIDTH = -160, 400                         # the paper's window in HU
TOLERANCE = 1e-4                               # two float32 computations


def authors_name(name):
    name = re.sub(r"^down\.(\d)", lambda m: f"encoder.dconv_down{int(m[1]) + 1}", name)
    name = re.sub(r"^up\.(\d)", lambda m: f"decoder.dconv_up{4 - int(m[1])}", name)
    return re.sub(r"^last", "decoder.conv_last", name)


def nifti(values):
    """A float32 volume [z, y, x] of 1 mm voxels whose axes point left, posterior, superior."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, SIZE, SIZE, DEPTH, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 16, 32)
    struct.pack_into("<8f", header, 76, 1, 1, 1, 1, 0, 0, 0, 0)
    struct.pack_into("<3f", header, 108, 352, 1, 0)
    struct.pack_into("<B", header, 123, 2)
    struct.pack_into("<2h", header, 252, 0, 1)
    struct.pack_into("<12f", header, 280, -1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0)
    struct.pack_into("<4s", header, 344, b"n+1\0")
    return bytes(header) + bytes(values.contiguous().untyped_storage())


def make(folder):
    torch.manual_seed(1)
    network = UNet().eval()
    state = {authors_name(name): tensor for name, tensor in network.state_dict().items()}
    state |= {"encoder.fc.weight": torch.randn(1, 256), "encoder.fc.bias": torch.randn(1)}
    torch.save(state, f"{folder}/theirs.pth")
    slices = torch.rand(DEPTH, 1, SIZE, SIZE)
    with torch.no_grad():
        torch.save(torch.sigmoid(network(slices)), f"{folder}/expected.pt")
    with open(f"{folder}/slice.nii", "wb") as file:
        file.write(nifti(slices * WIDTH + LOW))


def check(folder):
    expected = torch.load(f"{folder}/expected.pt", weights_only=True)
    with open(f"{folder}/probabilities.nii", "rb") as file:
        data = file.read()
    start = int(struct.unpack_from("<f", data, 108)[0])
    ours = torch.frombuffer(bytearray(data[start:]), dtype=torch.float32).reshape(expected.shape)
    error = (ours - expected).abs().max().item()
    theirs = torch.load(f"{folder}/theirs.pth", weights_only=True)
    back = torch.load(f"{folder}/ours.pth", weights_only=True)
    same = theirs.keys() == back.keys() and all(torch.equal(theirs[name], back[name]) for name in theirs)
    network = UNet()
    names = {authors_name(name): name for name in network.state_dict()}
    network.load_state_dict({names[name]: tensor for name, tensor in back.items() if name in names})
    print(f"probabilities differ by {error:.1e} at most (allowed {TOLERANCE:.0e}); {len(back)} tensors back, {'the same bits' if same else 'CHANGED'}")
    return 0 if error <= TOLERANCE and same else 1


if __name__ == "__main__":
    sys.exit({"make": make, "check": check}[sys.argv[1]](sys.argv[2]))
