"""Images as a user makes them: the inputs at reduced size, the same file from any number of ranks and after any number of
kills."""

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

from locum_cli import (CONFIG, INPUTS, INTERRUPTED, IO, SIMULATE, CliTest, digest, finish, kill_group, limit_files,
                       ranks_of, run, settings, start, summary_of, wait_until)

IMAGES, CUBES = "4DSTEM_simulation/data/realslices", "4DSTEM_simulation/data/datacubes"

# A few hundred ms each on one core.
SRTIO3 = [INPUTS / "imaging/srtio3_haadf.toml", *settings("specimen.crystal.repeat=[3,3,3]",
                                                          "thermal.configurations=3", "scan.points=[6,6]")]
GOLD = [INPUTS / "imaging/gold_particle_4dstem.toml",
        *settings("specimen.particle.box=[22.0,22.0,16.0]", "specimen.particle.diameter=10.0",
                  "thermal.configurations=2", "scan.points=[6,6]")]
# Some seconds on one core, in tiles of 0.1 s; with a source's size, so that there are two passes.
LONG = [INPUTS / "imaging/srtio3_haadf.toml", *settings("specimen.crystal.repeat=[4,4,8]",
                                                        "thermal.configurations=4", "scan.points=[24,24]", "output.tile=6",
                                                        'detectors=[{kind="haadf"}, {kind="pixelated", bin=8}]')]


def image(out, name):
    with h5py.File(Path(out) / "scan.h5", "r") as file:
        return file[f"{IMAGES}/{name}_depth0000/data"][()]


