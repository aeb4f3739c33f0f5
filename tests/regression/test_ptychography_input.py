"""Clear messages for diffraction data and settings that cannot be."""

import shutil
import unittest

import h5py
import numpy as np

from locum_cli import CONFIG, IO, run, settings
from ptychography_cli import RECONSTRUCTION, SMALL, Shared


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

    def test_a_start_that_does_not_fit(self):
        self.check(IO, ["nowhere.cxi"], 'start.object="nowhere.cxi"')
        out = self.reconstruct("short", self.data, "ptychography.sweeps=1", "resolution.halves=false",
                               "output.pictures=false")
        result = f"{out}/reconstruction.cxi"
        # Cropped windows have no truth, and an object as large as the margin says.
        self.check(CONFIG, ["pixels", "start.margin"], f'start.object="{result}"', "data.crop=28", "microscope.energy=300.0",
                   "microscope.convergence=20.0", "microscope.aberrations.defocus=50.0")
        self.check(CONFIG, ["64 positions", "32 frames"], f'start.from="{result}"', "data.frames=[0,-1,2]")
        self.check(CONFIG, ["32 × 32", "28 × 28"], f'start.from="{result}"', "data.crop=28")
        self.check(CONFIG, ["start.object", "start.from"], f'start.from="{result}"', f'start.object="{result}"')

    def test_frames_that_are_left_out_must_be_there_and_leave_some(self):
        self.check(CONFIG, ["frame 64", "0 to 63"], "data.leave_out=[3,64]")
        self.check(CONFIG, ["no frame is left"], "data.frames=[5,6]", "data.leave_out=[5,6]")

    def test_frames_of_an_awkward_size(self):
        self.check(CONFIG, ["31", "prime factor above 7", "data.crop = 30"], "data.crop=31")

    def test_simulations_that_cannot_be(self):
        for words, assignment in ((["window"], "simulation.probe.aberrations.defocus=5000.0"),
                                  (["multislice", "specimen"], 'ptychography.model="multislice"'),
                                  (["natral", "natural"], 'simulation.object.kind="natral"'),
                                  (["overlap"], "simulation.scan.overlap=1.5")):
            self.assertFails(run("simulate", *SMALL, *settings(assignment), "--output", self.folder / "out"), CONFIG,
                             *words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
