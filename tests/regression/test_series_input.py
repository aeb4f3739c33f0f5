"""What a series begins with: the model of another run, data sets in files to reconstruct or to learn from, and inputs that
cannot be."""

import unittest

import h5py

from locum_cli import CONFIG, INPUTS, IO, CliTest, run, summary_of
from series_cli import EXPERIMENT, SMALL, options


class Model(CliTest):
    """The networks of one run serve another series of the same experiment."""

    def learn(self, name, *assignments, restart=()):
        sets = [w for a in assignments for w in ("--set", a)]
        return run(*options(self.folder / name, "--set", "gate.labels_to_update=0", *sets, *restart))

    def test_serves_without_data_and_training(self):
        self.assertSucceeds(self.learn("first"))
        model = self.folder / "first" / "model.h5"
        named = f'series.model="{model}"'
        outcome = self.learn("second", named, "data.count=8")
        self.assertSucceeds(outcome)
        self.assertNotIn("training:", outcome.text)
        first, second = summary_of(self.folder / "first"), summary_of(self.folder / "second")
        for key in ("training", "training_data"):  # the file has milliseconds
            self.assertGreater(first["time_s"][key], 0)
            self.assertAlmostEqual(second["time_s"][key], first["time_s"][key], delta=1e-3)
        self.assertEqual(second["training"]["seconds"], second["time_s"]["training"])
        self.check_price(second)
        self.assertEqual(second["gate"], first["gate"])
        self.assertEqual(second["frame_gate"], first["frame_gate"])
        for a, b in zip(first["series"], second["series"]):
            self.assertEqual(a["network"], b["network"])  # the same sets, the same networks, bit for bit
            self.assertEqual(a["handed_back"], b["handed_back"])
        self.assertNotIn("not in this account", (self.folder / "second" / "report.html").read_text())
        self.assertFalse((self.folder / "second" / "model.h5").exists())
        (self.folder / "second" / "summary.json").unlink()
        self.assertSucceeds(self.learn("second", named, "data.count=8", restart=["--restart"]))
        again = summary_of(self.folder / "second")
        self.assertEqual(again["series"], second["series"])
        for key in ("training", "training_data", "solver", "surrogate"):
            self.assertEqual(again["time_s"][key], second["time_s"][key], key)
        self.check_refusals(named)
        self.check_without_solver(named)
        self.check_old_model(model, named)

    def check_price(self, summary):
        s, time_s = summary["speedup"], summary["time_s"]
        self.assertTrue(s["training_counted"])
        whole = time_s["wall"] + time_s["training"] + time_s["training_data"]
        self.assertAlmostEqual(s["application"], s["solver_only_s"] / whole, delta=1e-9)

    def check_without_solver(self, named):
        """Regions that the gate had solved say nothing of what the solver alone would take."""
        outcome = self.learn("alone", named, "compare.sets=[]")
        self.assertSucceeds(outcome)
        summary = summary_of(self.folder / "alone")
        self.assertGreater(summary["time_s"]["solver"], 0)
        for key in ("step", "application", "break_even_calls", "solver_only_s"):
            self.assertIsNone(summary["speedup"][key], key)
        self.assertEqual(summary["speedup"]["solver_only_is"], "not measured")
        self.assertIsNone(summary["per_call_s"]["solver"])
        self.assertGreater(summary["audit"]["count"], 0)
        for text in (outcome.text, (self.folder / "alone" / "report.html").read_text()):
            self.assertIn("not measured: no set was solved by the solver alone", text)

    def check_old_model(self, model, named):
        """A model that does not say what it took: the account says that it is not counted."""
        with h5py.File(model, "r+") as file:
            holders = [node for node in (file[p] for p in self.paths(file)) if "training_data_seconds" in node.attrs]
            self.assertEqual(len(holders), 1)
            del holders[0].attrs["training_data_seconds"]
        self.assertSucceeds(self.learn("third", named))
        summary = summary_of(self.folder / "third")
        self.assertIs(summary["speedup"]["training_counted"], False)
        for number in (summary["time_s"]["training"], summary["time_s"]["training_data"], summary["training"]["seconds"],
                       summary["speedup"]["break_even_calls"]):
            self.assertIsNone(number)
        self.assertGreater(summary["speedup"]["application"], 0)
        for name in ("run.log", "report.html"):
            text = (self.folder / "third" / name).read_text()
            self.assertIn("training and data NOT counted", text)
            self.assertNotIn("training and data counted", text)
            self.assertIn("does not say", text)

    @staticmethod
    def paths(file):
        names = ["/"]
        file.visit(names.append)
        return names

    def check_refusals(self, named):
        for assignment, words in (("simulation.pixels=30", ("30 × 30", "model.h5")),
                                  ("simulation.aperture=0.4", ("pixels of", "model.h5")),
                                  ("simulation.probe.aberrations.defocus=10.0", ("probe", "model.h5")),
                                  ("series.tile=16", ("series.tile", "12")),
                                  ('ptychography.likelihood="poisson"', ("ptychography.likelihood", "model.h5")),
                                  (f'series.model="{self.folder / "first" / "stages.h5"}"', ("stages.h5",)),
                                  ('series.model="nowhere.h5"', ("nowhere.h5",))):
            with self.subTest(assignment):
                outcome = self.learn("refused", named, assignment)
                self.assertIn(outcome.code, (CONFIG, IO), outcome.text)
                for word in words:
                    self.assertIn(word, outcome.text)


