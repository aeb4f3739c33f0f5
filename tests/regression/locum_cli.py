"""Drives the `locum` command as a user does: what it prints, what it returns, what it leaves on the disk.

The program is named by the environment variable LOCUM; CTest sets it.
"""

import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import h5py
import numpy as np

INPUTS = Path(__file__).resolve().parents[2] / "inputs"
LOCUM = os.environ.get("LOCUM", str(Path(__file__).resolve().parents[2] / "build/release/bin/locum"))
SUCCESS, INTERNAL, CONFIG, IO, NUMERICAL, BACKEND, NOT_COMPILED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 75

# 64 atoms, some 10 ms a timestep on one core.
SIMULATE = """\
title = "regression"
seed = 7
[solver.tight_binding]
model = "kwon-1994-si"
[structure]
lattice = "diamond"
element = "Si"
lattice_constant = 5.4455
replicate = [2, 2, 2]
[md]
timestep = 1.0
timesteps = 120
[md.thermostat]
kind = "langevin"
friction = 0.01
temperature = [300.0, 900.0]
[output]
trajectory_interval = 10
checkpoint_interval = 20
"""


def environment():
    env = dict(os.environ, OMP_NUM_THREADS="1", OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
               OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_MCA_hwloc_base_binding_policy="none")
    # A test that is itself a child of mpirun must not pass for one of its ranks.
    return {k: v for k, v in env.items() if not re.match(r"(OMPI_COMM|OMPI_UNIVERSE|PMIX|PRTE|ORTE)", k)}


def command(arguments, ranks):
    launcher = [] if ranks == 1 else ["mpirun", "-n", str(ranks), "--oversubscribe"]
    return launcher + [LOCUM] + [str(a) for a in arguments]


class Outcome:
    def __init__(self, code, text):
        self.code, self.text = code, text

    @property
    def errors(self):
        return [line for line in self.text.splitlines() if re.match(r"^(\[.*\] )?error: ", line)]


def start(arguments, ranks=1):
    """A running process, leader of a process group of its own."""
    return subprocess.Popen(command(arguments, ranks), env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, start_new_session=True)


def finish(process, timeout=300):
    try:
        text, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        kill_group(process)
        text, _ = process.communicate()
        raise AssertionError(f"still running after {timeout} s:\n{text}")
    return Outcome(process.returncode, text)


def run(*arguments, ranks=1, timeout=300):
    return finish(start(arguments, ranks), timeout)


def kill_group(process, number=signal.SIGKILL):
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


def ranks_of(process):
    """Process ids of the ranks: the process itself, or mpirun's children."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(c) for c in children if Path(f"/proc/{c}/exe").resolve() == Path(LOCUM).resolve()] or [process.pid]


def limit_files(process, size):
    """From now on no rank can write a file larger than `size`. (From the start, MPI itself would fail.)"""
    for pid in ranks_of(process):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, size))


def settings(*assignments):
    return [word for assignment in assignments for word in ("--set", assignment)]


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def summary_of(out):
    return json.loads((Path(out) / "summary.json").read_text())


def wait_until(condition, timeout=120):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def snapshot(folder):
    """Digest of every file below `folder`."""
    folder = Path(folder)
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(folder.rglob("*")) if p.is_file()}


def read_all(path):
    """Every dataset and attribute of an HDF5 file; raises if any cannot be read."""
    found = {}

    def visit(name, node):
        if isinstance(node, h5py.Dataset):
            found[name] = node[()]
        for key, value in node.attrs.items():
            found[f"{name}@{key}"] = value
    with h5py.File(path, "r") as file:
        visit("", file)
        file.visititems(visit)
    return found


def same(a, b):
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    return a.tobytes() == b.tobytes() if a.dtype.kind in "fiub" else bool(np.all(a == b))


def differences(path_a, path_b, but=None):
    """Names of datasets and attributes that are not equal to the last bit; `but`: a pattern of names that may differ."""
    a, b = read_all(path_a), read_all(path_b)
    names = sorted(set(a) | set(b))
    return [n for n in names if not (but and re.search(but, n)) and (n not in a or n not in b or not same(a[n], b[n]))]


class CliTest(unittest.TestCase):
    """A temporary folder for each test, and the promises that hold for every failure."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="locum_cli_"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def small_disk(self, size):
        """A folder that is a file system of this size; where none can be mounted, the test is skipped."""
        disk = self.folder / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
        if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", str(disk)], check=False)
        return disk

    def assertFails(self, outcome, code, *words):
        """The code; one message that has every word; nothing of a crash."""
        self.assertEqual(outcome.code, code, outcome.text)
        self.assertEqual(len(outcome.errors), 1, outcome.text)
        for word in words:
            self.assertIn(word, outcome.text)
        for sign in ("terminate called", "Segmentation", "std::", "Backtrace", "HDF5-DIAG", "Kokkos::"):
            self.assertNotIn(sign, outcome.text)

    def assertSucceeds(self, outcome):
        self.assertEqual(outcome.code, SUCCESS, outcome.text)

    def assertKept(self, before, folder):
        """Every file of the snapshot is still there, unchanged: in the folder, or in one that it was moved aside to."""
        places = [snapshot(p) for p in [Path(folder), *Path(folder).parent.glob(Path(folder).name + ".*")] if p.is_dir()]
        self.assertTrue(any(before.items() <= place.items() for place in places), f"{before}\nnow {places}")
