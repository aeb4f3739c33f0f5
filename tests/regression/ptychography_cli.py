"""What the tests of ptychography share: small data, and how they are simulated and reconstructed."""

import shutil
import tempfile
from pathlib import Path

from locum_cli import INPUTS, CliTest, run, settings

# 64 frames of 32 × 32 pixels: tenths of a second.
SMALL = [INPUTS / "imaging/ptychography_data.toml",
         *settings("simulation.pixels=32", "simulation.scan.points=[8,8]", "simulation.probe.aberrations.defocus=70.0",
                   "simulation.object.feature=6.0", "simulation.object.phase=0.6")]
RECONSTRUCTION = INPUTS / "imaging/reconstruction.toml"


class Ptychography(CliTest):
    def simulate(self, name, *arguments, ranks=1):
        out = self.folder / name
        self.assertSucceeds(run("simulate", *arguments, "--output", out, "--quiet", ranks=ranks))
        return out

    def reconstruct(self, name, data, *assignments, ranks=1):
        out = self.folder / name
        self.assertSucceeds(run("reconstruct", RECONSTRUCTION, *settings(f'data.file="{data}"', *assignments), "--output",
                                out, "--quiet", ranks=ranks))
        return out


class Shared(Ptychography):
    """Small data that several tests read."""

    @classmethod
    def setUpClass(cls):
        cls.shared = Path(tempfile.mkdtemp(prefix="locum_ptychography_"))
        cls.addClassCleanup(shutil.rmtree, cls.shared)
        outcome = run("simulate", *SMALL, "--output", cls.shared / "small", "--quiet")
        assert outcome.code == 0, outcome.text
        cls.data = cls.shared / "small/data.cxi"
