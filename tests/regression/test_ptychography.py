"""Ptychography as a user does it: data sets simulated, objects found from them; the same from any number of ranks and after
any number of kills; clear messages for what cannot be."""

import hashlib
import json
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
import numpy as np

from locum_cli import (CONFIG, INTERRUPTED, IO, CliTest, differences, finish, kill_group, limit_files, ranks_of, run, start,
                       wait_until)

INPUTS = Path(__file__).resolve().parents[2] / "inputs/imaging"


def settings(*assignments):
    return [word for assignment in assignments for word in ("--set", assignment)]


# 64 frames of 32 × 32 pixels: tenths of a second.
SMALL = [INPUTS / "ptychography_data.toml",
         *settings("simulation.pixels=32", "simulation.scan.points=[8,8]", "simulation.probe.aberrations.defocus=70.0",
                   "simulation.object.feature=6.0", "simulation.object.phase=0.6")]
GOLD = [INPUTS / "ptychography_gold.toml",
        *settings("specimen.particle.box=[24.0,24.0,12.0]", "specimen.particle.diameter=9.0", "thermal.configurations=2",
                  "simulation.pixels=54", "simulation.pixel=0.32", "simulation.probe.aberrations.defocus=80.0",
                  "simulation.scan.points=[4,4]")]
RECONSTRUCTION = INPUTS / "reconstruction.toml"


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def summary(out):
    return json.loads((Path(out) / "summary.json").read_text())


class Ptychography(CliTest):
    def simulate(self, name, *arguments, ranks=1):
        out = self.folder / name
        self.assertSucceeds(run("simulate", *arguments, "--output", out, "--quiet", ranks=ranks))
        return out

    def reconstruct(self, name, data, *assignments, ranks=1):
        out = self.folder / name
        self.assertSucceeds(run("reconstruct", RECONSTRUCTION, *settings(f'data.file="{data}"', *assignments), "--output",
                                out, "--quiet", ranks=ranks))
        return out


class Shared(Ptychography):
    """Small data that several tests read."""

    @classmethod
    def setUpClass(cls):
        cls.shared = Path(tempfile.mkdtemp(prefix="locum_ptychography_"))
        cls.addClassCleanup(shutil.rmtree, cls.shared)
        outcome = run("simulate", *SMALL, "--output", cls.shared / "small", "--quiet")
        assert outcome.code == 0, outcome.text
        cls.data = cls.shared / "small/data.cxi"


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
        found = summary(out)
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
        disk = self.folder / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)]
        if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", str(disk)], check=False)
        self.assertFails(run("simulate", *SMALL, "--output", disk / "run", "--quiet"), CONFIG, "on the disk", "--output")


class Reconstruct(Shared):
    def test_the_object_is_found_and_shown(self):
        out = self.reconstruct("run", self.data, ranks=2)
        found = summary(out)
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
        self.assertLess(summary(second)["quality"]["r_factor"], 1.05 * summary(first)["quality"]["r_factor"])

    def test_some_of_the_frames_can_be_taken(self):
        out = self.reconstruct("some", self.data, "data.frames=[0,-1,2]", "ptychography.sweeps=2",
                               "resolution.halves=false")
        self.assertEqual(summary(out)["data"]["frames"], 32)

    def test_a_microscopes_probe_serves_where_the_file_has_none(self):
        bare = self.folder / "bare.cxi"
        shutil.copy(self.data, bare)
        with h5py.File(bare, "r+") as file:
            del file["entry_1/probe"], file["entry_1/truth"]
        out = self.reconstruct("lens", bare, "microscope.energy=300.0", "microscope.convergence=20.0",
                               "microscope.aberrations.defocus=70.0", "ptychography.sweeps=20", "resolution.halves=false")
        found = summary(out)
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


