"""Ptychography as a user does it: data sets simulated, objects found from them; the same from any number of ranks and after
any number of kills."""

import os
import random
import shutil
import signal
import time
import unittest

import h5py
import numpy as np

from locum_cli import (CONFIG, INPUTS, INTERRUPTED, IO, differences, digest, finish, kill_group, limit_files, ranks_of, run,
                       settings, start, summary_of, wait_until)
from ptychography_cli import RECONSTRUCTION, SMALL, Ptychography, Shared

GOLD = [INPUTS / "imaging/ptychography_gold.toml",
        *settings("specimen.particle.box=[24.0,24.0,12.0]", "specimen.particle.diameter=9.0", "thermal.configurations=2",
                  "simulation.pixels=54", "simulation.pixel=0.32", "simulation.probe.aberrations.defocus=80.0",
                  "simulation.scan.points=[4,4]")]


class Data(Ptychography):
    def test_the_file_is_the_same_from_any_number_of_ranks(self):
        for name, arguments in (("small", SMALL), ("gold", GOLD)):
            files = {digest(self.simulate(f"{name}_{ranks}", *arguments, ranks=ranks) / "data.cxi") for ranks in (1, 2, 4)}
            self.assertEqual(len(files), 1, name)

    def test_frames_are_counted_electrons_with_the_truth_beside_them(self):
        out = self.simulate("run", *SMALL)
        with h5py.File(out / "data.cxi", "r") as file:
            frames = file["entry_1/data_1/data"]
            self.assertEqual((frames.shape, frames.dtype.kind), ((64, 32, 32), "u"))
            counts = frames[()].sum(axis=(1, 2), dtype=float)
            self.assertEqual(file["entry_1/data_1/translation"].shape, (64, 3))
            self.assertEqual(file["entry_1/truth/object"].ndim, 2)
            # The object's amplitude is 0.9 … 1, so that a frame has 0.81 … 1 of a million; Poisson's deviation is 1e3.
            self.assertTrue(np.all((counts > 0.80e6) & (counts < 1.005e6)), counts)
        found = summary_of(out)
        self.assertEqual(found["data_sets"][0]["frames"], 64)
        self.assertAlmostEqual(found["data_sets"][0]["counts_per_frame"] / counts.mean(), 1.0, delta=1e-12)
        self.assertEqual((out / "report.html").read_text().count("data:image/png;base64,"), len(list(out.glob("*.png"))))

    def test_a_series_draws_another_object_each_time_and_goes_on_where_it_was_ended(self):
        series = [*SMALL, *settings("ptychography.series=3")]
        out = self.simulate("series", *series)
        names = ["data_0000.cxi", "data_0001.cxi", "data_0002.cxi"]
        self.assertEqual(sorted(p.name for p in out.glob("*.cxi")), names)
        digests = [digest(out / name) for name in names]
        self.assertEqual(len(set(digests)), 3)
        (out / "report.html").unlink()
        (out / names[1]).unlink()
        outcome = run("simulate", *series, "--output", out, "--restart")
        self.assertSucceeds(outcome)
        self.assertIn("2 of 3 data sets are there", outcome.text)
        self.assertEqual([digest(out / name) for name in names], digests)
        # Number 1 of the series is number 0 of one that begins there.
        later = self.simulate("later", *SMALL, *settings("ptychography.first=1"))
        with h5py.File(out / names[1], "r") as a, h5py.File(later / "data.cxi", "r") as b:
            np.testing.assert_array_equal(a["entry_1/data_1/data"], b["entry_1/data_1/data"])

    def test_what_a_kill_leaves_is_no_data_set(self):
        long = [*SMALL, *settings("simulation.scan.points=[64,64]")]
        out = self.folder / "killed"
        process = start(["simulate", *long, "--output", out, "--quiet"])
        self.assertTrue(wait_until(lambda: any(out.glob("data.cxi*")) or process.poll() is not None))
        kill_group(process)
        process.communicate()
        self.assertFalse((out / "data.cxi").exists())
        self.assertSucceeds(run("simulate", *long, "--output", out, "--restart", "--quiet"))
        self.assertTrue((out / "data.cxi").exists())

    def test_a_full_disk_is_told_before_the_run(self):
        disk = self.small_disk("200k")
        self.assertFails(run("simulate", *SMALL, "--output", disk / "run", "--quiet"), CONFIG, "on the disk", "--output")


