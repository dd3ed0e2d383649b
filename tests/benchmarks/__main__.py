"""How fast colorlib is beside the textbook way, side by side in one run: `python tests/benchmarks` prints the table.

The machine must do nothing else: about 20 minutes on two cores. `python tests/benchmarks color data` measures these.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))
# What is measured with which arguments, how its numbers are called, and the ratio that is wanted of each.
RATES = {
    "color": ((), ("RGB to Lab, 256 pixels", "Lab to RGB, 256 pixels"), (7, 7)),
    "data 256": (("256",), ("photographs at 256 pixels, first epoch", "from the second epoch on"), (None, 10)),
    "data 64": (("64",), ("photographs at 64 pixels, first epoch", "from the second epoch on"), (None, 20)),
    "steps 256": (("256",), ("pix2pix at 256 pixels, full width", ""), (1.4, None)),
    "steps 64": (("64",), ("pix2pix at 64 pixels, half width", ""), (1.2, None)),
    "steps 32": (("32",), ("pix2pix at 32 pixels, .375 of the width", ""), (1.2, None)),
}


def measured(what, way, *arguments):
    """The numbers of one measurement, in a process and with a cache of its own."""
    with tempfile.TemporaryDirectory() as folder:
        more = [folder] if what in ("data", "memory") else []
        command = [sys.executable, str(HERE / "measure.py"), what, way, *arguments, *more]
        environment = os.environ | {"COLORLIB_HOME": f"{folder}/home", "PYTHONPATH": str(HERE.parent.parent)}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def row(*cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def rates(chosen):
    """Pictures a second, each way in turn, three times; the best of each."""
    for name, (arguments, titles, aims) in RATES.items():
        if name.split()[0] not in chosen:
            continue
        goes = [[measured(name.split()[0], way, *arguments) for way in ("textbook", "ours")] for _ in range(3)]
        for number, (title, aim) in enumerate(zip(titles, aims, strict=True)):
            theirs, ours = (max(go[way][number] for go in goes) for way in range(2))
            if title:
                wanted = f"{aim}" if aim else ""
                row(title, f"{theirs:,.1f}/s", f"{ours:,.1f}/s", f"{ours / theirs:.2f}", wanted)
            else:
                slow = min(go[1][number] for go in goes)
                row("its second step against a later one", "", f"{slow:.2f} times as long", "", "below 10")


def others(chosen):
    if "quality" in chosen:
        from colorlib.data import download

        if download.CIFAR10.is_here():
            (their_error, theirs), (error, ours) = (measured("quality", way) for way in ("textbook", "ours"))
            told = f"{theirs:.0f} s, {their_error:.2f}", f"{ours:.0f} s, {error:.2f}"
            row("time to a held-out ab error, 8,000 pictures of CIFAR-10", *told, f"{theirs / ours:.1f}", "4")
        else:
            row("time to quality: CIFAR-10 is not on this machine", "", "", "", "4")
    if "memory" in chosen:
        found = [measured("memory", "ours", n)[0] for n in ("1000", "10000", "100000")]
        row(
            "memory at 1,000, 10,000, 100,000 pictures", "", ", ".join(f"{mb:,.0f} MB" for mb in found), "", "no growth"
        )
    if "start" in chosen:
        torch_alone, both = (measured("start", way)[0] for way in ("textbook", "ours"))
        row(
            "`import colorlib`, beyond torch's", f"{torch_alone:.2f} s", f"{both - torch_alone:.2f} s", "", "below .3 s"
        )


if __name__ == "__main__":
    known = ("color", "data", "steps", "quality", "memory", "start")
    chosen = sys.argv[1:] or known
    if not set(chosen) <= set(known):
        sys.exit(f"Choose some of: {', '.join(known)}.")
    units = torch.cpu.get_capabilities()
    half = "matrix units" if units.get("amx_bf16") else "bf16" if units.get("avx512_bf16") else "no bf16"
    machine = f"{os.cpu_count()} cores ({platform.machine()}, {half})"
    print(f"{time.strftime('%Y-%m-%d')}, {machine}, torch {torch.__version__}\n")
    row("what", "the textbook way", "colorlib", "ratio", "aim")
    row(*["---"] * 5)
    rates(chosen)
    others(chosen)
