"""One training step of a network in PyTorch eager, the reference of NetworkStepBench.

Forward, the network's loss, backward and Adam in float32, over networks.py. Getting PyTorch: Debian trixie, package python3-torch (2.6).
Use: python3 network_step.py [--backbone unet] [--profile paper] [--threads 2] [--batch 10] [--size 256] [--steps 5] [--warmup 2] [--channels-last]
[--precision fp32|bf16] [--device cpu|cuda] [--tf32] [--compile] [--profiler]. Prints one JSON object: seconds of each step, their minimum and median, the process's peak memory.
"""
import argparse
import json
import resource
import statistics
import time

import torch

import networks
from soundness import make_sound


def main():
    make_sound()
    parser = argparse.ArgumentParser()
    parser.add_argument("--backbone", choices=networks.BACKBONES, default="unet")
    parser.add_argument("--profile", choices=("smoke", "quick", "paper"), default="paper")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--tf32", action="store_true", help="allow TF32 in convolutions and products; off without it")
    parser.add_argument("--compile", action="store_true", help="torch.compile instead of eager")
    parser.add_argument("--profiler", action="store_true")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = a.tf32
    net = networks.build(a.backbone, a.profile, a.size).train().to(a.device)
    x = torch.rand(a.batch, 1, a.size, a.size).to(a.device)
    y = (torch.rand(a.batch, 1, a.size, a.size) > 0.8).float().to(a.device)
    if a.channels_last:
        net, x = net.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)
    loss_of = torch.compile(networks.loss) if a.compile else networks.loss
    wait = torch.cuda.synchronize if a.device == "cuda" else lambda: None
    parts = {"forward_s": [], "backward_s": [], "adam_s": []}

    def step():
        adam.zero_grad()
        times = [time.perf_counter()]
        with torch.autocast(a.device, torch.bfloat16, enabled=a.precision == "bf16"):
            loss = loss_of(net, x, y)
        value = loss.item()
        times.append(time.perf_counter())
        loss.backward()
        wait()
        times.append(time.perf_counter())
        adam.step()
        wait()
        times.append(time.perf_counter())
        for name, first, last in zip(parts, times, times[1:]):
            parts[name].append(last - first)
        return value

    for _ in range(a.warmup):
        step()
    seconds, processor, value = [], [], 0
    for _ in range(a.steps):
        start, used = time.perf_counter(), time.process_time()
        value = step()
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    print(json.dumps({"what": "pytorch-compiled" if a.compile else "pytorch-eager", "device": torch.cuda.get_device_name() if a.device == "cuda" else "cpu", "tf32": a.tf32, "version": torch.__version__, "backbone": a.backbone, "profile": a.profile, "threads": a.threads,
                      "batch": a.batch, "size": a.size, "precision": a.precision, "channels_last": a.channels_last, "min_s": round(min(seconds), 4),
                      "median_s": round(statistics.median(seconds), 4), **{name: round(min(times[a.warmup:]), 4) for name, times in parts.items()},
                      "processor_s": round(min(processor), 4), "loss": round(value, 5),
                      "device_peak_mib": torch.cuda.max_memory_reserved() >> 20 if a.device == "cuda" else None,
                      "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, "steps_s": [round(s, 4) for s in seconds]}))
    if a.profiler:
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], record_shapes=False) as prof:
            step()
        print(prof.key_averages().table(sort_by="self_cpu_time_total", row_limit=25, max_name_column_width=40))


if __name__ == "__main__":
    main()
