#!/usr/bin/env python3
"""Reference times for NiftiReadBench: nibabel on the same file.

Needs nibabel and NumPy (Debian trixie: python3-nibabel, python3-numpy). Usage: nifti_read.py FILE.nii.gz, the file that NiftiReadBench names.
Prints the minimum of several repeats.
"""
import gzip
import sys
import time

import nibabel
import numpy as np


def best(run, repeats=5):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


def inflate(path):
    with gzip.open(path) as stream:
        while stream.read(1 << 18):
            pass


if __name__ == "__main__":
    path = sys.argv[1]
    print(f"nibabel {nibabel.__version__}, numpy {np.__version__}, {path}")
    print(f"inflate only (gzip module): {best(lambda: inflate(path)):.0f} ms")
    print(f"stored type (dataobj, unscaled): {best(lambda: np.asanyarray(nibabel.load(path).dataobj)):.0f} ms")
    print(f"float32 (get_fdata): {best(lambda: nibabel.load(path).get_fdata(dtype=np.float32)):.0f} ms")
    print(f"float64 (get_fdata): {best(lambda: nibabel.load(path).get_fdata()):.0f} ms")
