"""Clear messages for images that cannot be made."""

import unittest

from locum_cli import CONFIG, INPUTS, IO, CliTest, run, settings

SRTIO3 = [INPUTS / "imaging/srtio3_haadf.toml", *settings("specimen.crystal.repeat=[3,3,3]",
                                                          "thermal.configurations=3", "scan.points=[6,6]")]


class BadInput(CliTest):
    def check(self, code, words, *assignments, ranks=(1,)):
        for count in ranks:
            outcome = run("simulate", *SRTIO3, *settings(*assignments), "--output", self.folder / "bad", ranks=count)
            self.assertFails(outcome, code, *words)

    def structure(self, name, *lines, pbc="T T T"):
        text = [str(len(lines)), f'Lattice="8 0 0 0 8 0 0 0 8" pbc="{pbc}" Properties=species:S:1:pos:R:3', *lines]
        path = self.write(name, "\n".join(text) + "\n")
        return [f'specimen.file="{path}"', 'scan.end=[2.0,2.0]', 'thermal.kind="none"', "thermal.elements=[]",
                "thermal.values=[]"]

    def test_atoms_outside_of_the_cell_are_named(self):
        self.check(CONFIG, ["atom 1", "9.5"], *self.structure("out.xyz", "Si 0 0 0", "Si 1 1 9.5", pbc="T T F"),
                   ranks=(1, 2))

    def test_an_element_without_coefficients_is_named(self):
        self.check(CONFIG, ["Rf"], *self.structure("heavy.xyz", "Si 0 0 0", "Rf 1 1 1"))

    def test_a_probe_that_the_grid_cannot_hold_is_told_with_the_sampling_that_would_do(self):
        self.check(CONFIG, ["30 mrad", "17.1", "sampl"], "grid.sampling=0.5", "microscope.convergence=30.0",
                   'detectors=[{kind="bf"}]', ranks=(1, 2))

    def test_a_detector_beyond_the_band_limit_is_told_with_the_limit(self):
        self.check(CONFIG, ["200 mrad", "107", "0.0418"], 'detectors=[{kind="annular", inner=80.0, outer=200.0}]')

    def test_a_scan_outside_of_the_cell_is_told(self):
        self.check(CONFIG, ["scan.end", "11.7"], "scan.end=[20.0,20.0]")

    def test_too_little_memory_is_refused_with_what_would_help(self):
        self.check(CONFIG, ["memory_GiB", "grid.sampling"], "imaging.memory_GiB=0.001")

    def test_points_that_transform_slowly_are_told_with_some_that_do_not(self):
        self.check(CONFIG, ["131", "would do"], "grid.points=[131,128]")

    def test_displacements_of_too_few_elements_are_told(self):
        self.check(CONFIG, ["O", "thermal"], 'thermal.elements=["Sr","Ti"]', "thermal.values=[0.6,0.4]")

    def test_an_unknown_key_is_answered_with_the_nearest(self):
        self.check(CONFIG, ["samplnig", "sampling"], "grid.samplnig=0.1")

    def test_a_missing_file_is_named(self):
        self.check(IO, ["nowhere.h5"], 'specimen.file="nowhere.h5"', 'specimen.kind="frame"')
        self.check(IO, ["nowhere.cif"], 'specimen.file="nowhere.cif"')
        self.check(IO, ["nowhere.dump"], 'specimen.file="nowhere.dump"', ranks=(1, 2))


if __name__ == "__main__":
    unittest.main(verbosity=2)
