"""Bad input gives one clear message and a code, on every number of ranks, and destroys nothing."""

import unittest

from locum_cli import CONFIG, IO, NUMERICAL, SIMULATE, CliTest, run, snapshot


SHORT = SIMULATE.replace("timesteps = 120", "timesteps = 5")
DATA = """\
[solver.tight_binding]
model = "kwon-1994-si"
[data]
frames = 3
equilibration = 5
interval = 2
[data.structure]
lattice_constant = 5.4455
[[data.replicas]]
temperature = 300.0
[[data.replicas]]
temperature = 600.0
"""
TRAIN = """\
dataset = "DATASET"
[potential]
cutoff = 5.5
[training]
epochs = 2
"""


def replaced(text, old, new):
    assert old in text, old
    return text.replace(old, new)


class BadInput(CliTest):
    def setUp(self):
        super().setUp()
        # What an earlier run left, which no failure may touch.
        good = self.write("good.toml", replaced(SIMULATE, "timesteps = 120", "timesteps = 5"))
        self.out = self.folder / "run"
        self.assertSucceeds(run("simulate", good, "--output", self.out))
        self.before = snapshot(self.out)

    def check(self, text, code, *words, ranks=(1, 2), name="bad.toml"):
        path = self.write(name, text)
        for count in ranks:
            with self.subTest(ranks=count):
                self.assertFails(run("simulate", path, "--output", self.out, ranks=count), code, *words)
                self.assertKept(self.before, self.out)

    def test_an_unknown_key_is_answered_with_the_nearest(self):
        self.check(replaced(SIMULATE, "timestep = 1.0", "timestpe = 1.0"), CONFIG, "timestpe", "timestep", "bad.toml")

    def test_a_wrong_type_is_named_with_its_line(self):
        self.check(replaced(SIMULATE, "timesteps = 120", 'timesteps = "many"'), CONFIG, "timesteps", "bad.toml:12")

    def test_a_number_out_of_its_range_is_named_with_the_range(self):
        self.check(replaced(SIMULATE, "timestep = 1.0", "timestep = 1000.0"), CONFIG, "timestep", "1000", "20", "fs")

    def test_a_word_that_is_no_choice_is_answered_with_the_choices(self):
        self.check(replaced(SIMULATE, '"diamond"', '"dimaond"'), CONFIG, "dimaond", "diamond")

    def test_an_element_that_the_solver_does_not_know_is_named(self):
        self.check(replaced(SIMULATE, 'element = "Si"', 'element = "Ge"'), CONFIG, "Ge")

    def test_broken_toml_is_named_with_its_line(self):
        self.check(replaced(SIMULATE, "[md]", "[md"), CONFIG, "bad.toml:10")

    def test_a_structure_file_that_cannot_be_used_is_named(self):
        good = 'Lattice="8 0 0 0 8 0 0 0 8" Properties=species:S:1:pos:R:3'
        for name, comment, frame, code, word in (
                ("nocell.xyz", "Properties=species:S:1:pos:R:3", -1, CONFIG, "periodic"),
                ("slab.xyz", good + ' pbc="T T F"', -1, CONFIG, "periodic"),
                ("few.xyz", good, 3, CONFIG, "frame 3"),
                ("short.xyz", good.replace(" 0 0 8", "", 1), -1, CONFIG, "Lattice")):
            path = self.write(name, f"1\n{comment}\nSi 0 0 0\n")
            text = replaced(SIMULATE, 'lattice = "diamond"', f'file = "{path}"\nframe = {frame}')
            self.check(text, code, name, word)
        self.check(replaced(SIMULATE, 'lattice = "diamond"', 'file = "nowhere.xyz"'), IO, "nowhere.xyz")

    def test_a_wrong_override_is_named(self):
        path = self.write("in.toml", SIMULATE)
        for ranks in (1, 2):
            self.assertFails(run("simulate", path, "--output", self.out, "--set", "md.timestpe=2", ranks=ranks), CONFIG,
                             "timestpe", "timestep")
            self.assertKept(self.before, self.out)

    def test_a_missing_input_is_named(self):
        for ranks in (1, 2):
            self.assertFails(run("simulate", self.folder / "nowhere.toml", "--output", self.out, ranks=ranks), IO, "nowhere.toml")
            self.assertKept(self.before, self.out)

    def test_more_ranks_than_cells_is_told_with_what_would_do(self):
        tiny = replaced(SIMULATE, "[2, 2, 2]", "[1, 1, 1]")
        path = self.write("tiny.toml", tiny)
        self.assertFails(run("simulate", path, "--output", self.out, ranks=4), CONFIG, "rank")
        self.assertKept(self.before, self.out)

    def test_two_atoms_on_one_spot_are_named(self):
        atoms = [(x, y, z) for x in (0, 4, 8, 12) for y in (0, 4) for z in (0, 4)] + [(4, 0, 4)]
        lines = [str(len(atoms)), 'Lattice="16 0 0 0 8 0 0 0 8" Properties=species:S:1:pos:R:3']
        path = self.write("spot.xyz", "\n".join(lines + [f"Si {x} {y} {z}" for x, y, z in atoms]) + "\n")
        text = replaced(SIMULATE, 'lattice = "diamond"', f'file = "{path}"')
        self.check(replaced(text, "replicate = [2, 2, 2]", ""), NUMERICAL, "atom 5", "atom 16", "one spot")

    def test_atoms_that_come_too_near_are_named(self):
        # Displaced by 1 Å each, some pair of 64 atoms at 2.36 Å comes nearer than 1.5 Å; the check is the one for 0.1 Å.
        text = replaced(SIMULATE, "replicate = [2, 2, 2]", "replicate = [2, 2, 2]\ndisplacement = 1.0")
        text = replaced(text, "[md]", "[md]\nclosest_approach = 1.5")
        self.check(text, NUMERICAL, "atoms", "1.5")

    def test_an_exploding_timestep_names_timestep_and_atom(self):
        text = replaced(SIMULATE, "timestep = 1.0", "timestep = 20.0")
        text = replaced(text, "temperature = [300.0, 900.0]", "temperature = [20000.0, 20000.0]")
        self.check(text, NUMERICAL, "timestep", "atom")

    def test_an_output_that_is_a_file_is_refused(self):
        path, taken = self.write("in.toml", SIMULATE), self.write("taken", "precious")
        self.assertFails(run("simulate", path, "--output", taken), IO, "taken")
        self.assertEqual(taken.read_text(), "precious")

    def test_a_restart_of_nothing_is_refused(self):
        path = self.write("in.toml", SIMULATE)
        self.assertFails(run("simulate", path, "--output", self.folder / "empty", "--restart"), IO, "empty")

    def test_a_restart_with_another_input_is_refused(self):
        other = self.write("other.toml", replaced(SIMULATE, "seed = 7", "seed = 8"))
        self.assertFails(run("simulate", other, "--output", self.out, "--restart"), CONFIG, "seed")
        self.assertKept(self.before, self.out)

    def test_a_truncated_checkpoint_is_named(self):
        checkpoint = self.out / "checkpoint.h5"
        whole = checkpoint.read_bytes()
        good = self.folder / "good.toml"
        for size in (0, 100, len(whole) // 2, len(whole) - 1):
            checkpoint.write_bytes(whole[:size])
            before = snapshot(self.out)
            for ranks in (1, 2):
                with self.subTest(size=size, ranks=ranks):
                    self.assertFails(run("simulate", good, "--output", self.out, "--restart", ranks=ranks), IO, "checkpoint.h5")
                    del_log = {k: v for k, v in before.items() if k != "run.log"}
                    self.assertKept(del_log, self.out)


class BadFiles(CliTest):
    def check_truncated(self, path, *arguments):
        whole = path.read_bytes()
        for size in (0, 100, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:size])
            for ranks in (1, 2):
                with self.subTest(file=path.name, size=size, ranks=ranks):
                    self.assertFails(run(*arguments, "--output", self.folder / "out", ranks=ranks), IO, path.name)
                    self.assertEqual(path.read_bytes(), whole[:size])
        path.write_bytes(whole)

    def test_truncated_files_are_named(self):
        """A trajectory, a dataset and a model, each cut short, given to the commands that read it."""
        replicas = ["simulate", self.write("data.toml", DATA), "--output", self.folder / "data"]
        self.assertSucceeds(run(*replicas))
        dataset = self.folder / "data/dataset.h5"
        train = ["train", self.write("train.toml", replaced(TRAIN, "DATASET", str(dataset)))]
        self.assertSucceeds(run(*train, "--output", self.folder / "train"))
        self.assertSucceeds(run("simulate", self.write("md.toml", SHORT), "--output", self.folder / "md"))
        trajectory, model = self.folder / "md/trajectory.h5", self.folder / "train/model.h5"
        play = ["simulate", self.folder / "md.toml", "--set", 'play="surrogate"', "--set", f'model="{model}"']
        self.check_truncated(dataset, *train)
        self.check_truncated(model, *play)
        self.check_truncated(trajectory, "analyze", trajectory)
        self.check_truncated(trajectory, "simulate", self.folder / "md.toml", "--set", f'structure.file="{trajectory}"')
        self.check_cutoff(play)

    def check_cutoff(self, play):
        """A model whose cut-off and skin have no room in the cells of four ranks is refused, and what would do is said."""
        out = self.folder / "crowded"
        outcome = run(*play, "--set", "structure.replicate=[1,1,2]", "--output", out, ranks=4)
        self.assertFails(outcome, CONFIG, "6.000", "rank")  # 5.5 Å and the skin
        self.assertFalse((out / "trajectory.h5").exists())

    def test_a_file_that_is_no_hdf5_is_named(self):
        path = self.write("text.h5", "not HDF5")
        for command in ("inspect", "analyze"):
            for ranks in (1, 2):
                self.assertFails(run(command, path, ranks=ranks), IO, "text.h5")

    def test_a_missing_dataset_is_named(self):
        path = self.write("train.toml", 'dataset = "nowhere.h5"\n')
        for ranks in (1, 2):
            self.assertFails(run("train", path, "--output", self.folder / "out", ranks=ranks), IO, "nowhere.h5")

    def test_an_unknown_command_is_refused(self):
        outcome = run("simulat", "x.toml")
        self.assertEqual(outcome.code, CONFIG, outcome.text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
