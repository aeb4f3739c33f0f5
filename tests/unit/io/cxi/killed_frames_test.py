"""killed_frames_test.py WRITER: kill -9 at random moments of writing frames. A file that is there is whole."""
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

WRITER, FRAMES = sys.argv[1], 60
random.seed(5)

with tempfile.TemporaryDirectory() as folder:
    path = folder + "/frames.cxi"

    def start(pause):
        return subprocess.Popen([WRITER, "frames", path, str(FRAMES), "8", "8", "photons", str(pause)],
                                stdout=subprocess.PIPE, text=True)

    for kill in range(12):
        run = start(5000)
        if kill % 4:
            assert run.stdout.readline() == "begun\n"
        time.sleep(random.uniform(0.0, 0.25))
        run.kill()
        rest = run.stdout.read()
        run.wait()
        assert "all" not in rest, "it was over before the kill: make it longer"
        assert not os.path.exists(path), "a killed run left a file"
    run = start(0)
    assert run.wait() == 0
    assert os.listdir(folder) == ["frames.cxi"], os.listdir(folder)  # what the killed left is gone
    with h5py.File(path) as file:
        assert file["entry_1/data_1/data"][FRAMES - 1, 7, 7] == ((FRAMES - 1) * 101 + 7 * 17 + 7 * 5) % 60000
    before = os.stat(path).st_mtime_ns
    run = start(5000)
    assert run.stdout.readline() == "begun\n"
    run.kill()
    run.wait()
    assert os.stat(path).st_mtime_ns == before, "the whole file was touched"
    print("12 kills left nothing; the old file stays until the new one is whole")
