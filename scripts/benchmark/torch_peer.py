#!/usr/bin/env python3
"""The PyTorch peer of `moe-mlora benchmark`: the backbone phase of WDL at MovieLens sizes, on one thread.

Model, batch, loss and optimiser are those of the package's defaults: fields uid, pid and domain with
tables of 6041, 3953 and 2 rows, a wide part, a tower of 256, 128 and 64 units with ReLU and dropout
0.5, a head and a bias; binary cross-entropy plus L2 1e-5 on embedding and wide tables; dense Adam;
batches of 1024. PyTorch's Adam adds epsilon after the bias correction, the package before it, at the
same cost. Samples are random ids: the cost hardly depends on their values.

What PyTorch offers is tried, so that the comparison is with its best:
  tables     `three` (one embedding per field) or `one` (all rows in one table, ids with offsets)
  adam       `fused` or `foreach` (`torch.optim.Adam`; L2 as weight decay of the tables' group)
  dropout    `library` (`nn.Dropout`) or `bytes` (a mask of random bytes, eight from each draw)
  execution  `eager` or `compiled` (`torch.compile`: inductor generates C++ for forward and backward)
Denormals are flushed, gradients are set to None, and batches are slices of shuffled tensors.

Prints one line of JSON: samples per second (median, minimum, maximum over the repeats) of each variant.
"""

import argparse
import itertools
import json
import os
import statistics
import time

os.environ["OMP_NUM_THREADS"] = "1"  # before the import: read once, when libraries are loaded

import torch
from torch import nn

CARDINALITIES = (6041, 3953, 2)
HIDDEN = (256, 128, 64)
L2 = 1e-5
BATCH = 1024
VARIANTS = ["-".join(parts) for parts in itertools.product(
    ("three", "one"), ("fused", "foreach"), ("library", "bytes"), ("eager", "compiled"))]


class ByteDropout(nn.Module):
    """Inverted dropout at a rate of a half, with cheaper random numbers than `nn.Dropout` draws."""

    def forward(self, units):
        draws = torch.empty((units.numel() + 7) // 8, dtype=torch.int64).random_(-2**63, None)
        mask = draws.view(torch.uint8)[:units.numel()].view(units.shape) & 1
        return units * (2 * mask)


class WideAndDeep(nn.Module):
    """The WDL backbone; its tables are `embedding` and `wide`."""

    def __init__(self, width, one_table, dropout):
        super().__init__()
        rows = [sum(CARDINALITIES)] if one_table else CARDINALITIES
        self.embedding = nn.ModuleList(nn.Embedding(count, width) for count in rows)
        self.wide = nn.ModuleList(nn.Embedding(count, 1) for count in rows)
        for table in self.embedding:
            nn.init.normal_(table.weight, std=0.01)
        for table in self.wide:
            nn.init.zeros_(table.weight)
        inputs = (width * len(CARDINALITIES),) + HIDDEN
        layers = []
        for fan_in, fan_out in zip(inputs, HIDDEN):
            layers += [nn.Linear(fan_in, fan_out), nn.ReLU(), dropout]
        self.tower = nn.Sequential(*layers)
        self.head = nn.Linear(HIDDEN[-1], 1)  # its bias is the model's

    def forward(self, ids):
        if len(self.embedding) == 1:
            embedded = self.embedding[0](ids).flatten(1)
            wide = self.wide[0](ids).sum(1)
        else:
            embedded = torch.cat([table(ids[:, f]) for f, table in enumerate(self.embedding)], 1)
            wide = sum(table(ids[:, f]) for f, table in enumerate(self.wide))
        return (self.head(self.tower(embedded)) + wide).squeeze(1)


def samples(count, one_table):
    """Shuffled rows: ids of every field (offset by field if there is one table) and labels."""
    generator = torch.Generator().manual_seed(1)
    columns = [torch.randint(rows, (count,), generator=generator) for rows in CARDINALITIES]
    offsets = [0, *itertools.accumulate(CARDINALITIES)] if one_table else [0] * len(CARDINALITIES)
    ids = torch.stack([column + offset for column, offset in zip(columns, offsets)], 1)
    return ids, torch.randint(2, (count,), generator=generator).float()


def training_step(variant, width):
    """A function that trains a new model on one batch."""
    tables, adam, dropout, execution = variant.split("-")
    torch.manual_seed(1)
    model = WideAndDeep(
        width, one_table=tables == "one",
        dropout=nn.Dropout(0.5) if dropout == "library" else ByteDropout())
    decayed = [*model.embedding.parameters(), *model.wide.parameters()]
    others = [*model.tower.parameters(), *model.head.parameters()]
    optimizer = torch.optim.Adam(
        [{"params": decayed, "weight_decay": 2 * L2}, {"params": others}],
        lr=1e-3, eps=1e-8, **{adam: True})

    def loss(ids, labels):
        return nn.functional.binary_cross_entropy_with_logits(model(ids), labels)

    if execution == "compiled":
        loss = torch.compile(loss, dynamic=False)

    def step(ids, labels):
        optimizer.zero_grad(set_to_none=True)
        loss(ids, labels).backward()
        optimizer.step()

    return step


def measurement(variant, arguments):
    """A function that trains a variant for a while and returns samples per second."""
    ids, labels = samples(arguments.samples, one_table=variant.startswith("one"))
    step = training_step(variant, arguments.width)
    starts = itertools.cycle(range(0, arguments.samples - BATCH + 1, BATCH))

    def run(seconds):
        rows, begin = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - begin) < seconds:
            start = next(starts)
            step(ids[start:start + BATCH], labels[start:start + BATCH])
            rows += BATCH
        return rows / elapsed

    run(arguments.seconds)  # warm up, compile
    return lambda: run(arguments.seconds)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100 * BATCH, help="rows held in memory")
    parser.add_argument("--seconds", type=float, default=3, help="time of one repeat")
    parser.add_argument("--repeats", type=int, default=3, help="repeats of every variant")
    parser.add_argument("--width", type=int, default=8, help="width of every embedding")
    parser.add_argument("--variant", choices=VARIANTS, metavar="NAME", action="append",
                        help="measure only this, for example one-fused-bytes-compiled; repeatable")
    parser.add_argument("--json", metavar="FILE", help="write the line to a file too")
    arguments = parser.parse_args()
    if arguments.samples < BATCH:
        parser.error(f"--samples: expected at least {BATCH}, found {arguments.samples}")

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.set_flush_denormal(True)
    torch._dynamo.config.cache_size_limit = len(VARIANTS)  # or the last ones would run uncompiled
    runs = {variant: measurement(variant, arguments) for variant in arguments.variant or VARIANTS}
    # Round after round, so that a busy minute of the machine does not fall on one variant.
    rounds = [{variant: run() for variant, run in runs.items()} for _ in range(arguments.repeats)]
    variants = {}
    for variant in runs:
        rates = [measured[variant] for measured in rounds]
        variants[variant] = {
            "median": round(statistics.median(rates)), "min": round(min(rates)), "max": round(max(rates))}
    best = max(variants, key=lambda variant: variants[variant]["median"])
    line = json.dumps({
        "model": "wdl", "phase": "backbone", "batch": BATCH, "embeddingWidth": arguments.width,
        "torch": torch.__version__, "unit": "samples/s", "variants": variants,
        "best": {"variant": best, **variants[best]}})
    print(line)
    if arguments.json:
        with open(arguments.json, "w") as file:
            file.write(line + "\n")


if __name__ == "__main__":
    main()