class BadInput(Shared):
    def bad(self, change):
        """A copy of the data in which something is wrong."""
        path = self.folder / "bad.cxi"
        shutil.copy(self.data, path)
        with h5py.File(path, "r+") as file:
            change(file)
        return path

    def check(self, code, words, *assignments, data=None, ranks=1):
        outcome = run("reconstruct", RECONSTRUCTION, *settings(f'data.file="{data or self.data}"', *assignments),
                      "--output", self.folder / "out", ranks=ranks)
        self.assertFails(outcome, code, *words)

    @staticmethod
    def replace(file, name, values, keep=True):
        attributes = dict(file[name].attrs) if keep else {}
        del file[name]
        file[name] = values
        for key, value in attributes.items():
            file[name].attrs[key] = value

    def detector(self, file):
        return file["entry_1/instrument_1/detector_1"]

    def test_frames_and_positions_that_do_not_match_in_number(self):
        def change(file):
            for name in ("entry_1/instrument_1/detector_1/translation", "entry_1/data_1/translation"):
                if name in file:
                    self.replace(file, name, file[name][()][:-3])
        self.check(IO, ["61", "64"], data=self.bad(change), ranks=2)

    def test_counts_that_are_none(self):
        for value, word in ((np.nan, "nan"), (-3.0, "-3"), (np.inf, "inf")):
            def change(file):
                frames = self.detector(file)["data"][()].astype("f4")
                frames[17, 3, 9] = value
                for name in ("entry_1/instrument_1/detector_1/data", "entry_1/data_1/data"):
                    if name in file:
                        self.replace(file, name, frames)
            self.check(IO, ["frame 17", word], data=self.bad(change), ranks=2)

    def test_a_mask_that_leaves_nothing(self):
        def change(file):
            detector = self.detector(file)
            if "mask" in detector:
                del detector["mask"]
            detector["mask"] = np.ones((32, 32), dtype="u4")
        self.check(IO, ["mask", "mask_is"], data=self.bad(change))

    def test_a_probe_larger_than_the_frames(self):
        def change(file):
            file["large"] = np.ones((1, 64, 64), dtype="c8")
        self.check(IO, ["probe", "64", "32"], 'data.probe="/large"', data=self.bad(change))

    def test_positions_in_the_wrong_unit(self):
        self.check(IO, ["position"], 'data.positions_unit="um"')
        self.check(IO, ["position"], 'data.positions_unit="km"')

    def test_missing_keys_are_answered_with_what_was_tried(self):
        def change(file):
            for name in ("entry_1/instrument_1/detector_1/translation", "entry_1/data_1/translation",
                         "entry_1/sample_1/geometry_1/translation", "entry_1/data_1/x", "entry_1/data_1/y"):
                if name in file:
                    del file[name]
        self.check(IO, ["translation"], data=self.bad(change))
        self.check(IO, ["/nowhere/data"], 'data.data="/nowhere/data"')

    def test_files_that_are_none(self):
        self.check(IO, ["nowhere.cxi"], data="nowhere.cxi", ranks=2)
        text = self.write("text.cxi", "not HDF5")
        self.check(IO, ["text.cxi"], data=text)
        cut = self.folder / "cut.cxi"
        cut.write_bytes(self.data.read_bytes()[:20000])
        self.check(IO, ["cut.cxi"], data=cut)
        self.assertFails(run("reconstruct", RECONSTRUCTION, "--set", 'data.file=""', "--output", self.folder / "out"),
                         CONFIG, "data.file")

    def test_a_name_that_is_misspelt_is_answered_with_the_nearest(self):
        self.check(CONFIG, ["lsqlm", "lsqml"], 'ptychography.engine="lsqlm"', ranks=2)
        self.check(CONFIG, ["tolerence", "tolerance"], "ptychography.tolerence=0.1")

    def test_no_probe_and_no_lens_that_fits(self):
        def change(file):
            del file["entry_1/probe"]
        bad = self.bad(change)
        self.check(CONFIG, ["has no probe", "microscope"], 'start.probe="file"', data=bad)
        self.check(CONFIG, ["200 keV", "microscope.energy"], "microscope.energy=200.0", data=bad)
        self.check(CONFIG, ["window"], "microscope.energy=300.0", "microscope.aberrations.defocus=5000.0", data=bad)

    def test_frames_that_are_not_there(self):
        self.check(CONFIG, ["frame 900", "the last is frame 63"], "data.frames=[0,900]")

    def test_a_start_of_another_size(self):
        self.check(IO, ["nowhere.cxi"], 'start.object="nowhere.cxi"')

    def test_simulations_that_cannot_be(self):
        for words, assignment in ((["window"], "simulation.probe.aberrations.defocus=5000.0"),
                                  (["multislice", "specimen"], 'ptychography.model="multislice"'),
                                  (["natral", "natural"], 'simulation.object.kind="natral"'),
                                  (["overlap"], "simulation.scan.overlap=1.5")):
            self.assertFails(run("simulate", *SMALL, *settings(assignment), "--output", self.folder / "out"), CONFIG,
                             *words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