class Files(CliTest):
    def simulate(self, name, *assignments):
        sets = [w for a in (*EXPERIMENT, "output.pictures=false", *assignments) for w in ("--set", a)]
        self.assertSucceeds(run("simulate", INPUTS / "imaging/ptychography_data.toml", "--output", self.folder / name, *sets))
        return self.folder / name

    def learn(self, files, *more):
        small = [a for a in SMALL if not a.startswith(("series.other", "series.sets"))]
        names = ",".join(f'"{f}"' for f in files)
        return run(*options(self.folder / "out", "--set", "series.other_sets=0", "--set", f"series.files=[{names}]", *more,
                            small=small))

    def test_are_a_series_when_they_are_of_the_experiment(self):
        data = self.simulate("data", "ptychography.series=2", "ptychography.first=500")
        self.assertSucceeds(self.learn([data / "data_0000.cxi", data / "data_0001.cxi"]))
        sets = summary_of(self.folder / "out")["series"]
        self.assertEqual([x["frames"] for x in sets], [36, 36])
        for x in sets:
            self.assertLess(x["gated"]["r_factor"], 0.5)
            self.assertLess(x["gated"]["phase_error_rad"], 0.3)  # the truth beside the data is found

    def test_are_refused_when_they_are_not(self):
        for assignment, word in (("simulation.pixels=30", "30 × 30"), ("simulation.aperture=0.4", "pixels of"),
                                 ("simulation.probe.aberrations.defocus=10.0", "probe")):
            with self.subTest(assignment):
                data = self.simulate("of_" + word.split()[0], assignment)
                outcome = self.learn([data / "data.cxi"])
                self.assertFails(outcome, CONFIG, "data.cxi", word, "the experiment")
                self.assertNotIn("training", outcome.text)  # before hours are spent
        self.assertFails(self.learn([self.folder / "nothing.cxi"]), IO, "nothing.cxi")

    def test_are_learned_from_without_a_truth(self):
        data = self.simulate("data", "ptychography.series=6", "ptychography.first=500")
        files = [data / f"data_{k:04}.cxi" for k in range(6)]
        for name in files:
            with h5py.File(name, "r+") as file:
                del file["entry_1/truth"]
        names = ",".join(f'"{f}"' for f in files[:5])
        measured = ["--set", f"data.files=[{names}]", "--set", 'data.labels="solver"', "--set", "gate.coverage=0.8",
                    "--set", "training.epochs=4", "--set", "output.keep_training_data=true"]
        for what, kept, more in (("labels", 5, []),
                                 ("frames", 2, ["--set", "training.supervised=0.0", "--set", "training.physics=1.0"])):
            with self.subTest(what):
                outcome = self.learn([files[5]], *measured, *more)
                self.assertSucceeds(outcome)
                out = self.folder / "out"
                one = summary_of(out)["series"][0]
                self.assertIsNone(one["gated"]["phase_error_rad"])
                self.assertLess(one["network"]["r_factor"], 0.2)
                with h5py.File(out / "labels.h5") as file:
                    found = []
                    file.visit(found.append)
                    sizes = [len(file[n]) for n in found if n.endswith("/object")]
                self.assertEqual(sum(size > 0 for size in sizes), kept)  # of frames alone only what calibrates is solved
                (out / "summary.json").unlink()
                (out / "stages.h5").unlink()
                self.assertSucceeds(self.learn([files[5]], *measured, *more, "--restart"))
                self.assertEqual(summary_of(out)["series"][0]["network"], one["network"])
                out.rename(self.folder / what)
        self.assertFails(self.learn([files[5]], "--set", f"data.files=[{names}]"), CONFIG, "data.labels", "solver")
        self.assertFails(self.learn([files[5]], "--set", f'data.files=["{files[0]}"]', "--set", 'data.labels="solver"'),
                         CONFIG, "data.files")


class BadInput(CliTest):
    def refused(self, *assignments, code=CONFIG, words=()):
        sets = [w for a in assignments for w in ("--set", a)]
        self.assertFails(run(*options(self.folder / "out", *sets), timeout=60), code, *words)

    def test_says_what_cannot_be(self):
        for assignment, words in (("series.tyle=3", ("tyle", "tile")),
                                  ("series.other.kind=\"bynary\"", ("bynary", "binary")),
                                  ("compare.sets=[9]", ("compare.sets", "9")),
                                  ("data.phase=[2.0,1.0]", ("data.phase",)),
                                  ("data.labels=\"guess\"", ("guess", "truth")),
                                  ("gate.resume_calls=2", ("gate.resume_calls",)),
                                  ("ptychography.probe.refine=true", ("refine",)),
                                  ("ptychography.engine=\"lsqlm\"", ("lsqlm", "lsqml")),
                                  ("network.window=33", ("network.window", "33")),
                                  ("data.memory_GiB=1e-6", ("data.count",))):
            with self.subTest(assignment):
                self.refused(assignment, words=words)


if __name__ == "__main__":
    unittest.main()
