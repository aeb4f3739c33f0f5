"""Bad input gives one clear message and a code, on every number of ranks, and destroys nothing."""

import unittest

from locum_cli import CONFIG, IO, NUMERICAL, SIMULATE, CliTest, run, snapshot


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
