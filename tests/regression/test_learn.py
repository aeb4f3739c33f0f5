"""The main job at a small size: the account adds up, files open elsewhere, and a run that is stopped or killed in any
of its stages ends with the same bits."""

import json
import os
import random
import signal
import time
import unittest
from pathlib import Path

import h5py

from locum_cli import CONFIG, INTERRUPTED, SUCCESS, CliTest, differences, finish, kill_group, ranks_of, read_all, run, start, summary_of, wait_until

INPUTS = Path(__file__).resolve().parents[2] / "inputs"
# Γ labels, few frames, few epochs, and a heating so quick that the gate hands steps back and learns within 200 timesteps.
SMALL = ["data.frames=4", "data.equilibration=20", "data.label_k_points=[1,1,1]", "training.epochs=3",
         "production.structure.replicate=[2,2,2]", "production.md.timesteps=200", "gate.audit_rate=0.1",
         "gate.labels_to_update=8", "gate.label_spacing=2", "gate.threshold=0.3", "comparison.steps=20",
         "comparison.thermalise=20", "output.checkpoint_interval=40", "output.training_checkpoint_epochs=1"]
CLOCKS = r"second|ledger|energy/|learning/|watt|joule"
FILES = ("dataset.h5", "model.h5", "trajectory.h5")


def options(out, *more):
    sets = [word for assignment in SMALL for word in ("--set", assignment)]
    return ["learn", INPUTS / "silicon/quickstart.toml", "--output", out, *sets, *more]


