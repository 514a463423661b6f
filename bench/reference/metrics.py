#!/usr/bin/env python3
"""Reference times for MetricsBench: SciPy's erosion and distance transforms on the same masks.

Needs NumPy and SciPy (Debian trixie: python3-numpy, python3-scipy). Prints the minimum of many repeats, and the values to compare.
"""
import time

import numpy as np
from scipy import ndimage

SIZE, SLICES = 256, 40


def organ(z, dy, dx):
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    u, v = (x - 118 - dx) / 78.0, (y - 126 - dy) / 52.0
    radius = (1 - z * z / 500.0) * (1 + 0.18 * np.sin(3 * np.arctan2(v, u) + dx * 0.1))
    return u * u + v * v <= radius * radius


def distances(a, b, spacing):
    ea, eb = a & ~ndimage.binary_erosion(a), b & ~ndimage.binary_erosion(b)
    ab = ndimage.distance_transform_edt(~eb, sampling=spacing)[ea]
    ba = ndimage.distance_transform_edt(~ea, sampling=spacing)[eb]
    hd95 = max(np.percentile(ab, 95), np.percentile(ba, 95))
    return max(ab.max(), ba.max()), hd95, (ab.sum() + ba.sum()) / (len(ab) + len(ba)), len(ab), len(ba)


def box(a, b, spacing):
    where = tuple(slice(max(0, s.start - 1), s.stop + 1) for s in ndimage.find_objects((a | b).astype(np.uint8))[0])
    return distances(a[where], b[where], spacing)


def best(run, repeats):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        value = run()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3, value


if __name__ == "__main__":
    a, b = organ(0, 3, 2), organ(0, 0, 0)
    va = np.stack([organ(z - SLICES // 2, 3, 2) for z in range(SLICES)])
    vb = np.stack([organ(z - SLICES // 2, 0, 0) for z in range(SLICES)])
    for name, run, repeats in [
        ("256x256, whole image", lambda: distances(a, b, (1, 1)), 200),
        ("256x256, bounding box", lambda: box(a, b, (1, 1)), 200),
        ("40x256x256, whole image", lambda: distances(va, vb, (3, 1.5, 1.5)), 3),
        ("40x256x256, bounding box", lambda: box(va, vb, (3, 1.5, 1.5)), 3),
    ]:
        ms, value = best(run, repeats)
        print(f"{name}: {ms:.3f} ms; Hausdorff, HD95, ASSD, edge voxels: {value}")
