"""Prints the Markdown table of scripts/ablations/backbones, from the results of its runs."""

import json
import statistics
import sys
from pathlib import Path

ADAPTABLE = "mlp wdl deepfm nfm pnn dcn autoint xdeepfm fibinet".split()


def results(folder, attribute, backbone, adaptation, seed):
    run = folder / f"{attribute}-{backbone}-{adaptation}-seed{seed}"
    return json.loads((run / "results.json").read_text())["phases"]


def figure(folder, attribute, backbone, column, seeds):
    """Mean and deviation over seeds of the weighted test AUC, as text."""
    adaptation, phase = column
    values = [
        results(folder, attribute, backbone, adaptation, seed)[phase]["test"]["weightedAUC"]
        for seed in seeds
    ]
    spread = f" ± {statistics.stdev(values):.4f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.4f}{spread}"


def main(folder, attributes, backbones, seeds):
    # The first phase of moe is a run without adaptation.
    columns = [("none", ("moe", 0)), ("mlora", ("mlora", 0)), ("moe", ("moe", -1))]
    heads = [f"{attribute}, {name}" for attribute in attributes for name, _ in columns]
    print("| backbone | " + " | ".join(heads) + " |")
    print("|---" * (len(heads) + 1) + "|")
    for backbone in backbones:
        cells = []
        for attribute in attributes:
            if backbone in ADAPTABLE:
                cells += [
                    figure(folder, attribute, backbone, column, seeds) for _, column in columns
                ]
            else:
                cells += [figure(folder, attribute, backbone, ("none", 0), seeds), "–", "–"]
        print(f"| {backbone} | " + " | ".join(cells) + " |")


main(Path(sys.argv[1]), *(argument.split() for argument in sys.argv[2:5]))
