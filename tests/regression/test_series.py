"""`locum learn` for ptychography at a small size: the account adds up, every image has its maps, a run that is stopped
or killed anywhere ends with the same numbers, and so do 1, 2 and 4 ranks, to rounding."""

import os
import random
import re
import signal
import time
import unittest

import h5py
import numpy as np

from locum_cli import (CONFIG, INPUTS, INTERRUPTED, IO, SUCCESS, CliTest, finish, kill_group, ranks_of, run, start,
                       summary_of, wait_until)

INPUT = INPUTS / "imaging/quickstart.toml"
SMALL = ["simulation.pixels=32", "simulation.counts=1e5", "simulation.probe.aberrations.defocus=45.0",
         "simulation.scan.points=[6,6]", "data.points=[5,6]", "data.count=8", "training.epochs=2", "training.validation_fraction=0.4",
         "network.channels=[8,8]", "network.window=32", "network.border=8", "series.sets=3", "series.other_sets=1", "series.other_first=2",
         "series.tile=12", "gate.audit_rate=0.2", "gate.labels_to_update=6", "gate.max_updates=1",
         "training.update_epochs=1", "compare.sets=[0]", "compare.trace=10", "ptychography.sweeps=30",
         "output.training_checkpoint_epochs=1"]
# The experiment alone, for data sets in files.
EXPERIMENT = [a for a in SMALL if a.startswith("simulation.")] + ["simulation.aperture=0.3125", "simulation.scan.jitter=0.1"]
# What a clock says; the rest of summary.json is a function of the input.
CLOCKS = re.compile(r"(_s|seconds|joules|kwh|step|application|break_even_calls|wall|solver|surrogate|gate|training|"
                    r"training_in_run|training_data|io)$")
STOPPED = re.compile(r"stopped_early|gated_over_solver")  # of the start that was the quicker one


def options(out, *more, small=SMALL):
    return ["learn", INPUT, "--output", out, *[w for a in small for w in ("--set", a)], *more]


def numbers(node, path=""):
    """Every number by its path, but for what a clock says, and what was seen when it struck."""
    if isinstance(node, dict):
        return {k: v for key, child in node.items() if not STOPPED.search(key)
                for k, v in numbers(child, f"{path}/{key}").items()}
    if isinstance(node, list):
        return {k: v for i, child in enumerate(node) for k, v in numbers(child, f"{path}/{i}").items()}
    counted = path.startswith("/calls/")
    return {path: node} if isinstance(node, (int, float)) and (counted or not CLOCKS.search(path)) else {}


