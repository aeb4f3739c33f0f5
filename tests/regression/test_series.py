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
