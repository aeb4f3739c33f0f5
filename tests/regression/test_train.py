"""`locum train` on files of labels: what may be missing, what is refused, exact resume, and its quality on real data."""

import os
import re
import signal
import unittest
from pathlib import Path

import numpy as np

from locum_cli import CONFIG, INTERRUPTED, IO, CliTest, differences, finish, kill_group, ranks_of, run, start, wait_until

ROOT = Path(__file__).resolve().parents[2]
MLEARN = ROOT.parent / "shared/data/mlearn"
EDGE = 5.43  # Å, of the cubic cell


def morse(position):
    """Energy and forces of eight atoms in their cell by a Morse potential that fades out at 5 Å."""
    shifts = EDGE * np.array([[x, y, z] for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)])
    d = position[None, :, None] + shifts[None, None] - position[:, None, None]
    r = np.linalg.norm(d, axis=-1)
    pairs = (r > 1e-9) & (r < 5.0)
    r = np.where(pairs, r, 5.0)
    e, t = np.exp(-1.2 * (r - 2.35)), r / 5.0
    fade, slope = (1 - t**2) ** 2, -4 * t * (1 - t**2) / 5.0
    value = e**2 - 2 * e
    energy = 0.5 * np.sum(np.where(pairs, value * fade, 0.0))
    gradient = np.where(pairs, -2.4 * (e**2 - e) * fade + value * slope, 0.0)
    return energy, np.sum((gradient / r)[..., None] * d, axis=(1, 2))


def frames(count, energy=True, displacement=0.12, seed=1):
    """Extended XYZ of displaced diamond; with `energy` false every second frame lacks it."""
    basis = [(0, 0, 0), (0, .5, .5), (.5, 0, .5), (.5, .5, 0)]
    sites = EDGE * np.array(basis + [tuple(x + .25 for x in b) for b in basis])
    noise, text = np.random.default_rng(seed), []
    for k in range(count):
        position = sites + noise.normal(0, displacement, sites.shape)
        total, force = morse(position)
        label = f"energy={total:.10f} " if energy or k % 2 else ""
        text.append(f'8\nLattice="{EDGE} 0 0 0 {EDGE} 0 0 0 {EDGE}" Properties=species:S:1:pos:R:3:forces:R:3 {label}pbc="T T T"')
        text += ["Si " + " ".join(f"{x:.10f}" for x in (*p, *f)) for p, f in zip(position, force)]
    return "\n".join(text) + "\n"


def alloys(count, seed=3):
    """Extended XYZ of Si, C and Ge at random on eight sites, with what such files hold: groups, weights, missing labels."""
    basis = [(0, 0, 0), (0, .5, .5), (.5, 0, .5), (.5, .5, 0)]
    sites = EDGE * np.array(basis + [tuple(x + .25 for x in b) for b in basis])
    noise, text = np.random.default_rng(seed), []
    for k in range(count):
        position = sites + noise.normal(0, 0.12, sites.shape)
        total, force = morse(position)
        comment = f'Lattice="{EDGE} 0 0 0 {EDGE} 0 0 0 {EDGE}" Properties=species:S:1:pos:R:3:forces:R:3'
        comment += f" energy={total:.10f}" if k % 3 else ""
        comment += ' virial="1 0 0 0 1 0 0 0 1" virial_weight=0' if k % 4 == 1 else ""
        group = "liquid" if k % 2 else '"bulk crystal"'
        comment += f" config_type={group}" if k % 5 else ""
        comment += (" weight=2", " weight=0.5", "")[k % 3]
        text.append(f"8\n{comment}")
        text += [noise.choice(["Si", "C", "Ge"]) + " " + " ".join(f"{x:.10f}" for x in (*p, *f)) for p, f in zip(position, force)]
    return "\n".join(text) + "\n"