class Reconstruct(Shared):
    def test_the_object_is_found_and_shown(self):
        out = self.reconstruct("run", self.data, ranks=2)
        found = summary_of(out)
        truth = found["quality"]["truth"]
        # Electrons: 8 in a pixel of the object and frame … what noise alone allows is told by the halves.
        self.assertLess(truth["phase_error_rad"], 0.05)
        self.assertLess(found["quality"]["r_factor"], 0.1)
        self.assertLess(found["quality"]["phase_standard_error_rad"], 0.05)
        self.assertGreater(found["quality"]["resolution"]["half_bit_A"], 0)
        self.assertEqual(len(found["history"]["r_factor"]), found["reconstruction"]["sweeps"])
        report = (out / "report.html").read_text()
        self.assertEqual(report.count("data:image/png;base64,"), len(list(out.glob("*.png"))))
        self.assertEqual(list(out.glob("checkpoint*")) + list(out.glob("stage*")), [])
        self.assertTrue(list(out.glob("events/*tfevents*")))
        with h5py.File(out / "reconstruction.cxi", "r") as file:
            image = file["entry_1/image_1/data"]
            self.assertEqual((image.dtype, image.ndim), (np.dtype("complex64"), 2))
            self.assertEqual(file["entry_1/frames_1/fourier_error"].shape, (64,))
            for name in ("fourier_error_map", "half_difference"):
                self.assertEqual(file[f"entry_1/{name}/data"].shape, image.shape, name)

    def test_ranks_agree(self):
        """Sums over ranks round differently, and sweeps carry that on: a thousandth of a radian after ten."""
        objects = []
        for ranks in (1, 2, 4):
            out = self.reconstruct(f"ranks_{ranks}", self.data, "ptychography.sweeps=10", "resolution.halves=false",
                                   "output.pictures=false", ranks=ranks)
            with h5py.File(out / "reconstruction.cxi", "r") as file:
                objects.append(file["entry_1/image_1/data"][()])
        for other in objects[1:]:
            self.assertLess(np.max(np.abs(other - objects[0])), 1e-3)

    def test_frames_that_do_not_fit_the_memory_are_read_again(self):
        outs = [self.reconstruct(f"memory_{k}", self.data, f"ptychography.memory={memory}", "ptychography.sweeps=3",
                                 "resolution.halves=false", "output.pictures=false")
                for k, memory in enumerate(("1.0", "0.0005"))]
        self.assertEqual(differences(outs[0] / "reconstruction.cxi", outs[1] / "reconstruction.cxi",
                                     but="input|fingerprint"), [])

    def test_an_earlier_result_can_be_gone_on_from(self):
        first = self.reconstruct("first", self.data, "ptychography.sweeps=15", "resolution.halves=false")
        second = self.reconstruct("second", self.data, f'start.object="{first}/reconstruction.cxi"',
                                  "ptychography.sweeps=1", "resolution.halves=false")
        self.assertLess(summary_of(second)["quality"]["r_factor"], 1.05 * summary_of(first)["quality"]["r_factor"])

    def test_some_of_the_frames_can_be_taken(self):
        out = self.reconstruct("some", self.data, "data.frames=[0,-1,2]", "ptychography.sweeps=2",
                               "resolution.halves=false")
        self.assertEqual(summary_of(out)["data"]["frames"], 32)

    def test_a_microscopes_probe_serves_where_the_file_has_none(self):
        bare = self.folder / "bare.cxi"
        shutil.copy(self.data, bare)
        with h5py.File(bare, "r+") as file:
            del file["entry_1/probe"], file["entry_1/truth"]
        out = self.reconstruct("lens", bare, "microscope.energy=300.0", "microscope.convergence=20.0",
                               "microscope.aberrations.defocus=70.0", "ptychography.sweeps=20", "resolution.halves=false")
        found = summary_of(out)
        self.assertNotIn("truth", found["quality"])
        self.assertLess(found["quality"]["r_factor"], 0.1)


# Some seconds on one core: position correction and probe refinement, so that there is something to lose.
LONG = settings("ptychography.sweeps=120", "ptychography.tolerance=0.0", "ptychography.probe.refine=true",
                "ptychography.positions.correct=true", "output.checkpoint_minutes=0.0", "output.pictures=false",
                "resolution.halves=true")


