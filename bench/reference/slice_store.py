#!/usr/bin/env python3
"""The slices of a folder of scans with nibabel and Pillow, timed: the reference for `slice-store` of PolyCL.Bench.

    python3 bench/reference/slice_store.py DATA [REPEATS]

DATA holds one folder per scan with ct.nii.gz and liver.nii.gz; folders without both are left out, as the bench does.
Debian trixie packages python3-nibabel (5.3), python3-pil (11.1), python3-numpy. One process, as such scripts are usually run:
read, reorder to L,P,S, keep the middle 30 %, window 40/400 to 0–1, resize to 256×256 (BILINEAR, labels NEAREST), count organ slices of the
whole scan, save as float16 and uint8.
"""
import math
import sys
import tempfile
import time
from pathlib import Path

import nibabel as nib
import numpy as np
from nibabel.orientations import apply_orientation, axcodes2ornt, io_orientation, ornt_transform
from PIL import Image

LPS = axcodes2ornt(("L", "P", "S"))


def read(path):
    image = nib.load(path)
    data = np.asanyarray(image.dataobj)
    return apply_orientation(data, ornt_transform(io_orientation(image.affine), LPS))


def prepare(folder, out):
    ct, label = read(folder / "ct.nii.gz"), read(folder / "liver.nii.gz")
    n = ct.shape[2]
    centre = (n - 1) / 2
    start, stop = math.ceil(centre - centre * 0.3), math.floor(centre + centre * 0.3)
    organ = (label > 0).any(axis=(0, 1)).sum()
    pixels, masks = [], []
    for k in range(start, stop):
        window = (np.clip(ct[:, :, k].T.astype(np.float32), -160, 240) + 160) / 400
        pixels.append(np.asarray(Image.fromarray(window).resize((256, 256), Image.BILINEAR), dtype=np.float16))
        mask = (label[:, :, k].T > 0).astype(np.uint8)
        masks.append(np.asarray(Image.fromarray(mask).resize((256, 256), Image.NEAREST)))
    if pixels:
        np.save(out / f"{folder.name}.pixels.npy", np.stack(pixels))
        np.save(out / f"{folder.name}.masks.npy", np.stack(masks))
    return len(pixels), int(organ)


def main():
    root = Path(sys.argv[1])
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    folders = [f for f in sorted(root.iterdir()) if (f / "ct.nii.gz").exists() and (f / "liver.nii.gz").exists()]
    least, slices = math.inf, 0
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as out:
            start = time.perf_counter()
            slices = sum(prepare(folder, Path(out))[0] for folder in folders)
            least = min(least, time.perf_counter() - start)
    print(f"nibabel {nib.__version__}: {len(folders)} scans, {slices} slices; {least * 1000:.0f} ms (least of {repeats})")


main()
