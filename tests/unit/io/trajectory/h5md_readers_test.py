"""h5md_readers_test.py WRITER: a trajectory of Locum, read with h5py and with MDAnalysis.

WRITER is write_sample_trajectory; the numbers are those of sample_trajectory.hpp. Exits 77 (skipped) where a reader is
missing.
"""
import subprocess
import sys
import tempfile
import warnings

try:
    import h5py
    import numpy as np
    import MDAnalysis
    from MDAnalysis.coordinates.H5MD import H5MDReader
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-h5py python3-mdanalysis)")
    sys.exit(77)

warnings.simplefilter("ignore")
FRAMES, ATOMS = 70, 37
KJ_PER_MOL = 96.48533212331  # 1 eV
frame, atom, axis = np.meshgrid(range(FRAMES), range(ATOMS), range(3), indexing="ij")
POSITION = 0.1 * atom + 0.01 * frame + 0.25 * axis
FORCE = 2.0 - POSITION


def check_units(name, item):
    if isinstance(item, h5py.Dataset):
        assert isinstance(item.attrs["unit"], str), name


with tempfile.TemporaryDirectory() as folder:
    path = folder + "/trajectory.h5"
    subprocess.run([sys.argv[1], path, str(FRAMES), str(ATOMS), "16"], check=True, stdout=subprocess.DEVNULL)

    with h5py.File(path) as file:
        assert list(file["h5md"].attrs["version"]) == [1, 1]
        assert file["h5md/creator"].attrs["name"] == "locum"
        assert file["h5md/creator"].attrs["version"] == "0.1.0"
        assert list(file["h5md/modules/units"].attrs["version"]) == [1, 0]
        group = file["particles/all"]
        assert list(group["box"].attrs["boundary"]) == ["periodic"] * 3
        assert group["box"].attrs["dimension"] == 3
        assert group["box/edges/value"].shape == (FRAMES, 3, 3)
        np.testing.assert_allclose(group["position/value"][:], POSITION, rtol=1e-15)
        np.testing.assert_allclose(group["force/value"][:], KJ_PER_MOL * FORCE, rtol=1e-11)
        assert group["force/value"].attrs["unit"] == "kJ mol-1 Angstrom-1"
        assert group["position/time"].attrs["unit"] == "fs"
        np.testing.assert_array_equal(group["velocity/step"][:], 10 * np.arange(FRAMES))
        np.testing.assert_array_equal(file["observables/temperature/value"][:], 300.0 + np.arange(FRAMES))
        assert file["observables/stress/value"].shape == (FRAMES, 3, 3)
        np.testing.assert_array_equal(file["observables/stress/step"][:], 10 * np.arange(FRAMES))
        file.visititems(check_units)

    # MDAnalysis keeps single precision: 1e-6 relative.
    universe = MDAnalysis.Universe.empty(ATOMS, trajectory=True, velocities=True, forces=True)
    universe.trajectory = H5MDReader(path)
    assert universe.trajectory.n_frames == FRAMES and universe.trajectory.n_atoms == ATOMS
    for k in (0, 33, FRAMES - 1):
        step = universe.trajectory[k]
        assert abs(step.time - 5.0e-3 * k) < 1e-9  # ps
        np.testing.assert_allclose(step.positions, POSITION[k], rtol=1e-6)
        np.testing.assert_allclose(step.velocities, POSITION[k], rtol=1e-6)  # Å/ps: 1e3 times 1e-3 of the position
        np.testing.assert_allclose(step.forces, KJ_PER_MOL * FORCE[k], rtol=2e-6, atol=1e-5)
        np.testing.assert_allclose(step.dimensions[:2], [11.0, np.hypot(11.5, 0.125 * k)], rtol=1e-6)
        assert step.data["temperature"] == 300.0 + k and step.data["step"] == 10 * k
    # Without a topology, by the group's second name.
    assert H5MDReader.parse_n_atoms(path) == ATOMS
    print(f"h5py {h5py.__version__} and MDAnalysis {MDAnalysis.__version__} read the trajectory")
