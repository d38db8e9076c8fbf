#!/usr/bin/env python3
"""Compares the backbone phase with its PyTorch peer, in turn and in one run, and prints the ratios.

First every variant of scripts/benchmark/torch_peer.py is tried. Then `moe-mlora benchmark` and the fastest
variants of each kind of dropout, eager and compiled, run one after the other, several rounds long:
machines differ from minute to minute, ratios within a round less. A round's ratio is to the fastest
variant of that round.

  swift build -c release --product moe-mlora
  python3 -m pip install -r scripts/benchmark/requirements.txt
  scripts/benchmark/compare.py --dataset data/movielens-gender-…
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEER = ROOT / "scripts/benchmark/torch_peer.py"
PROGRAM = ROOT / ".build/release/moe-mlora"


def output(command):
    """The JSON line that a command prints."""
    result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=True)
    return json.loads(result.stdout.splitlines()[-1])


def peer(variants, seconds, width):
    """Samples per second of variants of the peer."""
    command = [sys.executable, PEER, "--seconds", seconds, "--repeats", 1, "--width", width]
    for variant in variants:
        command += ["--variant", variant]
    return {name: figures["median"] for name, figures in output(command)["variants"].items()}


def own(dataset, epochs, width):
    """Samples per second of the package."""
    command = [PROGRAM, "benchmark", "--dataset", dataset, "--phase", "backbone", "--json",
               "--epochs", epochs, "--set", f"model.embeddingWidth={width}"]
    return output(command)["median"]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", required=True, help="a prepared dataset, MovieLens-1M by gender")
    parser.add_argument("--rounds", type=int, default=5, help="rounds")
    parser.add_argument("--epochs", type=int, default=3, help="epochs of the package in a round")
    parser.add_argument("--seconds", type=float, default=4, help="time of the peer in a round")
    parser.add_argument("--width", type=int, default=8, help="width of every embedding")
    arguments = parser.parse_args()

    tried = peer([], 2, arguments.width)
    kinds = [f"-{dropout}-{execution}" for dropout in ("library", "bytes")
             for execution in ("eager", "compiled")]
    fastest = [max((name for name in tried if name.endswith(kind)), key=tried.get) for kind in kinds]
    rounds = []
    for index in range(arguments.rounds):
        figures = {"moe-mlora": own(arguments.dataset, arguments.epochs, arguments.width)}
        figures |= peer(fastest, arguments.seconds, arguments.width)
        rounds.append(figures)
        print(f"round {index + 1}: " + ", ".join(f"{name} {round(rate):,}/s"
                                                 for name, rate in figures.items()), flush=True)
    for label, names in (("with PyTorch's own dropout", fastest[:2]), ("of all variants", fastest)):
        ratios = sorted(figures["moe-mlora"] / max(figures[name] for name in names)
                        for figures in rounds)
        print(f"moe-mlora over the fastest {label}: {statistics.median(ratios):.2f} "
              f"({ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