class Series(CliTest):
    def assertSameNumbers(self, a, b, tolerance=0.0):
        a, b = numbers(summary_of(a)), numbers(summary_of(b))
        a.pop("/locum/ranks"), b.pop("/locum/ranks")
        self.assertEqual(a.keys(), b.keys())
        off = {k: (a[k], b[k]) for k in a if abs(a[k] - b[k]) > tolerance * abs(a[k])}
        self.assertEqual(off, {})

    def test_the_account_adds_up_and_every_end_comes_to_the_same_numbers(self):
        out = self.folder / "unbroken"
        self.assertSucceeds(run(*options(out)))
        self.check_account(out)
        self.check_files(out)
        self.check_kills(out)
        self.check_ranks(out)

    def check_account(self, out):
        s = summary_of(out)
        calls, time_s, sets = s["calls"], s["time_s"], s["series"]
        self.assertEqual([x["number"] for x in sets], [0, 1, 2])
        self.assertEqual([x["other_kind"] for x in sets], [False, False, True])
        self.assertEqual(calls["total"], sum(x["tiles"] for x in sets))
        self.assertEqual(calls["surrogate"] + calls["solver"], calls["total"])
        self.assertEqual(calls["fallback"], sum(x["handed_back"] for x in sets))
        self.assertEqual(calls["audited"], sum(x["audited"] for x in sets))
        self.assertEqual(s["audit"]["metric"], "object_rmse")
        for x in sets:
            self.assertEqual(x["regions"]["solved"] > 0, x["handed_back"] > 0)
            self.assertEqual(x["audited_regions"]["solved"] > 0, x["audited"] > 0)
        self.assertGreater(time_s["training_data"], 0)
        self.assertGreater(time_s["training"], 0)
        self.assertLessEqual(time_s["solver"] + time_s["surrogate"] + time_s["gate"], time_s["wall"] * 1.001)
        for x in sets:
            self.assertLessEqual(x["first_image_s"], x["final_image_s"] * 1.001)
        one = s["comparison"][0]
        self.assertEqual([b["start"] for b in one["solver"]], ["flat", "back_propagated"])
        self.assertEqual(s["speedup"]["solver_only_is"], "extrapolated")
        best = min(b["seconds"] for b in one["solver"])
        self.assertGreater(s["speedup"]["solver_only_s"], 0.9 * best * 3 / 1.5)
        # T_run holds what was learned in it; before it came data and training
        before = time_s["training"] - time_s["training_in_run"] + time_s["training_data"]
        self.assertAlmostEqual(s["speedup"]["application"],
                               s["speedup"]["solver_only_s"] / (time_s["wall"] + before), delta=1e-9)

    def check_files(self, out):
        report = (out / "report.html").read_text()
        self.assertIn("Who computed what".lower(), report.lower())
        self.assertIn("speed-up of the application", report)
        self.assertTrue(list(out.glob("*tfevents*")))
        for number, told in enumerate(summary_of(out)["series"]):
            with h5py.File(out / f"set_{number:04}.cxi") as file:
                image = file["entry_1/image_1/data"][()].squeeze()
                found = {name.rsplit("/", 1)[-1]: name for name in self.datasets(file)}
                for name in ("computed_by", "uncertainty_map", "fourier_error_map"):
                    self.assertTrue(any(name in path for path in self.datasets(file)), (name, found))
                self.assertEqual(image.ndim, 2)
                self.assertTrue(np.all(np.isfinite(image)))
        with h5py.File(out / "model.h5") as file:
            self.assertIn("network.stage0.member0", str(self.datasets(file)))
        self.check_model(out)

    def check_model(self, out):
        """Calibration and metrics are those of the networks beside them, which learned in the series."""
        self.assertEqual(summary_of(out)["training"]["updates_in_run"], 1)
        pairs = {}
        for name in ("model.h5", "series.h5", "stages.h5"):
            with h5py.File(out / name) as file:
                found = [p for p in self.datasets(file) if p.endswith("calibration/pairs")]
                pairs[name] = file[found[0]][()]
        np.testing.assert_array_equal(pairs["model.h5"], pairs["series.h5"])
        self.assertGreater(len(pairs["model.h5"]), len(pairs["stages.h5"]))  # some of the new labels were held out
        score, error = pairs["model.h5"].T
        ratios = np.sort(error / np.maximum(score, 0.01 * np.median(score)))
        scale = ratios[int(np.ceil((len(ratios) + 1) * 0.9)) - 1]
        found = summary_of(out)["gate"]["bound_over_score"]
        self.assertGreaterEqual(found, scale * (1 - 1e-9))  # audits may widen it
        self.assertLess(found, 3 * scale)

    @staticmethod
    def datasets(file):
        names = []
        file.visit(names.append)
        return names

    def check_kills(self, unbroken):
        """Killed at moments drawn at random, stopped once by a signal; then left in peace."""
        out = self.folder / "killed"
        draw = random.Random(5)
        process = start(options(out), 1)
        self.assertTrue(wait_until((out / "stages.h5").exists))
        code = None
        for attempt in range(8):
            time.sleep(draw.uniform(0.1, 1.5))
            if process.poll() is not None:
                break
            if attempt % 2:
                kill_group(process)
                finish(process)
            else:
                for rank in ranks_of(process):
                    try:
                        os.kill(rank, signal.SIGTERM)
                    except ProcessLookupError:
                        pass
                code = finish(process).code
                self.assertIn(code, (INTERRUPTED, SUCCESS))
                if code == SUCCESS:
                    break
            process = start(options(out, "--restart"), 1)
        if process.poll() is None:
            self.assertSucceeds(finish(process))
        self.assertSameNumbers(unbroken, out)

    def check_ranks(self, unbroken):
        for ranks in (2, 4):
            out = self.folder / f"ranks{ranks}"
            self.assertSucceeds(run(*options(out), ranks=ranks))
            # Sums over frames are made in another order: single precision, over some hundred steps of training and
            # sweeps that each carry the difference on.
            self.assertSameNumbers(unbroken, out, tolerance=0.05)


