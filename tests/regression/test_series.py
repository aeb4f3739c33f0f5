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

from locum_cli import (INTERRUPTED, SUCCESS, CliTest, finish, kill_group, ranks_of, run, start, summary_of, wait_until)
from series_cli import options

# What a clock says; the rest of summary.json is a function of the input.
CLOCKS = re.compile(r"(_s|seconds|joules|kwh|step|application|break_even_calls|wall|solver|surrogate|gate|training|"
                    r"training_in_run|training_data|io)$")
# Of the start that was the quicker one, and ratios of clocks.
STOPPED = re.compile(r"stopped_early|gated_over_solver|application_beside")


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
        with h5py.File(out / "series.h5") as file:  # what its own writing took it cannot hold; the account does
            clocks = file[next(n for n in self.datasets(file) if n.endswith("ledger_seconds"))][()]
        self.assertGreater(time_s["wall"], clocks[0])
        self.assertGreater(time_s["io"], clocks[5])
        one = s["comparison"][0]
        self.assertEqual([(b["engine"], b["start"]) for b in one["solver"]],
                         [("", "flat"), ("", "back_propagated"), ("cg", "flat")])
        self.assertEqual(list(s["application_beside"]), ["cg"])
        self.assertEqual(s["speedup"]["solver_only_is"], "extrapolated")
        best = min(b["seconds"] for b in one["solver"] if not b["engine"])
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


if __name__ == "__main__":
    unittest.main()
