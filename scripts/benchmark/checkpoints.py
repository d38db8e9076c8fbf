#!/usr/bin/env python3
"""Prints what checkpoints cost: the backbone phase of MovieLens-1M with a checkpoint every 100 steps.

Two measures, on one rank and on two. Within a training: by how much the 25 steps from a checkpoint on take longer than
as many of the 75 before the next one, as a part of the time of 100 steps without it; what else runs on the machine, and
where the processes happen to lie, comes to both alike. Hundreds of steps with an evaluation among them are left out.
(Writing that lasted longer than 25 steps would be counted too low; it ends within ten.) The same of trainings without
checkpoints should be nothing: it is printed, too. And by whole trainings, with checkpoints and without, that take turns: the phase's
seconds, evaluations included, and the ratio of the least of them.

With --large instead: how long a step waits for a checkpoint of tables that take 1.07 GB with their moments, of made-up
data, beside the time that a plain copy of as many bytes takes, and the most memory that the rank used.

  swift build -c release --product moe-mlora
  scripts/benchmark/checkpoints.py --dataset data/movielens-gender-…
  scripts/benchmark/checkpoints.py --large
"""

import argparse
import csv
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


def train(dataset, ranks, steps, width, epochs, folder):
    """Trains with a checkpoint every so many steps, none for 0; the seconds of the phase, and the cost within it."""
    output, times = pathlib.Path(folder) / "run", pathlib.Path(folder) / "steps.csv"
    settings = ["model.adaptation=none", f"model.embeddingWidth={width}",
                f"training.maximumEpochs={epochs}", "training.patience=1000",
                f"training.checkpoint.everySteps={steps}", "training.checkpoint.everySeconds=0"]
    command = ["mpirun", "-np", ranks, PROGRAM, "train", "--quiet", "--overwrite", "--dataset", dataset,
               "--output", output, "--step-times", times,
               *[part for setting in settings for part in ("--set", setting)]]
    subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, check=True, env=ENVIRONMENT)
    return json.loads((output / "results.json").read_text())["phases"][0]["seconds"], cost(times, steps > 0)


def cost(path, has_checkpoints):
    """What the first 25 of every hundred steps take more than 25 of the others, by the time of 100 of the others."""
    hundreds, epoch = {}, None
    for line in csv.DictReader(path.open()):
        index, place = divmod(int(line["step"]) - 1, 100)
        # No checkpoint is before the first hundred, and memory is new.
        if index > 0:
            assert line["checkpoint"] == str(int(has_checkpoints and place == 0)), line
            # The first step of an epoch has the evaluation before it.
            hundreds.setdefault(index, []).append(None if line["epoch"] != epoch else float(line["seconds"]))
        epoch = line["epoch"]
    whole = [steps for steps in hundreds.values() if len(steps) == 100 and None not in steps]
    if not whole:
        sys.exit("expected trainings with hundreds of steps without an evaluation, found none: more rows or --epochs")
    first, others = (sum(sum(steps[part]) for steps in whole) for part in (slice(25), slice(25, 100)))
    return (first - others / 3) / (others / 75 * 100)


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
    print(f"a plain copy of {size} bytes: to memory that was used before {copying(size, False)}, "
          f"to new memory {copying(size, True)}; the most memory of the rank: {memory / 1e9:.2f} GB")


def copying(size, is_new):
    """The median and the most of the seconds of copying so many bytes, to memory that is new or was used before.

    Like those of checkpoints they come now and then: behind one another they are faster."""
    source, target, times = bytearray(b"1") * size, bytearray(b"2") * size, []
    for _ in range(7):
        time.sleep(3)
        began = time.perf_counter()
        if is_new:
            target = bytes(source)
        else:
            target[:] = source
        times.append(time.perf_counter() - began)
        if is_new:
            del target
    return f"{statistics.median(times):.4f} s in the median, {max(times):.4f} s at most"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", help="a prepared dataset, MovieLens-1M by gender")
    parser.add_argument("--large", action="store_true", help="large tables instead")
    parser.add_argument("--seconds", type=int, default=16, help="seconds between checkpoints of large tables")
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
    found = {case: {0: [], 100: []} for case in cases}
    with tempfile.TemporaryDirectory(dir=os.environ.get("CHECKPOINT_FOLDER")) as folder:
        for turn in range(arguments.rounds):
            for width, ranks in cases:
                for steps in (0, 100) if turn % 2 == 0 else (100, 0):
                    found[width, ranks][steps].append(
                        train(arguments.dataset, ranks, steps, width, arguments.epochs, folder))
    print("| a checkpoint every 100 steps, time more than without | "
          + " | ".join("1 rank" if ranks == 1 else f"{ranks} ranks" for ranks in counts) + " |")
    print("|" + "---|" * (len(counts) + 1))
    for width in widths:
        for name, cell in (("within a training", within), ("without any", control), ("whole trainings", between)):
            cells = " | ".join(cell(found[width, ranks]) for ranks in counts)
            print(f"| width {width}, {name} | {cells} |")


def within(trainings):
    """The cost within trainings with checkpoints."""
    return mean([100 * cost for _, cost in trainings[100]])


def control(trainings):
    """What the same measure finds where there are none."""
    return mean([100 * cost for _, cost in trainings[0]])


def mean(percents):
    """The mean with its standard error, and the median."""
    error = statistics.stdev(percents) / len(percents) ** 0.5 if len(percents) > 1 else float("nan")
    return f"{statistics.mean(percents):+.1f} ± {error:.1f} %, median {statistics.median(percents):+.1f} %"


def between(trainings):
    """The cost by whole trainings."""
    without, with_them = ([seconds for seconds, _ in trainings[steps]] for steps in (0, 100))
    least = 100 * (min(with_them) / min(without) - 1)
    percents = [100 * (b / a - 1) for a, b in zip(without, with_them)]
    return f"{mean(percents)}, least {least:+.1f} %"


if __name__ == "__main__":
    main()