class Interruption(Shared):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        began = time.monotonic()
        outcome = run("reconstruct", RECONSTRUCTION, *cls.arguments(), "--output", cls.shared / "unbroken", "--quiet")
        cls.seconds = time.monotonic() - began
        assert outcome.code == 0, outcome.text

    @classmethod
    def arguments(cls, *more):
        return [*settings(f'data.file="{cls.data}"'), *LONG, *settings(*more)]

    def begin(self, out, *more, ranks=1):
        return start(["reconstruct", RECONSTRUCTION, *self.arguments(*more), "--output", out, "--quiet"], ranks)

    def resume(self, out, *more, ranks=1):
        return start(["reconstruct", RECONSTRUCTION, *self.arguments(*more), "--output", out, "--restart", "--quiet"],
                     ranks)

    def assertUnbroken(self, out):
        self.assertEqual(differences(self.shared / "unbroken/reconstruction.cxi", out / "reconstruction.cxi"), [])

    def test_killed_at_any_moment_the_result_is_that_of_the_unbroken_run(self):
        rng, out = random.Random(20261121), self.folder / "killed"
        process = self.begin(out)
        self.assertTrue(wait_until(lambda: (out / "input.toml").exists() or process.poll() is not None))
        kills = 0
        while kills < 8:
            time.sleep(rng.uniform(0.02, 0.3) * self.seconds)  # whatever the machine
            if process.poll() is not None:
                break
            kill_group(process)
            process.communicate()
            kills += 1
            process = self.resume(out)
        self.assertSucceeds(finish(process))
        self.assertGreaterEqual(kills, 2)
        self.assertUnbroken(out)

    def test_a_signal_to_one_rank_stops_all_in_order(self):
        out = self.folder / "signalled"
        process = self.begin(out, ranks=2)
        self.assertTrue(wait_until(lambda: (out / "checkpoint.h5").exists() or process.poll() is not None))
        os.kill(ranks_of(process)[-1], signal.SIGTERM)
        outcome = finish(process)
        self.assertEqual(outcome.code, INTERRUPTED, outcome.text)
        self.assertFalse((out / "reconstruction.cxi").exists())
        self.assertSucceeds(finish(self.resume(out, ranks=2)))
        unbroken = self.folder / "two"
        self.assertSucceeds(finish(self.begin(unbroken, ranks=2)))
        self.assertEqual(differences(unbroken / "reconstruction.cxi", out / "reconstruction.cxi"), [])

    def test_a_checkpoint_that_may_not_be_written_leaves_the_one_before(self):
        out = self.folder / "limited"
        process = self.begin(out)
        self.assertTrue(wait_until(lambda: (out / "checkpoint.h5").exists() or process.poll() is not None))
        limit_files(process, 4096)
        self.assertFails(finish(process), IO, "checkpoint.h5")
        self.assertSucceeds(finish(self.resume(out)))
        self.assertUnbroken(out)

    def test_a_restart_of_a_complete_run_leaves_its_files_alone(self):
        out = self.folder / "complete"
        shutil.copytree(self.shared / "unbroken", out)
        names = ("reconstruction.cxi", "summary.json", "report.html")
        before = [digest(out / name) for name in names]
        outcome = finish(start(["reconstruct", RECONSTRUCTION, *self.arguments(), "--output", out, "--restart"]))
        self.assertSucceeds(outcome)
        self.assertIn("is complete", outcome.text)
        self.assertEqual([digest(out / name) for name in names], before)

    def test_other_data_are_refused(self):
        out, data = self.folder / "other", self.folder / "data.cxi"
        shutil.copy(self.data, data)
        process = start(["reconstruct", RECONSTRUCTION, *settings(f'data.file="{data}"'), *LONG, "--output", out,
                         "--quiet"])
        self.assertTrue(wait_until(lambda: (out / "checkpoint.h5").exists() or process.poll() is not None))
        kill_group(process)
        process.communicate()
        with h5py.File(data, "r+") as file:
            file["entry_1/data_1/data"][5] += 1
        outcome = run("reconstruct", RECONSTRUCTION, *settings(f'data.file="{data}"'), *LONG, "--output", out, "--restart")
        self.assertFails(outcome, CONFIG, "other data", "checkpoint.h5")


if __name__ == "__main__":
    unittest.main(verbosity=2)
