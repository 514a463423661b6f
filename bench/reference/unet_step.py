"""One U-Net training step in PyTorch eager, the reference of UNetStepBench.

Forward + Dice loss + backward + Adam of the paper's U-Net (reference tables: widths 16–256, instance norm without affine parameters, Leaky ReLU
0.2, dropout 0.25, bilinear doubling with align_corners, up-sampled map first) in float32 on the CPU. Getting it: Debian trixie,
package python3-torch (PyTorch 2.6). Use: python3 unet_step.py [--threads 2] [--batch 10] [--size 256] [--steps 5] [--warmup 2] [--channels-last]
[--precision fp32|bf16] [--profile]. Prints one JSON object: seconds of each step, their minimum and median.
"""
import argparse
import json
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

WIDTHS = (16, 32, 64, 128, 256)


def double_block(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.InstanceNorm2d(outputs), nn.LeakyReLU(0.2),
        nn.Conv2d(outputs, outputs, 3, padding=1), nn.InstanceNorm2d(outputs), nn.LeakyReLU(0.2), nn.Dropout(0.25))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        w = WIDTHS
        self.down = nn.ModuleList(double_block(i, o) for i, o in zip((1,) + w[:4], w))
        self.up = nn.ModuleList(double_block(w[k + 1] + w[k], w[k]) for k in (3, 2, 1, 0))
        self.last = nn.Conv2d(w[0], 1, 1)

    def forward(self, x):
        features = [self.down[0](x)]
        for block in self.down[1:]:
            features.append(block(F.max_pool2d(features[-1], 2)))
        x = features[-1]
        for block, skip in zip(self.up, reversed(features[:-1])):
            x = block(torch.cat([F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True), skip], 1))
        return self.last(x)


def dice_loss(p, y):
    return (1 - (2 * (p * y).sum((1, 2, 3)) + 1) / (p.sum((1, 2, 3)) + y.sum((1, 2, 3)) + 1)).mean()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--profile", action="store_true")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    net = UNet().train()
    x = torch.rand(a.batch, 1, a.size, a.size)
    y = (torch.rand(a.batch, 1, a.size, a.size) > 0.8).float()
    if a.channels_last:
        net, x = net.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)

    def step():
        adam.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=a.precision == "bf16"):
            logits = net(x)
        loss = dice_loss(torch.sigmoid(logits.float()), y)
        loss.backward()
        adam.step()
        return loss.item()

    for _ in range(a.warmup):
        step()
    seconds, processor = [], []
    for _ in range(a.steps):
        start, used = time.perf_counter(), time.process_time()
        step()
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    print(json.dumps({"what": "pytorch-eager", "version": torch.__version__, "threads": a.threads, "batch": a.batch, "size": a.size,
                      "precision": a.precision, "channels_last": a.channels_last, "min_s": round(min(seconds), 4),
                      "median_s": round(statistics.median(seconds), 4), "processor_s": round(min(processor), 4), "steps_s": [round(s, 4) for s in seconds]}))
    if a.profile:
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], record_shapes=False) as prof:
            step()
        print(prof.key_averages().table(sort_by="self_cpu_time_total", row_limit=25, max_name_column_width=40))


if __name__ == "__main__":
    main()
