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
            errors, where = file["entry_1/frames_1/fourier_error"][()], file["entry_1/fourier_error_map/data"][()]
            lit = where[where > 0]  # means of some frames
            self.assertGreaterEqual(lit.min(), 0.999 * errors.min())
            self.assertLessEqual(lit.max(), 1.001 * errors.max())
            half = file["entry_1/half_difference/data"][()]
            # Of amplitude and phase together, and not weighed as the phase's error is.
            deviation = np.sqrt(np.mean(half[half > 0]**2)) / found["quality"]["phase_standard_error_rad"]
            self.assertTrue(0.7 < deviation < 3.0, deviation)

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

    def changed(self, change, data=None):
        """A copy of the data with another content."""
        path = self.folder / "changed.cxi"
        shutil.copy(data or self.data, path)
        with h5py.File(path, "r+") as file:
            change(file["entry_1/data_1/data"], file)
        return path

    def test_errors_belong_to_the_frames_that_they_are_written_for(self):
        spoiled = 17

        def spoil(frames, file):
            frames[spoiled] = np.roll(frames[spoiled], 6, axis=0)
        out = self.reconstruct("spoiled", self.changed(spoil), "ptychography.sweeps=10", "resolution.halves=false",
                               "output.pictures=false")
        with h5py.File(out / "reconstruction.cxi", "r") as file:
            for name in ("fourier_error", "fourier_excess"):
                self.assertEqual(np.argmax(file[f"entry_1/frames_1/{name}"]), spoiled, name)
            image, errors = file["entry_1/image_1"], file["entry_1/fourier_error_map/data"][()]
            # Rows of positions are CXI's: our x is the specimen's y. The window is 32 pixels wide.
            for row, places, at in zip((1, 0), ("row_coords", "col_coords"), np.unravel_index(errors.argmax(), errors.shape)):
                places = image[places][()]
                corner = (file["entry_1/positions/data"][row, spoiled] - places[0]) / (places[1] - places[0])
                self.assertLess(abs(at - (corner + 16)), 10, f"{at}, the frame's corner is at {corner}")

    def test_a_result_with_its_probe_and_positions_can_be_gone_on_from(self):
        follows = ("ptychography.positions.correct=true", "ptychography.probe.refine=true", "resolution.halves=false",
                   "output.pictures=false", "ptychography.positions.from=2", "ptychography.probe.from=2")
        data = self.simulate("off", *SMALL, *settings("simulation.position_error=1.0")) / "data.cxi"
        first = self.reconstruct("first", data, *follows, "ptychography.sweeps=25")
        second = self.reconstruct("second", data, *follows, "ptychography.sweeps=2",
                                  f'start.from="{first}/reconstruction.cxi"')
        before, after = (summary_of(out)["quality"] for out in (first, second))
        self.assertLess(before["truth"]["position_error_px"], 0.7 * before["truth"]["position_error_given_px"])
        # What it begins with is what the other ended with; the batches of a first sweep may shake it a little.
        self.assertAlmostEqual(after["truth"]["position_error_given_px"], before["truth"]["position_error_px"], delta=1e-4)
        self.assertLess(after["r_factor"], 1.05 * before["r_factor"])
        self.assertLess(summary_of(second)["history"]["r_factor"][0], 1.2 * before["r_factor"])

    def test_empty_frames_are_named_and_can_be_left_out(self):
        def close(frames, file):
            frames[9] = frames[30] = 0
        data = self.changed(close)
        arguments = [*settings(f'data.file="{data}"', "ptychography.sweeps=2", "resolution.halves=false",
                               "output.pictures=false")]
        outcome = run("reconstruct", RECONSTRUCTION, *arguments, "--output", self.folder / "all", ranks=2)
        self.assertSucceeds(outcome)
        self.assertIn("data.leave_out = [9, 30]", outcome.text)
        with h5py.File(self.folder / "all/reconstruction.cxi", "r") as file:
            self.assertEqual(list(np.flatnonzero(np.isnan(file["entry_1/frames_1/fourier_error"][()]))), [9, 30])
        out = self.reconstruct("left_out", data, "data.leave_out=[9,-34]", "ptychography.sweeps=2",
                               "resolution.halves=false", "output.pictures=false")
        found = summary_of(out)["data"]
        self.assertEqual((found["frames"], found["empty_frames"]), (62, 0))

    def test_a_probe_keeps_its_counts_behind_a_beam_stop(self):
        data = self.simulate("stopped", *SMALL, *settings("simulation.noise.beam_stop=7.0")) / "data.cxi"
        out = self.reconstruct("stop", data, "ptychography.sweeps=2", "resolution.halves=false", "output.pictures=false")
        # The file's probe has a million; of the frames' counts less than a third are left.
        self.assertLess(summary_of(out)["data"]["counts_per_frame"], 0.33e6)
        with h5py.File(out / "reconstruction.cxi", "r") as file:
            self.assertAlmostEqual(np.sum(np.abs(file["entry_1/image_2/data"][()].astype(complex))**2) / 1e6, 1.0, delta=1e-3)

    def test_a_microscopes_probe_has_no_share_of_the_background(self):
        data = self.simulate("background", *SMALL, *settings("simulation.noise.background=300.0")) / "data.cxi"

        def take_probe(frames, file):
            del file["entry_1/probe"], file["entry_1/truth"]
        out = self.reconstruct("lens", self.changed(take_probe, data), "microscope.energy=300.0",
                               "microscope.convergence=20.0", "microscope.aberrations.defocus=70.0",
                               "ptychography.sweeps=1", "resolution.halves=false", "output.pictures=false")
        self.assertGreater(summary_of(out)["data"]["counts_per_frame"], 1.1e6)  # 0.3 of it are background
        with h5py.File(out / "reconstruction.cxi", "r") as file:
            power = np.sum(np.abs(file["entry_1/image_2/data"][()].astype(complex))**2)
        self.assertTrue(0.8e6 < power < 1.005e6, power)  # the object's amplitude is 0.9 … 1

    def test_a_probe_can_be_made_from_the_mean_frame(self):
        def take_probe(frames, file):
            del file["entry_1/probe"], file["entry_1/truth"]
        data = self.changed(take_probe)
        common = ('start.probe="mean_frame"', "start.defocus=70.0", "ptychography.sweeps=40", "resolution.halves=false",
                  "output.pictures=false")
        held = self.reconstruct("held", data, *common)
        free = self.reconstruct("free", data, *common, "ptychography.probe.refine=true")
        held, free = (summary_of(out)["quality"]["r_factor"] for out in (held, free))
        self.assertLess(free, 0.1)  # as with the lens
        self.assertLess(free, held)

    def test_modes_are_orthogonal_however_many_sweeps_there_were(self):
        out = self.reconstruct("modes", self.data, 'start.probe="microscope"', "microscope.energy=300.0",
                               "microscope.convergence=20.0", "microscope.aberrations.defocus=70.0", "probe.modes=3",
                               "probe.occupation=[0.6,0.3,0.1]", "ptychography.probe.refine=true",
                               "ptychography.probe.from=0", "ptychography.probe.orthogonalise=0",
                               "ptychography.sweeps=7", "resolution.halves=false", "output.pictures=false")
        with h5py.File(out / "reconstruction.cxi", "r") as file:
            modes = file["entry_1/image_2/data"][()].astype(complex).reshape(3, -1)
        gram = np.abs(modes @ modes.conj().T)
        strength = np.sqrt(np.diag(gram))
        self.assertEqual(list(strength), sorted(strength, reverse=True))
        self.assertLess(np.max(gram / np.outer(strength, strength) - np.eye(3)), 1e-5)  # roundings of float

    def test_windows_of_an_odd_side_are_transformed_too(self):
        lens = ("microscope.energy=300.0", "microscope.convergence=20.0", "microscope.aberrations.defocus=50.0",
                'start.probe="microscope"', "ptychography.sweeps=20", "resolution.halves=false", "output.pictures=false")
        even, odd = (summary_of(self.reconstruct(f"crop_{n}", self.data, f"data.crop={n}", *lens)) for n in (28, 27))
        self.assertEqual((odd["data"]["nx"], odd["data"]["ny"]), (27, 27))
        self.assertLess(odd["quality"]["r_factor"], 1.2 * even["quality"]["r_factor"])

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

    def killed_run(self, out, seconds):
        """Kills and resumes until the run is through, at most eight times; how often."""
        rng, kills = random.Random(20261121), 0
        process = self.begin(out)
        self.assertTrue(wait_until(lambda: (out / "input.toml").exists() or process.poll() is not None))
        while kills < 8:
            time.sleep(rng.uniform(0.02, 0.3) * seconds)
            if process.poll() is not None:
                break
            kill_group(process)
            process.communicate()
            kills += 1
            process = self.resume(out)
        self.assertSucceeds(finish(process))
        return kills

    def test_killed_at_any_moment_the_result_is_that_of_the_unbroken_run(self):
        for attempt in range(4):  # a machine that was busy while the unbroken run was timed may be far quicker now
            out = self.folder / f"killed.{attempt}"
            if self.killed_run(out, self.seconds / 3**attempt) >= 2:
                return self.assertUnbroken(out)
        self.fail("every run was through before it could be killed twice")

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