class Learn(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.unbroken = None

    def reference(self):
        """One unbroken run, on one rank: 64 atoms have no room for two."""
        out = self.folder / "unbroken"
        self.assertSucceeds(run(*options(out)))
        return out

    def assertSameRun(self, unbroken, other):
        for name in FILES:
            self.assertEqual(differences(unbroken / name, other / name), [], name)
        self.assertEqual(differences(unbroken / "checkpoint.h5", other / "checkpoint.h5", but=CLOCKS), [])

    def test_the_account_adds_up_and_every_stop_ends_in_the_same_bits(self):
        unbroken = self.reference()
        self.check_account(unbroken)
        self.check_signal(unbroken)
        self.check_kills(unbroken)

    def check_account(self, out):
        summary = json.loads((out / "summary.json").read_text())
        calls, time_s = summary["calls"], summary["time_s"]
        self.assertEqual(calls["total"], 201)  # the first forces, then one call each timestep
        self.assertEqual(calls["surrogate"] + calls["solver"], calls["total"])
        self.assertGreater(calls["solver"], 0)
        self.assertGreater(calls["audited"], 0)
        self.assertAlmostEqual(calls["fallback_fraction"], calls["fallback"] / calls["total"])
        self.assertLessEqual(time_s["solver"] + time_s["surrogate"] + time_s["gate"], time_s["wall"])
        self.assertEqual(summary["audit"]["count"], calls["audited"])
        self.assertGreater(summary["audit"]["upper_95"] or float("inf"), summary["audit"]["estimate"])
        self.assertLess(summary["training"]["test"]["force_rmse_eV_per_A"], 0.06)
        self.assertIn("<svg", (out / "report.html").read_text())
        self.assertTrue(list(out.glob("*tfevents*")))
        with h5py.File(out / "dataset.h5") as file:
            trajectory = file["samples/trajectory/value"][()]
        self.check_last_checkpoint(out, time_s)
        self.assertEqual(sum(trajectory < 15), 15 * 4)
        self.assertGreater(sum(trajectory == 15), 0)  # labels of production are kept

    def check_last_checkpoint(self, out, time_s):
        """A checkpoint cannot hold what its own writing took; the account does."""
        kept = read_all(out / "checkpoint.h5")
        clocks = [v for name, v in kept.items() if name.endswith("ledger_seconds")]
        self.assertEqual(len(clocks), 1)
        self.assertGreater(time_s["wall"], clocks[0][0])
        self.assertGreater(time_s["io"], clocks[0][5])

    def check_signal(self, unbroken):
        """Stopped once the surrogate has learned in the run, which is early in it."""
        for attempt in range(5):  # on a busy machine the run may be over before the signal is sent
            out = self.folder / f"signalled{attempt}"
            log = out / "run.log"
            process = start(options(out))
            self.assertTrue(wait_until(lambda: process.poll() is not None or
                                       (log.exists() and "learned from" in log.read_text())))
            if process.poll() is None:
                os.kill(ranks_of(process)[0], signal.SIGTERM)
            outcome = finish(process)
            if outcome.code != SUCCESS:
                break
        self.assertEqual(outcome.code, INTERRUPTED, outcome.text)
        self.assertSucceeds(run(*options(out, "--restart")))
        self.assertSameRun(unbroken, out)

    def check_kills(self, unbroken):
        out, chance = self.folder / "killed", random.Random(5)
        process = start(options(out))
        for _ in range(8):
            time.sleep(chance.uniform(0.5, 4.0))
            kill_group(process)
            process.communicate()
            for path in out.glob("*.h5"):
                read_all(path)
            process = start(options(out, *(["--restart"] if (out / "input.toml").exists() else [])))
        self.assertSucceeds(finish(process))
        self.assertSameRun(unbroken, out)


class Price(CliTest):
    """What a session took before it ended stays in the account of the run."""

    def learn(self, out, *more):
        return options(out, "--set", "production.md.timesteps=4", "--set", "comparison.enabled=false", *more)

    def edit(self, out, values, drop=()):
        with h5py.File(out / "stages.h5", "r+") as file:
            names = []
            file.visit(names.append)
            for end, value in values.items():
                found = [n for n in names if f"/{n}".endswith(f"/{end}")]
                self.assertEqual(len(found), 1, (end, names))
                file[found[0]][...] = value
            for name in [n for n in names if n.rsplit("/", 1)[-1] in drop]:
                del file[name]

    def test_of_data_training_and_energy_stays_through_a_restart(self):
        out = self.folder / "out"
        process = start(self.learn(out))
        self.assertTrue(wait_until(lambda: process.poll() is not None or (out / "stages.h5").exists()))
        os.kill(ranks_of(process)[0], signal.SIGTERM)
        self.assertEqual(finish(process).code, INTERRUPTED)  # among the replicas, or in the training at the latest
        # As if the session had been slow and hungry.
        self.edit(out, {"data/seconds": 1000.0, "energy/energy_joules": 1e6})
        self.assertSucceeds(run(*self.learn(out, "--restart")))
        told = summary_of(out)
        self.assertGreaterEqual(told["time_s"]["training_data"], 1000.0)
        self.assertGreaterEqual(told["energy"]["joules"], 1e6)
        # As if it had ended at the last epoch.
        (out / "checkpoint.h5").unlink()
        self.edit(out, {"fitting/seconds": 2000.0, "energy/energy_joules": 2e6}, drop=("trained", "metrics"))
        self.assertSucceeds(run(*self.learn(out, "--restart")))
        told = summary_of(out)
        self.assertGreaterEqual(told["time_s"]["training_data"], 1000.0)
        self.assertGreater(told["training"]["seconds"], 2000.0)
        self.assertGreaterEqual(told["time_s"]["training"], told["training"]["seconds"])
        self.assertGreaterEqual(told["energy"]["joules"], 2e6)


class Inputs(CliTest):
    """Every input of the repository runs."""

    def test_inputs_run(self):
        replicas = self.folder / "replicas"
        self.assertSucceeds(run("simulate", INPUTS / "silicon/nve.toml", "--output", self.folder / "nve"))
        self.assertSucceeds(run("simulate", INPUTS / "carbon/diamond.toml", "--output", self.folder / "diamond"))
        self.assertSucceeds(run("simulate", INPUTS / "silicon/replicas.toml", "--output", replicas, ranks=2))
        train = run("train", INPUTS / "silicon/train.toml", "--output", self.folder / "train", "--set",
                    f'dataset="{replicas}/dataset.h5"')
        self.assertSucceeds(train)
        self.assertIn("test/force_rmse_eV_per_A", train.text)
        self.check_foreign_element(self.folder / "train/model.h5")
        self.assertSucceeds(run("analyze", self.folder / "nve/trajectory.h5", "--output", self.folder / "analysis"))
        self.assertSucceeds(run("inspect", self.folder / "train/model.h5"))
        self.assertSucceeds(run("inspect", replicas / "dataset.h5"))
        self.assertSucceeds(run("inspect", self.folder / "nve/trajectory.h5"))
        self.assertSucceeds(run("inspect", self.folder / "nve/checkpoint.h5"))
        self.assertSucceeds(run("convert", replicas / "dataset.h5", "--output", self.folder / "frames.xyz"))
        self.assertSucceeds(run("convert", self.folder / "frames.xyz", "--output", self.folder / "back.h5"))
        self.assertSucceeds(run("info"))

    def check_foreign_element(self, model):
        out = self.folder / "foreign"
        outcome = run("simulate", INPUTS / "carbon/diamond.toml", "--output", out, "--set", "play=surrogate", "--set",
                      f'model="{model}"', ranks=1)
        self.assertFails(outcome, CONFIG, "C", "Si")
        self.assertFalse((out / "trajectory.h5").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