class Images(CliTest):
    def simulate(self, arguments, name, ranks=1):
        out = self.folder / name
        outcome = run("simulate", *arguments, "--output", out, "--quiet", ranks=ranks)
        self.assertSucceeds(outcome)
        return out

    def assertWhole(self, out, *images):
        """What a run's folder must hold."""
        for name in images:
            self.assertTrue((out / f"{name}.png").read_bytes().startswith(b"\x89PNG"), name)
            self.assertTrue((out / f"{name}.tif").exists(), name)
        self.assertEqual([p.name for p in out.glob("scan.*")], ["scan.h5"])
        summary = summary_of(out)
        self.assertEqual(summary["this_session"]["probes"], summary["scan"]["probes"])
        self.assertGreater(summary["this_session"]["probe_slices_per_s"], 0)
        report = (out / "report.html").read_text()
        self.assertEqual(report.count("data:image/png;base64,"), len(list(out.glob("*.png"))))
        return summary

    def test_srtio3_shows_strontium_brightest_in_haadf(self):
        out = self.simulate(SRTIO3, "run")
        self.assertWhole(out, "haadf", "abf")
        haadf, abf = image(out, "haadf"), image(out, "abf")
        self.assertEqual(haadf.shape, (6, 6))
        self.assertEqual(np.unravel_index(np.argmax(haadf), haadf.shape), (0, 0))  # Sr at the corner; Ti at (3, 3)
        self.assertGreater(haadf[3, 3], 3 * np.median(haadf))
        self.assertLess(abf[0, 0], np.median(abf))  # columns are dark
        self.assertTrue(np.all(image(out, "haadf_error") > 0))

    def test_gold_is_counted_in_integers(self):
        out = self.simulate(GOLD, "run")
        summary = self.assertWhole(out, "adf", "com_x", "com_y", "pixelated_mean")
        adf = next(entry for entry in summary["images"] if entry["name"] == "adf")
        self.assertEqual(adf["unit"], "electrons")
        # The file's are fractions of the 20000 electrons; floats summed in another order.
        self.assertAlmostEqual(adf["standard_error"] / (20000 * np.mean(image(out, "adf_error"))), 1.0, delta=1e-4)
        with h5py.File(out / "scan.h5", "r") as file:
            cube = file[f"{CUBES}/pixelated_depth0000/data"]
            self.assertEqual((cube.shape[:2], cube.dtype), ((6, 6), np.dtype("uint16")))
            electrons = cube[()].sum(axis=(2, 3), dtype=float)
        # Of 20000 electrons a few per cent go beyond 40 mrad; Poisson's deviation is 141, five of them.
        self.assertTrue(np.all((electrons > 16000) & (electrons < 20700)), electrons)
        self.assertEqual(image(out, "adf").dtype, np.dtype("uint32"))
        self.assertEqual(image(out, "segmented").shape, (6, 6, 4))

    def test_silicon_is_imaged_from_a_trajectory(self):
        dynamics = self.write("md.toml", SIMULATE.replace("timesteps = 120", "timesteps = 20"))
        self.assertSucceeds(run("simulate", dynamics, "--output", self.folder / "md", "--quiet"))
        trajectory = self.folder / "md/trajectory.h5"
        reduced = settings(f'specimen.file="{trajectory}"', "specimen.frames=[0,-1]", "specimen.frame.repeat=[2,2,1]",
                           "scan.points=[8,8]")
        out = self.simulate([INPUTS / "imaging/silicon_stem.toml", *reduced], "run")
        summary = self.assertWhole(out, "haadf", "adf", "abf", "bf")
        self.assertEqual(summary["specimen"]["configurations"], 3)  # frames 0, 10, 20
        self.assertEqual(summary["specimen"]["formula"], "Si")
        self.assertGreater(image(out, "haadf")[0, 0], 0)
        missing = run("simulate", INPUTS / "imaging/silicon_stem.toml", *reduced, "--set", "specimen.frames=[7]", "--output",
                      self.folder / "none")
        self.assertFails(missing, CONFIG, "frame 7", "the last is frame 2", "trajectory.h5")

    def test_the_file_is_the_same_from_any_number_of_ranks(self):
        for name, arguments in (("srtio3", SRTIO3), ("gold", GOLD)):
            files = {digest(self.simulate(arguments, f"{name}_{ranks}", ranks) / "scan.h5") for ranks in (1, 2, 4)}
            self.assertEqual(len(files), 1, name)

    def test_prism_without_interpolation_is_multislice(self):
        """Interpolation 1 leaves nothing out: 1e-5 of a float's roundings, relative to the brightest pixel."""
        images = [image(self.simulate([*SRTIO3, *settings(f'imaging.method="{method}"', "prism.interpolation=[1,1]")],
                                      method), "haadf") for method in ("multislice", "prism")]
        self.assertLess(np.max(np.abs(images[0] - images[1])), 1e-4 * np.max(images[0]))

    def test_the_local_mode_prints_how_far_it_is_off(self):
        local = settings('imaging.method="local"', "specimen.crystal.repeat=[5,5,3]", "local.probes=60")
        out = self.folder / "run"
        outcome = run("simulate", *SRTIO3, *local, "--output", out, "--quiet")
        self.assertSucceeds(outcome)
        # 22 rings and the channels of haadf and abf; 60 probes in groups of 20.
        self.assertIn("60 probes of full multislice calibrate 24 features", outcome.text)
        self.assertIn("local.probes = 240", outcome.text)
        errors = json.loads((out / "summary.json").read_text())["error_of_method"]
        self.assertEqual([e["detector"] for e in errors], ["haadf", "abf"])
        self.assertTrue(all(0 < e["relative"] <= e["bound"] < 0.5 for e in errors), errors)

    def test_hrtem_images_are_those_of_a_plane_wave(self):
        reduced = settings("specimen.crystal.size=[5.0,5.0,15.0]", "thermal.configurations=3", "hrtem.depths=[7.0]",
                           "hrtem.exit_waves=true")
        outs = [self.folder / f"hrtem_{ranks}" for ranks in (1, 2)]
        reduced += settings("coherence.source_size=0.7")
        for ranks, out in zip((1, 2), outs):
            outcome = run("simulate", INPUTS / "imaging/silicon_hrtem.toml", *reduced, "--output", out, "--quiet", ranks=ranks)
            self.assertSucceeds(outcome)
            self.assertEqual(outcome.text.count("no effect"), 1, outcome.text)  # of all ranks together
            self.assertIn("coherence.source_size has no effect", outcome.text)
        self.assertEqual(digest(outs[0] / "scan.h5"), digest(outs[1] / "scan.h5"))
        with h5py.File(outs[0] / "scan.h5", "r") as file:
            instrument = file["entry/instrument"]
            objective = {name: instrument[f"objective/{name}"][()] for name in instrument["objective"]}
            self.assertEqual((objective["Cs"], objective["aperture"]), (0.5, 25.0))
            # Scherzer's: sqrt(1.5 Cs λ), with Cs = 0.5 mm.
            self.assertAlmostEqual(objective["defocus"], (1.5 * 5e6 * instrument["probe/wavelength"][()]) ** 0.5, 6)
            self.assertNotIn("convergence", instrument["probe"])
            prismatic = file["4DSTEM_simulation/metadata/metadata_0/original/simulation_parameters"].attrs
            self.assertEqual((prismatic["C3"], prismatic["df"]), (5e6, objective["defocus"]))
            for plane in ("depth0000", "depth0001"):
                mean = file[f"{IMAGES}/hrtem_{plane}/data"][()]
                each = [file[f"{IMAGES}/configuration_{c:04}_{plane}/data"][()] for c in range(3)]
                wave = file[f"{IMAGES}/exit_wave_0000_{plane}/data"][()]
                np.testing.assert_allclose(mean, np.mean(each, axis=0), rtol=1e-6)  # a float's rounding
                self.assertGreater(np.std(mean), 0.01)
                # Nothing is lost but beyond the band limit and, of the image, outside of the aperture.
                self.assertAlmostEqual(np.mean(np.sum(wave.astype(float) ** 2, axis=-1)), 1.0, delta=0.02)
                self.assertTrue(0.8 < np.mean(mean) < 1.01, np.mean(mean))
        self.assertEqual(len(list(outs[0].glob("*.png"))), 2)

    def test_a_line_says_where_it_is(self):
        line = settings('scan.kind="line"', 'scan.unit="Angstrom"', "scan.start=[1.0,2.0]", "scan.end=[4.0,6.0]",
                        "scan.points=[6]")
        out = self.simulate([*SRTIO3[:5], *line], "run")
        with h5py.File(out / "scan.h5", "r") as file:
            data = file["entry/haadf"]
            self.assertEqual(list(data.attrs["axes"]), ["distance", "across"])
            np.testing.assert_allclose(data["distance"], [0, 1, 2, 3, 4, 5], atol=1e-12)  # a line of 5 Å
            np.testing.assert_allclose(file["entry/instrument/probe/positions"],
                                       [[1 + 0.6 * k, 2 + 0.8 * k] for k in range(6)])
            # Behind the specimen: three cells of 3.905 Å, and the slice that moving atoms off the edges adds.
            self.assertAlmostEqual(file[f"{IMAGES}/haadf_depth0000"].attrs["output_depth"], 13.6675)

    def test_patterns_of_single_positions(self):
        points = settings('scan.kind="points"', 'scan.unit="Angstrom"', "scan.positions=[0.0,0.0,1.95,0.0]",
                          "scan.points=[]", "scan.start=[0.0,0.0]", "scan.end=[1.0,1.0]", "coherence.source_size=0.0",
                          'detectors=[{kind="pixelated"}]')
        out = self.simulate([*SRTIO3[:5], *points], "run")
        self.assertWhole(out, "pixelated_mean", "pixelated_0000", "pixelated_0001")
        with h5py.File(out / "scan.h5", "r") as file:
            total = file[f"{CUBES}/pixelated_depth0000/data"][()].sum(axis=(2, 3))
            np.testing.assert_allclose(file["entry/instrument/probe/positions"], [[0.0, 0.0], [1.95, 0.0]])
            data = file["entry/pixelated"]
            self.assertEqual(list(data.attrs["axes"][:2]), ["position", "across"])
            self.assertEqual((list(data["position"]), data["position"].attrs["unit"]), ([0, 1], "1"))
        self.assertTrue(np.all((total > 0.9) & (total < 1.0 + 1e-5)), total)  # a thin specimen keeps the beam


