#!/usr/bin/env python3
"""Golden p-values for the tests of Studies/Statistics and Studies/Claims, from SciPy.

Needs NumPy and SciPy (Debian trixie: python3-numpy, python3-scipy). Prints the JSON of tests/PolyCL.Tests/golden/statistics:
    python3 bench/reference/statistics.py src/PolyCL.Lib/Studies/paper-tables.csv > tests/PolyCL.Tests/golden/statistics/statistics.json
"""
import csv
import json
import sys

import numpy as np
from scipy import stats

STRATEGIES = ["PolyCL-S", "PolyCL-O", "PolyCL-M"]
LABELS = ["5", "10", "20", "30", "50"]


def signed_rank():
    random = np.random.default_rng(20261127)
    for n in range(1, 21):
        for shift in (0.0, 0.6):
            d = np.round(random.normal(shift, 1, n), 6)
            assert len(set(np.abs(d))) == n and not np.any(d == 0)
            yield {"d": d.tolist(), "p": stats.wilcoxon(d, method="exact").pvalue}
    for n in range(3, 13):
        for _ in range(2):
            d = random.integers(-3, 5, n).astype(float)
            if np.any(d != 0):
                every = stats.PermutationMethod(n_resamples=2**n + 1)
                yield {"d": d.tolist(), "p": stats.wilcoxon(d, method=every).pvalue}


def welch(a, b, n):
    return stats.ttest_ind_from_stats(a[0], a[1], n, b[0], b[1], n, equal_var=False)


def welch_cases():
    for a, b, m, n in [((0.895, 0.003), (0.892, 0.011), 5, 5), ((1, 2), (3, 0.5), 10, 4), ((0, 1), (0, 1), 2, 2),
                       ((13.37, 11.171), (11.51, 0.955), 5, 10), ((5, 0.1), (1, 0.1), 30, 40), ((1, 0), (1.5, 0.2), 5, 5)]:
        r = stats.ttest_ind_from_stats(a[0], a[1], m, b[0], b[1], n, equal_var=False)
        yield {"first": [*a, m], "second": [*b, n], "t": r.statistic, "p": r.pvalue}


def claims(path):
    """Every comparison of two printed cells that a claim of the paper rests on: table, metric, first, second, p for 5 and 10 repeats."""
    with open(path) as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    cell = {(r["table"], r["metric"], r["backbone"], r["model"], r["label_percent"]): (float(r["mean"]), float(r["stdev"])) for r in rows}

    def compare(table, metric, first, second):
        a, b = cell[(table, metric, *first)], cell[(table, metric, *second)]
        return [int(table), metric, ", ".join(filter(None, first)), ", ".join(filter(None, second)),
                welch(a, b, 5).pvalue, welch(a, b, 10).pvalue]

    for table in "123":
        for metric in ("Dice", "Hausdorff"):
            for backbone in ("U-Net", "ResU-Net", "TransUNet"):
                for strategy in STRATEGIES:
                    for rival in ((backbone, "SimCLR", ""), (backbone, "SupCon", ""), ("none", backbone, "")):
                        yield compare(table, metric, (backbone, strategy, ""), rival)
            keys = [k[2:] for k in cell if k[:2] == (table, metric)]
            sign = 1 if metric == "Dice" else -1
            best = lambda ours: max((k for k in keys if (k[1] in STRATEGIES) == ours), key=lambda k: sign * cell[(table, metric, *k)][0])
            yield compare(table, metric, best(True), best(False))
    for table, metric, sam in (("4", "Dice", "SAM"), ("5", "Hausdorff", "SAM"), ("6", "Dice", "SAM 2"), ("7", "Hausdorff", "SAM 2")):
        for strategy in STRATEGIES:
            for labels in LABELS:
                yield compare(table, metric, ("", f"{strategy} + {sam}", labels), ("", strategy, labels))
        for suffix in ["", f" + {sam}"] if sam == "SAM" else [f" + {sam}"]:
            for rival in STRATEGIES[:2]:
                for labels in LABELS:
                    yield compare(table, metric, ("", f"PolyCL-M{suffix}", labels), ("", rival + suffix, labels))
            for strategy in STRATEGIES:
                yield compare(table, metric, ("", strategy + suffix, "50"), ("", strategy + suffix, "5"))


def lines(items):
    return ",\n".join(json.dumps(item) for item in items)


if __name__ == "__main__":
    print('{"signed_rank": [\n' + lines(signed_rank()) + '],\n"welch": [\n' + lines(welch_cases()) + '],\n"claims": [\n' + lines(claims(sys.argv[1])) + "]}")
