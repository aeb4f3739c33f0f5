"""killed_scan_test.py WRITER MPIEXEC: kill -9 at random moments of a scan, on one and on two ranks, then go on.

What was done stays done, the unfinished file opens at every moment, and the file that comes of it all equals, byte for
byte, that of a run which nobody disturbed.
"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

try:
    import h5py
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-h5py)")
    sys.exit(77)

WRITER, MPIEXEC = sys.argv[1], sys.argv[2]
NX, NY, KILLS = 96, 50, 20  # 1200 tiles
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                   OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_MCA_hwloc_base_binding_policy="none")
random.seed(4)


def command(path, ranks, pause):
    start = [MPIEXEC, "-n", str(ranks)] if ranks > 1 else []
    return start + [WRITER, path, str(NX), str(NY), str(pause)]


def descendants(pid):
    parents = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as stat:
                parents.setdefault(int(stat.read().rsplit(")", 1)[1].split()[1]), []).append(int(entry))
        except OSError:  # gone meanwhile
            pass
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def kill_all(run):
    for pid in reversed(descendants(run.pid)):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def broken_and_whole(folder, ranks):
    path, whole = f"{folder}/scan.h5", f"{folder}/whole.h5"
    subprocess.run(command(whole, ranks, 0), check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    kills, before, pause = 0, 0, 2500 * ranks
    while kills < KILLS:
        run = subprocess.Popen(command(path, ranks, pause), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               text=True, env=ENVIRONMENT)
        first = run.stdout.readline()
        # Now and then in the midst of opening.
        time.sleep(random.uniform(0.0, 0.25) if random.random() < 0.9 else 0.0)
        kill_all(run)
        rest = run.stdout.read()
        run.wait()
        assert "all" not in rest, f"the scan was over after {kills} kills: make it longer"
        kills += 1
        done = int(first.split()[0])
        assert done >= before, f"{done} tiles done, {before} were before"
        with h5py.File(path + ".part") as file:
            marks = file["locum/progress"][:]
            images = file["4DSTEM_simulation/data/realslices/HAADF_depth0000/data"][:].reshape(-1)
        before = int((marks > 0).sum())
        assert before >= done
        for tile in (marks > 0).nonzero()[0]:
            for probe in range(4 * tile, min(4 * tile + 4, NX * NY)):
                assert images[probe] == probe * 37 % 60000, (tile, probe)
    run = subprocess.run(command(path, ranks, 0), check=True, capture_output=True, text=True, env=ENVIRONMENT)
    assert 0 < int(run.stdout.split()[0]) < 1200, run.stdout
    with open(path, "rb") as a, open(whole, "rb") as b:
        assert a.read() == b.read(), "the scan that was killed and the unbroken one differ"
    assert sorted(os.listdir(folder)) == ["scan.h5", "whole.h5"], os.listdir(folder)
    print(f"{ranks} rank(s): {kills} kills, {before} of 1200 tiles done by then; the file equals the unbroken one")


for ranks in (1, 2):
    with tempfile.TemporaryDirectory() as folder:
        broken_and_whole(folder, ranks)
