"""Whether PyTorch convolves rightly on this machine; every reference asks before it is compared with.

oneDNN, which PyTorch and libtorch use alike, gives wrong convolutions on some machines wherever channels do not fill its blocks (docs/decisions/0034).
`make_sound()` tries forward and both gradients against float64, which does not use oneDNN. Where they are wrong, oneDNN is switched off, they are tried
again, and a line on standard error says so: the reference is right then, but slower, and its times are not to be compared. Where they stay wrong,
the program ends with code 3. `python3 soundness.py` prints what it finds.
"""
import sys

import torch

TOLERANCE = 1e-4                               # float32, relative to the largest value; wrong ones are off by about 1
CASES = [(1, 32, 3), (3, 24, 7), (24, 40, 3), (40, 3, 3), (16, 1, 1), (32, 2, 3)]      # channels in, out, kernel


def wrong():
    """Results that differ from float64, in words."""
    found = []
    for channels, out, kernel in CASES:
        generator = torch.Generator().manual_seed(channels * 100 + out)
        image = torch.randn(2, channels, 31, 31, generator=generator, dtype=torch.float64)
        weight = torch.randn(out, channels, kernel, kernel, generator=generator, dtype=torch.float64)

        def results(dtype):
            x, w = image.to(dtype).requires_grad_(), weight.to(dtype).requires_grad_()
            y = torch.nn.functional.conv2d(x, w, padding=kernel // 2)
            y.square().sum().backward()
            return y.detach(), x.grad, w.grad

        for name, single, double in zip(("forward", "gradient to the input", "gradient to the weights"), results(torch.float32), results(torch.float64)):
            worst = (single.double() - double).abs().max() / double.abs().max()
            if not worst <= TOLERANCE:                         # NaN, too
                found.append(f"{channels} to {out} channels, {kernel}x{kernel}, {name}: off by {worst:.2g} of the largest value")
    return found


def make_sound():
    """Switches oneDNN off where convolutions are wrong; True when it may stay on, so that times can be compared."""
    found = wrong()
    if not found:
        return True
    torch.backends.mkldnn.enabled = False
    still = wrong()
    if still:
        print(f"This machine's PyTorch convolves wrongly, without oneDNN too ({still[0]}); compare on another machine.", file=sys.stderr)
        sys.exit(3)
    print(f"This machine's PyTorch convolves wrongly with oneDNN ({len(found)} of {3 * len(CASES)} results, first: {found[0]}); "
          "the reference runs without it: right, but its times are not to be compared.", file=sys.stderr)
    return False


if __name__ == "__main__":
    for line in wrong():
        print(line)
    print("sound" if make_sound() else "sound without oneDNN")
