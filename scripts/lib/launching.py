"""How the scripts start the program under mpirun."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".build/release/moe-mlora"


def environment():
    """This environment with the settings of scripts/mpi-environment."""
    command = f". '{ROOT}/scripts/mpi-environment' && env -0"
    text = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, check=True, text=True).stdout
    return dict(line.split("=", 1) for line in text.split("\0") if "=" in line)
