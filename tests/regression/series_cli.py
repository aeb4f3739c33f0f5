"""What the tests of series of ptychographic data sets share: a small one."""

from locum_cli import INPUTS

INPUT = INPUTS / "imaging/quickstart.toml"
SMALL = ["simulation.pixels=32", "simulation.counts=1e5", "simulation.probe.aberrations.defocus=45.0",
         "simulation.scan.points=[6,6]", "data.points=[5,6]", "data.count=8", "training.epochs=2", "training.validation_fraction=0.4",
         "network.channels=[8,8]", "network.window=32", "network.border=8", "series.sets=3", "series.other_sets=1", "series.other_first=2",
         "series.tile=12", "gate.audit_rate=0.2", "gate.labels_to_update=6", "gate.max_updates=1",
         "training.update_epochs=1", "compare.sets=[0]", "compare.trace=10", "ptychography.sweeps=30",
         "output.training_checkpoint_epochs=1"]
# The experiment alone, for data sets in files.
EXPERIMENT = [a for a in SMALL if a.startswith("simulation.")] + ["simulation.aperture=0.3125", "simulation.scan.jitter=0.1"]


def options(out, *more, small=SMALL):
    return ["learn", INPUT, "--output", out, *[w for a in small for w in ("--set", a)], *more]
