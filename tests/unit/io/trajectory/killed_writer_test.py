"""killed_writer_test.py WRITER: kill -9 at random moments; the file always opens and has all frames that were committed.

Then a restart from an earlier count writes, byte for byte, what an unbroken run writes.
"""
import os
import random
import subprocess
import sys
import tempfile
import time

try:
    import h5py
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-h5py)")
    sys.exit(77)

WRITER, ATOMS = sys.argv[1], 64
random.seed(1)
with tempfile.TemporaryDirectory() as folder:
    path = folder + "/trajectory.h5"
    reached = []
    for trial in range(20):
        keep = random.randint(max(1, reached[-1] - 20), reached[-1]) if reached else -1
        run = subprocess.Popen([WRITER, path, "100000", str(ATOMS), "7", str(keep)], stdout=subprocess.PIPE, text=True)
        first = run.stdout.readline()  # running
        time.sleep(random.uniform(0.0, 0.15))
        run.kill()
        said = [int(line) for line in (first + run.stdout.read()).splitlines() if line.strip()]
        run.wait()
        with h5py.File(path) as file:
            frames = file["particles/all/position/value"].shape[0]
            temperature = file["observables/temperature/value"][:]
        assert said and said[-1] <= frames <= said[-1] + 7, (said[-1:], frames)
        assert list(temperature) == [300.0 + k for k in range(frames)]
        assert len(os.listdir(folder)) <= 2, os.listdir(folder)  # at most the temporary of the one just killed
        reached.append(frames)
    total = str(reached[-1] + 100)
    subprocess.run([WRITER, path, total, str(ATOMS), "7", str(reached[-1])], check=True, stdout=subprocess.DEVNULL)
    whole = folder + "/whole.h5"
    subprocess.run([WRITER, whole, total, str(ATOMS), "500"], check=True, stdout=subprocess.DEVNULL)
    assert sorted(os.listdir(folder)) == ["trajectory.h5", "whole.h5"], os.listdir(folder)
    with open(path, "rb") as a, open(whole, "rb") as b:
        assert a.read() == b.read(), "restarted and unbroken run differ"
    print(f"20 kills, at {reached} frames; the restarted file equals the unbroken one")
