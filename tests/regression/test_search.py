"""`locum train --search`, [distill] and [prune]: what they leave on the disk, restart after a kill, and their promises."""

import json
import os
import re
import signal
import tomllib
import unittest

from locum_cli import CONFIG, INTERRUPTED, CliTest, differences, finish, kill_group, ranks_of, run, start, wait_until
from test_train import INPUT, frames


class Search(CliTest):
    def input(self, epochs=9, count=24):
        path = self.write("train.xyz", frames(count))
        return self.write("train.toml", INPUT.replace("TRAIN", str(path)).replace("EPOCHS", str(epochs)))

    def results(self, name):
        return json.loads((self.folder / name / "search.json").read_text())

    def assertSame(self, a, b, digits):
        """But for what depends on the clock, and on who was first."""
        keys = ("candidate", "rung", "fold")
        a_list, b_list = (sorted(r["trainings"], key=lambda t: [t[k] for k in keys]) for r in (a, b))
        self.assertEqual([[t[k] for k in keys] for t in a_list], [[t[k] for k in keys] for t in b_list])
        for x, y in zip(a_list, b_list):
            for k in ("error_eV_per_A", "force_rmse_eV_per_A", "energy_rmse_meV_per_atom"):
                self.assertAlmostEqual(x[k], y[k], delta=10.0**-digits * y[k])
        self.assertEqual((a["chosen"], a["front"]), (b["chosen"], b["front"]))

    def test_the_chosen_model_is_the_best_of_the_front_and_its_input_trains_it_again(self):
        test = self.write("test.xyz", frames(10, seed=5))
        data = ["--set", f'data.test=["{test}"]']
        outcome = run("train", self.input(), "--search", "6", "--set", "search.folds=2", *data, "--output", self.folder / "out")
        self.assertSucceeds(outcome)
        found = self.results("out")
        self.assertEqual([r["candidates"] for r in found["rungs"]], [6, 2])
        self.assertEqual([r["epochs"] for r in found["rungs"]], [3, 9])
        self.assertEqual(len(found["trainings"]), 2 * (6 + 2))
        self.assertEqual(found["candidates"][0]["settings"]["potential.hidden"], 8)  # the input's own
        last = {}
        for t in found["trainings"]:
            if t["rung"] == 1:
                last[t["candidate"]] = last.get(t["candidate"], 0.0) + t["error_eV_per_A"]
        self.assertEqual(found["chosen"], min(last, key=last.get))
        self.assertIn(found["chosen"], found["front"])
        self.assertEqual(outcome.text.count("test/force_rmse"), 1)
        self.assertIn("<svg", (self.folder / "out/front.svg").read_text())
        best = tomllib.loads((self.folder / "out/best.toml").read_text())
        settings = found["candidates"][found["chosen"]]["settings"]
        for name, value in settings.items():
            section, key = name.split(".")
            self.assertEqual(best[section][key], value)
        self.assertSucceeds(run("train", self.folder / "out/best.toml", "--output", self.folder / "again"))
        self.assertEqual(differences(self.folder / "out/model.h5", self.folder / "again/model.h5"), [])

    def test_a_cost_that_may_not_be_exceeded_is_kept_and_one_that_nobody_keeps_is_refused(self):
        path = self.input(epochs=3)
        self.assertSucceeds(run("train", path, "--search", "4", "--set", "search.folds=1", "--set", "search.largest_cost=30",
                                "--output", self.folder / "out"))
        found = self.results("out")
        self.assertLessEqual(found["candidates"][found["chosen"]]["thousand_operations_per_atom"], 30.0)
        self.assertFails(run("train", path, "--search", "2", "--set", "search.largest_cost=0.5", "--output", self.folder / "none"),
                         CONFIG, "search.largest_cost", "cheapest")
        self.assertFails(run("train", path, "--search", "2", "--set", "prune.bound=0.1", "--output", self.folder / "both"),
                         CONFIG, "search, distill, prune")

    def test_killed_and_restarted_or_on_two_ranks_it_finds_the_same_and_repeats_nothing(self):
        path, options = self.input(epochs=40), ["--search", "4", "--set", "search.folds=2"]
        self.assertSucceeds(run("train", path, *options, "--output", self.folder / "whole"))
        self.assertSucceeds(run("train", path, *options, "--output", self.folder / "two", ranks=2))
        # Another number of ranks is another number of threads in the linear algebra: roundings of 1e-7 have grown.
        self.assertSame(self.results("two"), self.results("whole"), 3)
        broken = self.folder / "broken"
        process = start(["train", path, *options, "--output", broken])
        self.assertTrue(wait_until(lambda: process.poll() is not None or (broken / "search.json").exists()))
        self.assertIsNone(process.poll(), "the search was over before it could be killed")
        kill_group(process)
        process.communicate()
        before = self.results("broken")["trainings"]
        self.assertTrue(0 < len(before) < len(self.results("whole")["trainings"]))
        process = start(["train", path, *options, "--output", broken, "--restart"])
        self.assertTrue(wait_until(lambda: process.poll() is not None or len(self.results("broken")["trainings"]) > len(before)))
        os.kill(ranks_of(process)[0], signal.SIGTERM)
        outcome = finish(process)
        if process.returncode != 0:  # else it was over before the signal came
            self.assertEqual(outcome.code, INTERRUPTED, outcome.text)
            self.assertSucceeds(run("train", path, *options, "--output", broken, "--restart"))
        after = self.results("broken")
        self.assertEqual(after["trainings"][:len(before)], before)  # their seconds, too
        self.assertSame(after, self.results("whole"), 15)
        self.assertEqual(differences(broken / "model.h5", self.folder / "whole/model.h5"), [])


