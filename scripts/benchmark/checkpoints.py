#!/usr/bin/env python3
"""Prints what checkpoints cost, as ratios of trainings that take turns.

In every round a training without checkpoints and one with a checkpoint every 100 steps run one after the other, on one
rank and on two: the backbone phase of MovieLens-1M, evaluations included. And how long a rank with large tables is
kept from training by a checkpoint, beside the time that copying its floats takes.

  swift build -c release --product moe-mlora
  scripts/benchmark/checkpoints.py --dataset data/movielens-gender-…
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from launching import PROGRAM, environment

ENVIRONMENT = environment()


def seconds(dataset, ranks, steps, width, epochs, folder):
    """Seconds of the backbone phase with a checkpoint every so many steps, none for 0."""
    output = pathlib.Path(folder) / "run"
    settings = ["model.adaptation=none", f"model.embeddingWidth={width}",
                f"training.maximumEpochs={epochs}", "training.patience=1000",
                f"training.checkpoint.everySteps={steps}", "training.checkpoint.everySeconds=0"]
    command = ["mpirun", "-np", ranks, PROGRAM, "train", "--quiet", "--overwrite", "--dataset", dataset,
               "--output", output, *[part for setting in settings for part in ("--set", setting)]]
    subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, check=True, env=ENVIRONMENT)
    return json.loads((output / "results.json").read_text())["phases"][0]["seconds"]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", required=True, help="a prepared dataset, MovieLens-1M by gender")
    parser.add_argument("--rounds", type=int, default=5, help="rounds")
    parser.add_argument("--epochs", type=int, default=4, help="epochs of a training")
    parser.add_argument("--widths", default="8,128", help="widths of the embeddings")
    arguments = parser.parse_args()
    cases = [(int(width), ranks) for width in arguments.widths.split(",") for ranks in (1, 2)]
    ratios = {case: [] for case in cases}
    with tempfile.TemporaryDirectory(dir=os.environ.get("CHECKPOINT_FOLDER")) as folder:
        for _ in range(arguments.rounds):
            for width, ranks in cases:
                times = [seconds(arguments.dataset, ranks, steps, width, arguments.epochs, folder)
                         for steps in (0, 100)]
                ratios[width, ranks].append(times[1] / times[0])
    print("| time with a checkpoint every 100 steps, by that without | one rank | two ranks |")
    print("|---|---|---|")
    for width in arguments.widths.split(","):
        cells = []
        for ranks in (1, 2):
            percents = [100 * (ratio - 1) for ratio in ratios[int(width), ranks]]
            cells.append(f"{statistics.median(percents):+.1f} % ({min(percents):+.1f} % to {max(percents):+.1f} %)")
        print(f"| width {width} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
