#!/usr/bin/env python3
"""Trains a table that no rank could hold for itself, and prints the peak memory of each rank.

Makes a synthetic dataset with many users; trains it on four ranks with training.tables=sharded, each of them
limited to so much address space (RLIMIT_AS); shows that the same ranks cannot train it with replicated tables;
and trains it so on one rank without a limit: the parameters' SHA-256 must be the same.

  swift build -c release --product moe-mlora
  scripts/benchmark/sharded.py --users 20000000 --width 16 --limit 2.6
"""

import argparse
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from launching import PROGRAM, environment

def be_rank(limit, command):
    """Runs a command as one rank, under a limit in bytes (0 for none), and tells its peak memory."""
    def restrict():
        if limit > 0:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    code = subprocess.run(command, preexec_fn=restrict).returncode
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"peak of a rank: {peak}", file=sys.stderr, flush=True)
    sys.exit(code if code >= 0 else 128 - code)


def train(dataset, output, ranks, limit, settings):
    """Trains; returns exit code, SHA-256 of the parameters if there are any, peaks in bytes, seconds, output."""
    keys = [part for setting in settings for part in ("--set", setting)]
    command = ["mpirun", "--oversubscribe", "-np", ranks, sys.executable, __file__, "--rank", limit,
               PROGRAM, "train", "--quiet", "--overwrite", "--dataset", dataset, "--output", output, *keys]
    start = time.monotonic()
    result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, env=environment(), text=True)
    digest = re.search(r"parameters ([0-9a-f]{64})", result.stdout)
    peaks = [int(peak) for peak in re.findall(r"peak of a rank: (\d+)", result.stdout)]
    return (result.returncode, digest and digest.group(1), peaks, time.monotonic() - start, result.stdout)


def main():
    if sys.argv[1:2] == ["--rank"]:
        be_rank(int(sys.argv[2]), sys.argv[3:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--users", type=int, default=20_000_000)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--samples", type=int, default=400_000)
    parser.add_argument("--ranks", type=int, default=4)
    parser.add_argument("--limit", type=float, default=2.6, help="GB of address space of a rank")
    arguments = parser.parse_args()
    limit = int(arguments.limit * 1e9)
    common = [f"model.embeddingWidth={arguments.width}", "model.adaptation=none",
              "training.tableUpdates=rowWise", "training.backbone.maximumEpochs=1",
              # What is shown is training: checkpoints would take four more copies beside the five.
              "training.checkpoint.everySeconds=0"]
    with tempfile.TemporaryDirectory() as folder:
        dataset = f"{folder}/data"
        subprocess.run([PROGRAM, "synthesize", "--users", str(arguments.users), "--items", "1000",
                        "--samples", str(arguments.samples), "--output", dataset],
                       stdout=subprocess.DEVNULL, check=True)
        floats = arguments.users * (arguments.width + 1)
        print(f"{arguments.users} users at width {arguments.width} with a wide weight: "
              f"{4 * floats / 1e9:.2f} GB of values, {20 * floats / 1e9:.2f} GB in training")
        code, sharded, peaks, seconds, text = train(
            dataset, f"{folder}/sharded", arguments.ranks, limit, common + ["training.tables=sharded"])
        if code != 0:
            sys.exit(f"sharded tables: exit code {code}\n{text}")
        figures = ", ".join(f"{peak / 1e9:.2f}" for peak in sorted(peaks))
        print(f"sharded, {arguments.ranks} ranks of at most {arguments.limit} GB: peaks {figures} GB, "
              f"{seconds:.0f} s")
        code, _, _, _, text = train(
            dataset, f"{folder}/refused", arguments.ranks, limit, common)
        reason = next(
            (line for line in text.splitlines() if "expected a training that fits into" in line), None)
        if code != 2 or reason is None:
            sys.exit(f"replicated tables under the limit: expected a refusal, found exit code {code}\n{text}")
        print(f"replicated, the same ranks and limit: exit code {code}: {reason}")
        code, alone, peaks, seconds, text = train(dataset, f"{folder}/alone", 1, 0, common)
        if code != 0:
            sys.exit(f"one rank: exit code {code}\n{text}")
        print(f"replicated, one rank without a limit: peak {peaks[0] / 1e9:.2f} GB, {seconds:.0f} s")
        print(f"parameters {sharded}, {'the same' if sharded == alone else f'NOT THE SAME: {alone}'}")
        sys.exit(0 if sharded == alone else 1)


main()