class Compression(CliTest):
    def setUp(self):
        super().setUp()
        path = self.write("train.xyz", frames(80))  # 12 are held out; a coverage needs nine
        self.path = self.write("train.toml", INPUT.replace("TRAIN", str(path)).replace("EPOCHS", "30"))
        self.test = ["--set", 'data.test=["%s"]' % self.write("test.xyz", frames(30, seed=5))]
        self.assertSucceeds(run("train", self.path, "--output", self.folder / "full"))
        self.model = self.folder / "full/model.h5"

    def test_a_student_answers_nearly_as_its_teacher_and_keeps_the_coverage(self):
        outcome = run("train", self.path, *self.test, "--set", f'distill.teacher="{self.model}"', "--output", self.folder / "out")
        self.assertSucceeds(outcome)
        error = {who: float(re.search(who + r" .*?test RMSE (\S+) eV", outcome.text).group(1)) for who in ("teacher", "student")}
        self.assertLess(error["student"], 1.2 * error["teacher"])  # seen: 1.0
        coverage = float(re.search(r"test/coverage\s+(\S+)", outcome.text).group(1))
        self.assertGreater(coverage, 0.85)  # at least 0.9 is promised: twelve frames calibrate it, 240 atoms are asked
        self.assertGreater(float(re.search(r"student is ([\d.]+) times faster by operations", outcome.text).group(1)), 1.0)
        self.assertFails(run("train", self.path, "--set", 'distill.teacher="nowhere.h5"', "--output", self.folder / "no"), 3, "nowhere.h5")

    def test_a_pruned_model_is_smaller_and_within_its_bound(self):
        options = ["--set", "prune.bound=0.1", "--set", "prune.trials=3", "--set", "prune.folds=2", "--set", f'prune.from="{self.model}"']
        outcome = run("train", self.path, *self.test, *options, "--output", self.folder / "out")
        self.assertSucceeds(outcome)
        full, pruned = map(float, re.search(r"held-out error (\S+) → (\S+) eV", outcome.text).groups())
        self.assertLessEqual(pruned, 1.101 * full)  # the log has four digits
        self.assertGreater(int(re.search(r"removed: (\d+) of", outcome.text).group(1)), 0)
        self.assertGreater(float(re.search(r"pruned is ([\d.]+) times faster by operations", outcome.text).group(1)), 1.2)
        self.assertEqual(differences(self.folder / "out/full.h5", self.model), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
