"""A run that is stopped, killed, or out of disk loses nothing but work since its last checkpoint, and a restarted run
writes bit for bit what an unbroken one writes."""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import h5py

from locum_cli import (INTERRUPTED, IO, SIMULATE, CliTest, differences, finish, kill_group, limit_files, ranks_of, read_all, run,
                       start, wait_until)

# What a checkpoint keeps of wall clocks.
CLOCKS = r"second|time_s|ledger|energy|joule"


class Interruption(CliTest):
    def setUp(self):
        super().setUp()
        self.input = self.write("in.toml", SIMULATE)
        self.random = random.Random(20261121)

    @classmethod
    def setUpClass(cls):
        cls.unbroken = Path(tempfile.mkdtemp(prefix="locum_unbroken_"))
        cls.addClassCleanup(shutil.rmtree, cls.unbroken)

    def reference(self, ranks):
        """The unbroken run, once for each number of ranks."""
        out = self.unbroken / str(ranks)
        if not out.exists():
            self.assertSucceeds(run("simulate", self.input, "--output", out, "--quiet", ranks=ranks))
        return out

    def assertSameRun(self, unbroken, other):
        self.assertEqual(differences(unbroken / "trajectory.h5", other / "trajectory.h5"), [])
        self.assertEqual(differences(unbroken / "checkpoint.h5", other / "checkpoint.h5", but=CLOCKS), [])

    def assertAllOpen(self, out):
        for path in out.glob("*.h5"):
            read_all(path)

    def begin(self, out, ranks):
        """Starts, and waits until the first checkpoint is there."""
        process = start(["simulate", self.input, "--output", out, "--quiet"], ranks)
        self.assertTrue(wait_until(lambda: (out / "checkpoint.h5").exists() or process.poll() is not None))
        return process

    def test_the_same_input_gives_the_same_bits(self):
        a, b = self.reference(2), self.folder / "again"
        self.assertSucceeds(run("simulate", self.input, "--output", b, "--quiet", ranks=2))
        self.assertSameRun(a, b)

    def test_signals_of_batch_systems_end_in_a_checkpoint_and_a_code(self):
        for ranks, number in ((1, signal.SIGTERM), (1, signal.SIGUSR1), (2, signal.SIGTERM), (2, signal.SIGUSR1)):
            with self.subTest(ranks=ranks, signal=number):
                unbroken = self.reference(ranks)
                out = self.folder / f"signalled_{ranks}_{number}"
                process = self.begin(out, ranks)
                os.kill(ranks_of(process)[-1], number)  # one rank is told; all must hear
                outcome = finish(process)
                self.assertEqual(outcome.code, INTERRUPTED, outcome.text)
                self.assertAllOpen(out)
                self.assertSucceeds(run("simulate", self.input, "--output", out, "--restart", "--quiet", ranks=ranks))
                self.assertSameRun(unbroken, out)

    def test_usr1_to_mpirun_reaches_the_ranks(self):
        out = self.folder / "forwarded"
        process = self.begin(out, 2)
        os.kill(process.pid, signal.SIGUSR1)
        outcome = finish(process)
        self.assertEqual(outcome.code, INTERRUPTED, outcome.text)

    def test_killed_twenty_times_no_file_breaks_and_the_end_is_the_same(self):
        unbroken, out = self.reference(2), self.folder / "killed"
        kills = finished = 0
        process = self.begin(out, 2)
        while kills < 20:
            time.sleep(self.random.uniform(0.0, 0.9))
            ended = process.poll() is not None
            kill_group(process)
            process.communicate()
            self.assertAllOpen(out)
            if ended:  # the end was reached before the kill: once more from the start
                self.assertEqual(process.returncode, 0)
                self.assertSameRun(unbroken, out)
                finished += 1
                out = self.folder / f"killed_{finished}"
                process = self.begin(out, 2)
                continue
            kills += 1
            process = start(["simulate", self.input, "--output", out, "--restart", "--quiet"], 2)
        outcome = finish(process)
        self.assertSucceeds(outcome)
        self.assertSameRun(unbroken, out)

    def assertGoesOn(self, unbroken, out, ranks):
        """After a failed write: all files open, no litter, and a restart ends as if nothing had been."""
        self.assertAllOpen(out)
        self.assertEqual([p.name for p in out.iterdir() if "tmp" in p.name], [])
        self.assertSucceeds(run("simulate", self.input, "--output", out, "--restart", "--quiet", ranks=ranks))
        self.assertSameRun(unbroken, out)

    def test_a_file_that_may_not_grow_is_one_error_and_what_was_complete_stays(self):
        for ranks in (1, 2):
            with self.subTest(ranks=ranks):
                unbroken, out = self.reference(ranks), self.folder / f"limited_{ranks}"
                process = self.begin(out, ranks)
                # Half of what the trajectory needs: some commits succeed, a later one does not.
                limit_files(process, (unbroken / "trajectory.h5").stat().st_size // 2)
                self.assertFails(finish(process), IO, str(out))
                self.assertGoesOn(unbroken, out, ranks)

    def test_a_full_disk_is_one_error_and_what_was_complete_stays(self):
        disk = self.folder / "disk"
        disk.mkdir()
        unbroken = self.reference(2)
        # Room for what a run leaves, but not for the new trajectory beside the old one.
        room = sum(p.stat().st_size for p in unbroken.iterdir()) + 20000
        mount = ["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(disk)]
        if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", str(disk)], check=False)
        out = disk / "run"
        self.assertFails(run("simulate", self.input, "--output", out, "--quiet", ranks=2), IO, str(out))
        subprocess.run(["mount", "-o", f"remount,size={10 * room}", str(disk)], check=True)
        self.assertGoesOn(unbroken, out, 2)

    def test_a_restart_on_another_number_of_ranks_goes_on(self):
        out = self.folder / "moved"
        process = self.begin(out, 2)
        os.kill(ranks_of(process)[0], signal.SIGUSR1)
        self.assertEqual(finish(process).code, INTERRUPTED)
        self.assertSucceeds(run("simulate", self.input, "--output", out, "--restart", "--quiet"))
        with h5py.File(out / "trajectory.h5", "r") as file:
            self.assertEqual(list(file["particles/all/position/step"][()]), list(range(0, 121, 10)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
