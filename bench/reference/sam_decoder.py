"""SAM's prompt encoder and mask decoder by the official code, the reference of SamDecoderBench.

Getting the code: a checkout of https://github.com/facebookresearch/segment-anything (Apache-2.0). PyTorch: Debian trixie, python3-torch and libopenblas0-pthread.
Use: python3 sam_decoder.py --source CHECKOUT [--boxes 2] [--threads 2] [--repeats 10]. Random weights and embedding, all four masks. Prints one JSON object:
seconds of each repeat after a warm-up, their minimum, processor time, the process's peak memory.
"""
import argparse
import importlib.util
import json
import pathlib
import resource
import sys
import time
import types

import torch

from soundness import make_sound


def modules(source):
    """The modules of these parts alone: the package as a whole wants torchvision."""
    folder = pathlib.Path(source) / "segment_anything" / "modeling"
    package = types.ModuleType("sam")
    package.__path__ = [str(folder)]
    sys.modules["sam"] = package
    for name in ("common", "transformer", "prompt_encoder", "mask_decoder"):
        spec = importlib.util.spec_from_file_location("sam." + name, folder / (name + ".py"))
        sys.modules["sam." + name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["sam." + name])
    return sys.modules["sam.prompt_encoder"].PromptEncoder, sys.modules["sam.mask_decoder"].MaskDecoder, sys.modules["sam.transformer"].TwoWayTransformer


def main():
    make_sound()
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", required=True)
    parser.add_argument("--boxes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=10)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    prompt_encoder, mask_decoder, transformer = modules(a.source)
    with torch.inference_mode():
        prompts = prompt_encoder(embed_dim=256, image_embedding_size=(64, 64), input_image_size=(1024, 1024), mask_in_chans=16).eval()
        decoder = mask_decoder(
            num_multimask_outputs=3, transformer=transformer(depth=2, embedding_dim=256, mlp_dim=2048, num_heads=8), transformer_dim=256,
            iou_head_depth=3, iou_head_hidden_dim=256).eval()
        for part in (prompts, decoder):
            for parameter in part.parameters():
                torch.nn.init.normal_(parameter, 0, 0.02)
        embedding, corners = torch.rand(1, 256, 64, 64), torch.rand(a.boxes, 4) * 1024
        seconds, processor = [], []
        for repeat in range(a.repeats + 1):
            start, used = time.perf_counter(), time.process_time()
            sparse, dense = prompts(points=None, boxes=corners, masks=None)
            decoder.predict_masks(image_embeddings=embedding, image_pe=prompts.get_dense_pe(), sparse_prompt_embeddings=sparse, dense_prompt_embeddings=dense)
            if repeat > 0:
                seconds.append(round(time.perf_counter() - start, 4))
                processor.append(round(time.process_time() - used, 4))
    print(json.dumps({"what": "segment-anything", "version": torch.__version__, "boxes": a.boxes, "threads": a.threads, "min_s": min(seconds),
                      "processor_s": min(processor), "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, "seconds": seconds}))


if __name__ == "__main__":
    main()
