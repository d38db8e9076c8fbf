#!/usr/bin/env python3
"""Prints what checkpoints cost, as ratios of trainings that take turns.

In every round a training without checkpoints and one with a checkpoint every 100 steps run one after the other, in turns
the one first or the other, on one rank and on two: the backbone phase of MovieLens-1M, evaluations included. Beside the
median of the rounds' ratios stands the ratio of the least times of each: what else runs on a machine only adds to a time.

With --large instead: how long a step waits for a checkpoint of tables that take 1.07 GB with their moments, of made-up
data, beside the time that a plain copy of as many bytes takes, and the most memory that the rank used.

  swift build -c release --product moe-mlora
  scripts/benchmark/checkpoints.py --dataset data/movielens-gender-…
  scripts/benchmark/checkpoints.py --large
"""

import argparse
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

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


def large(folder, seconds):
    """Trains 700,000 rows of width 128, with a checkpoint every few seconds, and prints how long steps waited."""
    folder = pathlib.Path(folder)
    data, run = folder / "data", folder / "run"
    subprocess.run([PROGRAM, "synthesize", "--output", data, "--samples", "400000", "--users", "600000", "--items",
                    "100000", "--domains", "2"], stdout=subprocess.DEVNULL, check=True, env=ENVIRONMENT)
    settings = ["model.adaptation=none", "model.backbone=mlp", "model.embeddingWidth=128", "model.hidden=[16]",
                "training.tableUpdates=rowWise", "training.globalBatch=256", "training.maximumEpochs=60",
                "training.patience=1000", f"training.checkpoint.everySeconds={seconds}"]
    command = [PROGRAM, "train", "--dataset", data, "--output", run,
               *[part for setting in settings for part in ("--set", setting)]]
    job = subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                         check=True, env=ENVIRONMENT, text=True)
    line = next(line for line in job.stderr.splitlines() if "a step waited" in line)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    size = int(re.search(r"copy (\d+) bytes", line)[1])
    print(line)
    print(f"a plain copy of {size} bytes: {copying(size, False):.4f} s to memory that was used before, "
          f"{copying(size, True):.4f} s to new memory; the most memory of the rank: {memory / 1e9:.2f} GB")


def copying(size, is_new):
    """The median seconds of copying so many bytes, to memory that is new or was used before."""
    source, target, times = bytearray(b"1") * size, bytearray(b"2") * size, []
    for _ in range(5):
        began = time.perf_counter()
        if is_new:
            target = bytes(source)
        else:
            target[:] = source
        times.append(time.perf_counter() - began)
        if is_new:
            del target
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", help="a prepared dataset, MovieLens-1M by gender")
    parser.add_argument("--large", action="store_true", help="large tables instead")
    parser.add_argument("--seconds", type=int, default=8, help="seconds between checkpoints of large tables")
    parser.add_argument("--rounds", type=int, default=5, help="rounds")
    parser.add_argument("--epochs", type=int, default=4, help="epochs of a training")
    parser.add_argument("--widths", default="8,128", help="widths of the embeddings")
    parser.add_argument("--ranks", default="1,2", help="numbers of ranks")
    arguments = parser.parse_args()
    if arguments.large:
        with tempfile.TemporaryDirectory(dir=os.environ.get("CHECKPOINT_FOLDER")) as folder:
            return large(folder, arguments.seconds)
    if arguments.dataset is None:
        parser.error("--dataset: expected a prepared dataset, found none")
    widths, counts = ([int(part) for part in text.split(",")] for text in (arguments.widths, arguments.ranks))
    cases = [(width, ranks) for width in widths for ranks in counts]
    times = {case: {0: [], 100: []} for case in cases}
    with tempfile.TemporaryDirectory(dir=os.environ.get("CHECKPOINT_FOLDER")) as folder:
        for turn in range(arguments.rounds):
            for width, ranks in cases:
                for steps in (0, 100) if turn % 2 == 0 else (100, 0):
                    times[width, ranks][steps].append(
                        seconds(arguments.dataset, ranks, steps, width, arguments.epochs, folder))
    print("| time with a checkpoint every 100 steps, by that without | "
          + " | ".join("1 rank" if ranks == 1 else f"{ranks} ranks" for ranks in counts) + " |")
    print("|" + "---|" * (len(counts) + 1))
    for width in widths:
        cells = []
        for ranks in counts:
            without, with_them = times[width, ranks].values()
            percents = [100 * (b / a - 1) for a, b in zip(without, with_them)]
            least = 100 * (min(with_them) / min(without) - 1)
            cells.append(f"{statistics.median(percents):+.1f} % ({min(percents):+.1f} % to {max(percents):+.1f} %), "
                         f"least {least:+.1f} %")
        print(f"| width {width} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