class Interruption(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.reference = Path(tempfile.mkdtemp(prefix="locum_imaging_"))
        cls.addClassCleanup(shutil.rmtree, cls.reference)

    def begin(self, out, ranks=1):
        process = start(["simulate", *LONG, "--output", out, "--quiet"], ranks)
        self.assertTrue(wait_until(lambda: (out / "scan.begun").exists() or process.poll() is not None))
        return process

    def resume(self, out, ranks=1):
        return start(["simulate", *LONG, "--output", out, "--restart", "--quiet"], ranks)

    def unbroken(self):
        """Of the run that nothing interrupts, once."""
        out = self.reference / "run"
        if not out.exists():
            self.assertSucceeds(run("simulate", *LONG, "--output", out, "--quiet", ranks=2))
        return digest(out / "scan.h5")

    def test_killed_twenty_times_the_file_is_that_of_the_unbroken_run(self):
        expected, rng = self.unbroken(), random.Random(20261121)
        kills = runs = 0
        out = self.folder / "killed_0"
        process = self.begin(out)
        while kills < 20:
            time.sleep(rng.uniform(0.05, 0.6))
            ended = process.poll() is not None
            kill_group(process)
            process.communicate()
            if ended:  # the end was reached before the kill: once more from the start
                self.assertEqual(process.returncode, 0)
                self.assertEqual(digest(out / "scan.h5"), expected)
                runs += 1
                out = self.folder / f"killed_{runs}"
                process = self.begin(out, 1 + runs % 2)
                continue
            kills += 1
            process = self.resume(out, 1 + kills % 2)  # another number of ranks is no matter
        self.assertSucceeds(finish(process))
        self.assertEqual(digest(out / "scan.h5"), expected)

    def test_a_signal_to_one_rank_stops_all_in_order(self):
        expected, out = self.unbroken(), self.folder / "signalled"
        process = self.begin(out, 2)
        os.kill(ranks_of(process)[-1], signal.SIGTERM)
        outcome = finish(process)
        self.assertEqual(outcome.code, INTERRUPTED, outcome.text)
        self.assertFalse((out / "scan.h5").exists())
        self.assertSucceeds(finish(self.resume(out, 2)))
        self.assertEqual(digest(out / "scan.h5"), expected)

    def test_a_file_that_may_not_be_written_is_one_error_and_is_gone_on_with(self):
        expected = self.unbroken()
        for ranks in (1, 2):
            out = self.folder / f"limited_{ranks}"
            process = self.begin(out, ranks)
            # The log's forecast of the time comes when MPI's own files in shared memory have been made.
            self.assertTrue(wait_until(lambda: "time: " in (out / "run.log").read_text()))
            limit_files(process, (out / "scan.h5.part").stat().st_size // 2)
            self.assertFails(finish(process), IO, "scan.h5.part")
            self.assertSucceeds(finish(self.resume(out, ranks)))
            self.assertEqual(digest(out / "scan.h5"), expected)

    def test_a_full_disk_is_told_before_the_run(self):
        disk = self.small_disk("400k")
        for ranks in (1, 2):
            outcome = run("simulate", *LONG, "--output", disk / "run", "--quiet", ranks=ranks)
            self.assertFails(outcome, CONFIG, "on the disk", "free", "--output")
        subprocess.run(["mount", "-o", "remount,size=100M", str(disk)], check=True)
        self.assertSucceeds(finish(self.resume(disk / "run")))

    def test_a_restart_of_a_complete_run_leaves_its_files_alone(self):
        out = self.folder / "run"
        names = ("scan.h5", "summary.json", "report.html", "haadf.png")
        self.assertSucceeds(run("simulate", *SRTIO3, "--output", out, "--quiet"))
        before = [((out / name).read_bytes(), (out / name).stat().st_mtime_ns) for name in names]
        outcome = run("simulate", *SRTIO3, "--output", out, "--restart", ranks=2)
        self.assertSucceeds(outcome)
        self.assertIn("is complete", outcome.text)
        self.assertEqual([((out / name).read_bytes(), (out / name).stat().st_mtime_ns) for name in names], before)
        # A kill between the scan's end and the report's: the report is made, the scan is not.
        (out / "report.html").unlink()
        self.assertSucceeds(run("simulate", *SRTIO3, "--output", out, "--restart", "--quiet"))
        self.assertTrue((out / "report.html").exists())
        self.assertEqual((out / "scan.h5").stat().st_mtime_ns, before[0][1])

    def test_a_restart_with_another_specimen_is_refused(self):
        out = self.folder / "run"
        self.assertSucceeds(run("simulate", *SRTIO3, "--output", out, "--quiet"))
        self.assertFails(run("simulate", *SRTIO3, "--set", "thermal.configurations=4", "--output", out, "--restart"),
                         CONFIG, "configurations")


if __name__ == "__main__":
    unittest.main(verbosity=2)
