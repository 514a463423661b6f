"""The two costly parts of a tracked slice in SAM 2 by the official code, the reference of Sam2PropagationBench with --parts.

Getting the code: a checkout of https://github.com/facebookresearch/sam2 (Apache-2.0). PyTorch: Debian trixie, python3-torch, python3-pil and libopenblas0-pthread.
Use: python3 sam2_slice.py --source CHECKOUT [--threads 2] [--repeats 3]. hiera_tiny at 1024 with random weights, fp32: the image encoder, and the memory
attention with 7 memories and 7 pointers. Prints one JSON object: seconds and processor seconds of each repeat after a warm-up, the process's peak memory.
"""
import argparse
import json
import resource
import sys
import time
import types

import torch

from soundness import make_sound


def stand_in(name, **members):
    """The modules that the parts import but do not use here."""
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(members)


def parts(source):
    sys.path.insert(0, source)
    for name in ("iopath", "iopath.common"):
        stand_in(name)
    stand_in("iopath.common.file_io", g_pathmgr=None)
    stand_in("tqdm", tqdm=None)
    stand_in("sam2", __path__=[source + "/sam2"])
    from sam2.modeling.backbones.hieradet import Hiera
    from sam2.modeling.backbones.image_encoder import FpnNeck, ImageEncoder
    from sam2.modeling.memory_attention import MemoryAttention, MemoryAttentionLayer
    from sam2.modeling.position_encoding import PositionEmbeddingSine
    from sam2.modeling.sam.transformer import RoPEAttention

    sine = PositionEmbeddingSine(num_pos_feats=256, normalize=True, scale=None, temperature=10000)
    neck = FpnNeck(sine, d_model=256, backbone_channel_list=[768, 384, 192, 96], fpn_top_down_levels=[2, 3], fpn_interp_model="nearest")
    trunk = Hiera(embed_dim=96, num_heads=1, stages=[1, 2, 7, 2], global_att_blocks=[5, 7, 9], window_pos_embed_bkg_spatial_size=[7, 7])
    rotary = {"rope_theta": 10000.0, "feat_sizes": [64, 64], "embedding_dim": 256, "num_heads": 1, "downsample_rate": 1, "dropout": 0.1}
    layer = MemoryAttentionLayer(
        activation="relu", dim_feedforward=2048, dropout=0.1, pos_enc_at_attn=False, self_attention=RoPEAttention(**rotary), d_model=256,
        pos_enc_at_cross_attn_keys=True, pos_enc_at_cross_attn_queries=False, cross_attention=RoPEAttention(rope_k_repeat=True, kv_in_dim=64, **rotary))
    attention = MemoryAttention(d_model=256, pos_enc_at_input=True, layer=layer, num_layers=4)
    return ImageEncoder(trunk, neck, scalp=1).eval(), attention.eval()


def main():
    make_sound()
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    result = {"what": "sam2 official", "torch": torch.__version__, "threads": a.threads}
    with torch.inference_mode():
        encoder, attention = parts(a.source)
        image, places = torch.rand(1, 3, 1024, 1024), torch.rand(64 * 64, 1, 256)
        pointers = 7 * 4
        memory = torch.rand(7 * 64 * 64 + pointers, 1, 64)
        work = {
            "encode": lambda: encoder(image),
            "join": lambda: attention(curr=[places], curr_pos=[places], memory=memory, memory_pos=memory, num_obj_ptr_tokens=pointers),
        }
        for name, run in work.items():
            run()
            wall, processor = [], []
            for _ in range(a.repeats):
                start, used = time.perf_counter(), time.process_time()
                run()
                wall.append(round(time.perf_counter() - start, 3))
                processor.append(round(time.process_time() - used, 3))
            result[name] = {"seconds": wall, "processor": processor}
    result["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(result))


if __name__ == "__main__":
    main()