class Price(CliTest):
    """What a run took before it ended stays in its account."""

    def edit(self, name, group, field, value):
        with h5py.File(self.folder / "out" / name, "r+") as file:
            found = [p for p in self.paths(file) if f"/{p}".endswith(f"/{group}/{field}")]
            self.assertEqual(len(found), 1, self.paths(file))
            file[found[0]][...] = value

    @staticmethod
    def paths(file):
        names = []
        file.visit(names.append)
        return names

    def learn(self, *more):
        out = self.folder / "out"
        self.assertSucceeds(run(*options(out, "--set", 'data.labels="solver"', "--set", "data.count=2", "--set",
                                         "series.sets=1", "--set", "series.other_sets=0", "--set", "series.other_first=-1",
                                         "--set", "ptychography.sweeps=5", "--set", "gate.coverage=0.5", *more)))
        return summary_of(out)

    def test_of_labels_and_energy_stays_through_a_restart(self):
        out = self.folder / "out"
        self.learn()
        # As if it had ended between the last label and the end of the data, and had been slow and hungry.
        for name in ("stages.h5", "series.h5", "compared_0000.h5"):
            (out / name).unlink()
        self.edit("labels.h5", "data", "seconds", 1000.0)
        self.edit("labels.h5", "energy", "energy_joules", 1e6)
        restarted = self.learn("--restart")
        self.assertGreaterEqual(restarted["time_s"]["training_data"], 1000.0)
        self.assertGreaterEqual(restarted["energy"]["joules"], 1e6)
        # Between the training and the first set of the series.
        for name in ("series.h5", "compared_0000.h5"):
            (out / name).unlink()
        self.edit("stages.h5", "energy", "energy_joules", 2e6)
        restarted = self.learn("--restart")
        self.assertGreaterEqual(restarted["time_s"]["training_data"], 1000.0)
        self.assertGreaterEqual(restarted["energy"]["joules"], 2e6)
        # After the solver alone.
        self.edit("compared_0000.h5", "energy", "energy_joules", 3e6)
        self.assertGreaterEqual(self.learn("--restart")["energy"]["joules"], 3e6)


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
        self.assertEqual(second["time_s"]["training_data"], 0)
        self.assertEqual(second["time_s"]["training"], 0)
        self.assertEqual(second["gate"], first["gate"])
        self.assertEqual(second["frame_gate"], first["frame_gate"])
        for a, b in zip(first["series"], second["series"]):
            self.assertEqual(a["network"], b["network"])  # the same sets, the same networks, bit for bit
            self.assertEqual(a["handed_back"], b["handed_back"])
        self.assertIn("not in this account", (self.folder / "second" / "report.html").read_text())
        self.assertFalse((self.folder / "second" / "model.h5").exists())
        (self.folder / "second" / "summary.json").unlink()
        self.assertSucceeds(self.learn("second", named, "data.count=8", restart=["--restart"]))
        self.assertEqual(summary_of(self.folder / "second")["series"], second["series"])
        self.check_refusals(named)

    def check_refusals(self, named):
        for assignment, words in (("simulation.pixels=30", ("30 × 30", "model.h5")),
                                  ("simulation.aperture=0.4", ("pixels of", "model.h5")),
                                  ("simulation.probe.aberrations.defocus=10.0", ("probe", "model.h5")),
                                  ("series.tile=16", ("series.tile", "12")),
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
