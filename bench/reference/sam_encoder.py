"""SAM's image encoder by the official code, the reference of SamEncoderBench.

Getting the code: a checkout of https://github.com/facebookresearch/segment-anything (Apache-2.0). PyTorch: Debian trixie, python3-torch and libopenblas0-pthread.
Use: python3 sam_encoder.py --source CHECKOUT [--model vit_b] [--threads 2] [--repeats 3] [--precision fp32|bf16]. Random weights, one image at 1024.
bf16 casts weights and image. Prints one JSON object: seconds of each repeat after a warm-up, their minimum, processor time, the process's peak memory.
"""
import argparse
import functools
import importlib.util
import json
import pathlib
import resource
import sys
import time
import types

import torch

from soundness import make_sound

SIZES = {"vit_b": (768, 12, 12), "vit_l": (1024, 24, 16), "vit_h": (1280, 32, 16)}


def encoder_class(source):
    """The encoder's module alone: the package as a whole wants torchvision."""
    folder = pathlib.Path(source) / "segment_anything" / "modeling"
    for name, path in (("sam", None), ("sam.common", "common.py"), ("sam.image_encoder", "image_encoder.py")):
        if path is None:
            package = types.ModuleType(name)
            package.__path__ = [str(folder)]
            sys.modules[name] = package
            continue
        spec = importlib.util.spec_from_file_location(name, folder / path)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules["sam.image_encoder"].ImageEncoderViT


def main():
    make_sound()
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", required=True)
    parser.add_argument("--model", choices=SIZES, default="vit_b")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    width, depth, heads = SIZES[a.model]
    with torch.inference_mode():
        encoder = encoder_class(a.source)(
            img_size=1024, patch_size=16, embed_dim=width, depth=depth, num_heads=heads, mlp_ratio=4, qkv_bias=True, use_rel_pos=True, window_size=14,
            global_attn_indexes=[i for i in range(depth) if (i + 1) % (depth // 4) == 0], out_chans=256,
            norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-6)).eval()
        for parameter in encoder.parameters():
            torch.nn.init.normal_(parameter, 0, 0.02)
        image = torch.rand(1, 3, 1024, 1024)
        if a.precision == "bf16":
            encoder, image = encoder.bfloat16(), image.bfloat16()
        seconds, processor = [], []
        for repeat in range(a.repeats + 1):
            start, used = time.perf_counter(), time.process_time()
            encoder(image)
            if repeat > 0:
                seconds.append(round(time.perf_counter() - start, 3))
                processor.append(round(time.process_time() - used, 3))
    print(json.dumps({"what": "segment-anything", "version": torch.__version__, "model": a.model, "precision": a.precision, "threads": a.threads,
                      "min_s": min(seconds), "processor_s": min(processor), "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
                      "seconds": seconds}))


if __name__ == "__main__":
    main()
