#!/usr/bin/env python3
"""Prints how much of what matrix products would allow every backbone reaches, phase by phase.

Runs `moe-mlora benchmark` for each backbone, phase and width of embeddings, one after the other on one rank,
and prints a Markdown table of rows per second and of the share of the bound: the operations that training
a row takes at least, at the rate of a product measured between the epochs of the same run.

  swift build -c release --product moe-mlora
  scripts/benchmark/bounds.py --dataset data/movielens-gender-…
"""

import argparse
import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".build/release/moe-mlora"
ADAPTABLE = "mlp wdl deepfm nfm pnn dcn autoint xdeepfm fibinet".split()
NETWORKS = "sharedBottom mmoe ple star".split()


def measure(arguments, backbone, adaptation, phase, width):
    """The report of one benchmark."""
    command = [PROGRAM, "benchmark", "--dataset", arguments.dataset, "--phase", phase, "--json",
               "--epochs", arguments.epochs]
    if arguments.steps:
        command += ["--steps", arguments.steps]
    for setting in (f"model.backbone={backbone}", f"model.adaptation={adaptation}",
                    f"model.embeddingWidth={width}"):
        command += ["--set", setting]
    result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=True)
    return json.loads(result.stdout.splitlines()[-1])


def cell(report):
    return f"{report['median'] / 1000:.0f} k ({100 * report['shareOfBound']:.0f} %)"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", required=True, help="a prepared dataset, MovieLens-1M by gender")
    parser.add_argument("--epochs", type=int, default=2, help="epochs measured")
    parser.add_argument("--steps", type=int, help="steps of an epoch that are taken (default: all)")
    parser.add_argument("--widths", default="8,128", help="widths of the embeddings")
    parser.add_argument("--backbones", default=",".join(ADAPTABLE + NETWORKS))
    arguments = parser.parse_args()
    widths = arguments.widths.split(",")
    phases = [("none", "backbone"), ("mlora", "backbone"), ("moe", "experts"), ("moe", "gate")]
    names = ["backbone", "mlora", "experts", "gate"]
    heads = [f"{name}, {width}" for width in widths for name in names]
    print("| rows/s (share of bound) | " + " | ".join(heads) + " |")
    print("|---" * (len(heads) + 1) + "|")
    rates = []
    for backbone in arguments.backbones.split(","):
        cells = []
        for width in widths:
            for adaptation, phase in phases:
                if backbone in NETWORKS and adaptation != "none":
                    cells.append("–")
                    continue
                report = measure(arguments, backbone, adaptation, phase, width)
                rates.append(report["productRate"])
                cells.append(cell(report))
        print(f"| {backbone} | " + " | ".join(cells) + " |", flush=True)
    print(f"\nProducts: {min(rates) / 1e9:.0f} to {max(rates) / 1e9:.0f} GFLOP/s")


if __name__ == "__main__":
    main()