def xyz_frames(path):
    """Atoms and comments of a file, the comments as sets of words."""
    lines, frames = Path(path).read_text().splitlines(), []
    while lines:
        count = int(lines[0])
        words = {re.sub(r"(?<==)([\d.e+-]+)$", lambda m: repr(float(m.group(1))), w)
                 for w in re.findall(r'\w+="[^"]*"|\S+', lines[1]) if not w.startswith(("Properties", "pbc", "virial=", "Lattice"))}
        atoms = [(l.split()[0], sorted(float(x) for x in l.split()[1:])) for l in lines[2:2 + count]]
        frames.append((words, "virial=" in lines[1], atoms))
        lines = lines[2 + count:]
    return frames


def bytes_of(text):
    """Of "1.9 GiB"."""
    number, unit = text.split()
    return float(number) * {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[unit]


INPUT = """\
[data]
train = ["TRAIN"]
[potential]
radials = 4
l_max = 2
four_body_radials = 2
four_body_l_max = 2
components = 12
hidden = 8
[training]
epochs = EPOCHS
patience = 5000
"""


class Train(CliTest):
    def input(self, text, epochs=10, name="train.xyz"):
        path = self.write(name, text)
        return self.write("train.toml", INPUT.replace("TRAIN", str(path)).replace("EPOCHS", str(epochs)))

    def refused(self, text, code, *words):
        path = self.input(text)
        for ranks in (1, 2):
            with self.subTest(words=words, ranks=ranks):
                self.assertFails(run("train", path, "--output", self.folder / "out", ranks=ranks), code, *words)
                self.assertFalse((self.folder / "out/model.h5").exists())

    def test_energies_and_virials_may_be_missing_and_a_frame_may_have_one_atom(self):
        alone = '1\nLattice="2.6 0 0 0 2.6 0 0 0 2.6" Properties=species:S:1:pos:R:3:forces:R:3\nSi 0 0 0 0 0 0\n'
        outcome = run("train", self.input(frames(24, energy=False) + alone), "--output", self.folder / "out")
        self.assertSucceeds(outcome)
        error = float(re.search(r"validation/force_rmse_eV_per_A\s+(\S+)", outcome.text).group(1))
        self.assertLess(error, 0.1)  # forces are of order 1 eV/Å
        self.assertNotIn("virial_rmse", outcome.text)
        self.assertTrue((self.folder / "out/model.h5").exists())

    def test_fine_tuning_goes_on_from_a_model_and_says_what_it_forgets(self):
        old = self.write("old.xyz", frames(24, displacement=0.1))
        self.assertSucceeds(run("train", self.input(frames(24, displacement=0.1)), "--output", self.folder / "given"))
        model = self.folder / "given/model.h5"
        tuned = self.input(frames(16, displacement=0.25, seed=2), name="new.xyz")

        def old_domain(*settings):
            outcome = run("train", tuned, "--from", model, "--set", f'data.replay=["{old}"]', *settings,
                          "--output", self.folder / "tuned", ranks=2)
            self.assertSucceeds(outcome)
            return map(float, re.search(r"old domain: (\S+) eV/Å on its held-out frames, (\S+) before",
                                        outcome.text).groups())

        after, before = old_domain("--set", 'tune.trunk="frozen"')
        self.assertGreater(before, 0.0)
        forgotten, _ = old_domain("--set", "tune.memory=false", "--set", "tune.prior=0.0", "--set", "tune.replay_frames=0")
        self.assertLess(after, 0.8 * forgotten)
        self.assertTrue((self.folder / "tuned/model.h5").exists())

        def refused(code, *arguments, words):
            self.assertFails(run("train", *arguments, "--output", self.folder / "none"), code, *words)
            self.assertFalse((self.folder / "none/model.h5").exists())

        refused(IO, tuned, "--from", self.folder / "nothing.h5", words=["nothing.h5"])
        carbon = self.input(frames(16).replace("Si ", "C "), name="carbon.xyz")
        refused(CONFIG, carbon, "--from", model, words=["does not know element C"])
        refused(CONFIG, tuned, "--set", f'data.replay=["{old}"]', words=["data.replay", "--from"])

    def test_the_gate_would_hand_back_what_is_far_from_the_data(self):
        path = self.input(frames(80))
        for displacement, far in ((0.12, False), (0.45, True)):
            judged = self.write("judged.xyz", frames(40, displacement=displacement, seed=2))
            outcome = run("train", path, "--set", f'data.test=["{judged}"]', "--output", self.folder / "out")
            self.assertSucceeds(outcome)
            back, count, caught, wrong = map(int, re.search(
                r"hand back (\d+) of the test's (\d+) frames, among them (\d+) of the (\d+)", outcome.text).groups())
            coverage = float(re.search(r"test/coverage\s+(\S+)", outcome.text).group(1))
            self.assertEqual(count, 40)
            self.assertGreaterEqual(caught, 0.95 * wrong)
            if far:
                self.assertGreater(wrong, 30)
            else:
                self.assertLess(back, 10)
                self.assertAlmostEqual(coverage, 0.9, delta=0.07)  # 320 atoms, 96 calibrate: a binomial's 2 σ is 0.07

    def test_bad_labels_are_named(self):
        good = frames(6)
        self.refused("", CONFIG, "train.xyz")
        self.refused(good.replace(":forces:R:3", ":velo:R:3"), CONFIG, "train.xyz", "frame 0", "force")
        lines = good.splitlines()
        lines[10 * 3 + 4] = "Si 1.0 1.0 1.0 nan 0.0 0.0"
        self.refused("\n".join(lines) + "\n", CONFIG, "train.xyz:35", "nan", "forces")
        self.refused(good[:5 * len(good) // 12], CONFIG, "train.xyz")
        self.refused(good.replace("Si ", "Xx "), CONFIG, "Xx")

    def test_a_dataset_is_streamed_within_the_memory_given_and_the_model_is_the_same(self):
        text = self.input(frames(60))
        self.assertSucceeds(run("convert", self.folder / "train.xyz", "--output", self.folder / "train.h5"))
        data = self.write("h5.toml", text.read_text().replace("train.xyz", "train.h5"))
        self.assertSucceeds(run("train", text, "--output", self.folder / "text"))
        for ranks in (1, 2):
            outcome = run("train", data, "--output", self.folder / f"all{ranks}", ranks=ranks)
            self.assertSucceeds(outcome)
            self.assertIn("all stays in memory", outcome.text)
            refused = run("train", data, "--set", "training.memory_GiB=1e-5", "--output", self.folder / "none", ranks=ranks)
            self.assertFails(refused, CONFIG, "training needs at least", "training.memory_GiB")
            least = bytes_of(re.search(r"needs at least (\S+ \S+) a rank", refused.text).group(1))
            outcome = run("train", data, "--set", f"training.memory_GiB={1.25 * ranks * least / 2**30}", "--output",
                          self.folder / f"some{ranks}", ranks=ranks)
            self.assertSucceeds(outcome)
            self.assertLess(int(re.search(r"(\d+) % of the features stay", outcome.text).group(1)), 80)
            self.assertEqual(differences(self.folder / f"all{ranks}/model.h5", self.folder / f"some{ranks}/model.h5"), [])
        self.assertEqual(differences(self.folder / "text/model.h5", self.folder / "all1/model.h5"), [])

    def test_alloys_with_groups_weights_and_missing_labels_go_through_a_dataset_and_back(self):
        path = self.input(alloys(40))
        self.assertSucceeds(run("convert", self.folder / "train.xyz", "--output", self.folder / "alloys.h5"))
        self.assertSucceeds(run("convert", self.folder / "alloys.h5", "--output", self.folder / "back.xyz"))
        there, back = xyz_frames(self.folder / "train.xyz"), xyz_frames(self.folder / "back.xyz")
        self.assertEqual(len(there), len(back))
        for one, other in zip(there, back):
            # A weight that was not said has become the 1 that it means.
            said = {w for w in other[0] if w not in ("weight=1.0", "virial_weight=1.0")}
            self.assertEqual((one[0], one[1], one[2]), (said, other[1], other[2]))
        weights = ["--set", 'data.weights=["liquid:0.5", "bulk crystal:3"]']
        self.assertSucceeds(run("train", path, *weights, "--output", self.folder / "text"))
        data = self.write("h5.toml", path.read_text().replace("train.xyz", "alloys.h5"))
        self.assertSucceeds(run("train", data, *weights, "--output", self.folder / "data"))
        self.assertEqual(differences(self.folder / "text/model.h5", self.folder / "data/model.h5"), [])
        self.assertSucceeds(run("train", data, "--output", self.folder / "equal"))
        self.assertNotEqual(differences(self.folder / "data/model.h5", self.folder / "equal/model.h5"), [])
        self.assertFails(run("train", data, "--set", 'data.weights=["gas:2"]', "--output", self.folder / "none"), CONFIG,
                         "data.weights", "gas", "bulk crystal, liquid")

    def test_the_forecast_of_memory_comes_true(self):
        path = self.input(frames(300), epochs=2)
        more = ["--set", "potential.components=128", "--set", "potential.radials=6", "--set", "potential.l_max=4"]
        for memory in (0, 0.05):
            outcome = run("train", path, *more, "--set", f"training.memory_GiB={memory}", "--output", self.folder / "out")
            self.assertSucceeds(outcome)
            used, forecast = (bytes_of(t) for t in re.search(
                r"at most (\S+ \S+) of a rank were used, (\S+ \S+) were forecast", outcome.text).groups())
            self.assertLess(abs(used / forecast - 1), 0.3, outcome.text)
            features = bytes_of(re.search(r"memory: (\S+ \S+) of features", outcome.text).group(1))
            self.assertGreater(features, 100 * 2**20)  # of which the test would see a quarter missing
            if memory == 0:
                everything = used
        self.assertLess(used, everything - 0.5 * features)  # and memory was in fact saved

    def test_absent_data_are_told_with_where_they_are_published(self):
        outcome = run("train", ROOT / "inputs/mlearn/si.toml", "--set", "data.root=\"nowhere\"", "--output", self.folder / "out")
        self.assertFails(outcome, IO, "nowhere/Si/train.xyz", "github.com")

    def test_a_stopped_and_a_killed_training_end_in_the_same_model(self):
        path = self.input(frames(24), epochs=1500)
        unbroken, broken = self.folder / "unbroken", self.folder / "broken"
        self.assertSucceeds(run("train", path, "--output", unbroken))
        more, restarted = [], False
        for number in (signal.SIGTERM, signal.SIGKILL):
            process = start(["train", path, "--output", broken, *more])
            progress = broken / "training.h5"
            before = progress.stat().st_mtime_ns if progress.exists() else 0
            self.assertTrue(wait_until(lambda: process.poll() is not None or
                                       (progress.exists() and progress.stat().st_mtime_ns > before)))
            if number == signal.SIGTERM:
                os.kill(ranks_of(process)[0], number)
                outcome = finish(process)
                self.assertEqual(outcome.code, INTERRUPTED, outcome.text)
            else:
                restarted = process.poll() is None
                kill_group(process)
                process.communicate()
            more = ["--restart"]
        self.assertTrue(restarted, "the training was over before it could be killed")
        self.assertSucceeds(run("train", path, "--output", broken, "--restart"))
        self.assertEqual(differences(unbroken / "model.h5", broken / "model.h5"), [])


@unittest.skipUnless(MLEARN.is_dir(), f"the real data are not at {MLEARN}")
class Quality(CliTest):
    def test_the_linear_start_is_right_on_real_data(self):
        """The full trainings take minutes: `locum benchmark train-mlearn-si`."""
        outcome = run("train", ROOT / "inputs/mlearn/si.toml", "--set", f'data.root="{MLEARN}"', "--set",
                      "training.network=false", "--set", "training.fold=1", "--output", self.folder / "si")
        self.assertSucceeds(outcome)
        values = dict(re.findall(r"test/(\S+)\s+([\d.]+)", outcome.text))
        self.assertLess(float(values["force_rmse_eV_per_A"]), 0.110)  # seen: 0.1025 … 0.1036 in folds 1 to 5
        self.assertLess(float(values["energy_rmse_meV_per_atom"]), 5.0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
