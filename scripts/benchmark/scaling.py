#!/usr/bin/env python3
"""Prints what the fixed tree costs and what a second rank brings, as ratios of runs that take turns.

In every round each command runs once, one after the other: machines differ from minute to minute, ratios
within a round less. A ratio is the median over rounds, with the smallest and the largest.

* cost of `invariant`: time of a step with training.reduction=invariant by that with fast, minus one, on one
  rank and on two, for the backbone phase;
* two ranks by one: rows per second of the phases backbone, with replicated tables on one rank and on two, or
  sharded ones on both or on two, and gate; and the time of the experts' phase of a
  training with ten equal domains;
* two processes by one: rows per second of the backbone phase of two processes of one rank each, side by side
  and without a message, which is what the machine has for a second rank in that round.

  swift build -c release --product moe-mlora
  scripts/benchmark/scaling.py --dataset data/movielens-gender-…
"""

import argparse
import concurrent.futures
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


def run(ranks, *arguments):
    """What the program prints on a number of ranks."""
    command = ["mpirun", "-np", ranks, PROGRAM, *arguments]
    result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=True,
                            env=ENVIRONMENT, text=True)
    return result.stdout


def rate(dataset, ranks, phase, width, reduction="invariant", tables="replicated"):
    """Rows per second of a phase: the median of three epochs, of which the first finds cold caches."""
    out = run(ranks, "benchmark", "--dataset", dataset, "--phase", phase, "--epochs", 3, "--json",
              "--set", f"model.embeddingWidth={width}", "--set", f"training.reduction={reduction}",
              "--set", f"training.tables={tables}")
    return json.loads(out.splitlines()[-1])["median"]


def side_by_side(dataset, width):
    """Rows per second of two processes of one rank each, at once, in the backbone phase."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return sum(pool.map(lambda _: rate(dataset, 1, "backbone", width), range(2)))


def experts_seconds(dataset, ranks, folder):
    """Seconds of the experts' phase of a training whose other phases are short."""
    output = pathlib.Path(folder) / f"run-{ranks}"
    run(ranks, "train", "--quiet", "--overwrite", "--dataset", dataset, "--output", output,
        "--set", "training.backbone.maximumEpochs=1", "--set", "training.experts.patience=1000",
        "--set", "training.experts.maximumEpochs=3", "--set", "training.gate.maximumEpochs=0")
    phases = json.loads((output / "results.json").read_text())["phases"]
    return next(phase["seconds"] for phase in phases if phase["phase"] == "experts")


def spread(ratios, form):
    """The median, the smallest and the largest."""
    return f"{form(statistics.median(ratios))} ({form(min(ratios))} to {form(max(ratios))})"


def percent(ratio):
    return f"{100 * (ratio - 1):+.1f} %"


def times(ratio):
    return f"{ratio:.2f}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", required=True, help="a prepared dataset, MovieLens-1M by gender")
    parser.add_argument("--rounds", type=int, default=5, help="rounds")
    parser.add_argument("--widths", default="8,128", help="widths of the embeddings")
    arguments = parser.parse_args()
    widths = arguments.widths.split(",")
    cost = {(width, ranks): [] for width in widths for ranks in (1, 2)}
    alone = "backbone, two processes side by side"
    kinds = ("backbone", alone, "backbone, sharded tables", "backbone, tables sharded on two", "gate")
    gain = {(width, kind): [] for width in widths for kind in kinds}
    experts = []
    with tempfile.TemporaryDirectory() as folder:
        domains = f"{folder}/domains"
        run(1, "synthesize", "--domains", 10, "--samples", 400_000, "--sizes", *[1] * 10,
            "--output", domains)
        for _ in range(arguments.rounds):
            for width in widths:
                one = rate(arguments.dataset, 1, "backbone", width)
                two = rate(arguments.dataset, 2, "backbone", width)
                cost[width, 1].append(rate(arguments.dataset, 1, "backbone", width, "fast") / one)
                cost[width, 2].append(rate(arguments.dataset, 2, "backbone", width, "fast") / two)
                gain[width, "backbone"].append(two / one)
                gain[width, alone].append(side_by_side(arguments.dataset, width) / one)
                sharded = [rate(arguments.dataset, ranks, "backbone", width, tables="sharded")
                           for ranks in (1, 2)]
                gain[width, "backbone, sharded tables"].append(sharded[1] / sharded[0])
                gain[width, "backbone, tables sharded on two"].append(sharded[1] / one)
                gain[width, "gate"].append(rate(arguments.dataset, 2, "gate", width)
                                           / rate(arguments.dataset, 1, "gate", width))
            experts.append(experts_seconds(domains, 1, folder) / experts_seconds(domains, 2, folder))
    print("| wdl | " + " | ".join(f"width {width}" for width in widths) + " |")
    print("|---" * (len(widths) + 1) + "|")
    for ranks in (1, 2):
        cells = [spread(cost[width, ranks], percent) for width in widths]
        print(f"| time of `invariant` beside `fast`, ranks: {ranks} | " + " | ".join(cells) + " |")
    for kind in kinds:
        cells = [spread(gain[width, kind], times) for width in widths]
        print(f"| {kind}, {'' if kind == alone else 'two ranks '}by one | " + " | ".join(cells) + " |")
    print(f"\n`experts` with ten equal domains, two ranks by one: {spread(experts, times)}")


if __name__ == "__main__":
    main()
