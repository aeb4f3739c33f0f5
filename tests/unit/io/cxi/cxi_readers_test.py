"""cxi_readers_test.py WRITER: what PtyPy, PyNX, CDTools and NeXus ask of our files, and what we make of theirs.

PtyPy (ptypy/experiment/hdf5_loader.py), PyNX (pynx/ptycho/runner/cxi.py, ptycho.py) and CDTools (tools/data/data.py) are
not on this machine in general; the checks look up what their sources look up, in their order.
"""
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-h5py)")
    sys.exit(77)

WRITER = sys.argv[1]
N, SIDE = 12, 8
HC = 12.39841984  # keV Å


def expected_counts(frames=N, nx=SIDE, ny=SIDE):
    f, i, j = np.meshgrid(np.arange(frames), np.arange(nx), np.arange(ny), indexing="ij")
    return (f * 101 + i * 17 + j * 5) % 60000


def expected_positions():  # Å: along rows (slow), along columns (fast)
    j = np.arange(N)
    return np.stack([-7.1 + 3.0 * (j // 5), 4.7 + 2.0 * (j % 5)], axis=1)


def ptypy(file, photons):
    intensities = file["entry_1/data_1/data"]
    slow, fast = (file["entry_1/data_1/translation"][:, index] for index in (1, 0))  # slow_index = 1, fast_index = 0
    assert intensities.shape[:1] == slow.shape == fast.shape
    mask = file["entry_1/instrument_1/detector_1/mask"]
    assert mask.shape == intensities.shape[-2:]
    assert (1 - mask[()]).sum() == SIDE * SIDE - 1  # mask.invert
    dark = file["entry_1/instrument_1/detector_1/dark"]
    assert dark.shape == intensities.shape[-2:] and dark.dtype == np.float32
    energy = float(file["entry_1/instrument_1/source_1/energy"][()].item()) / 1.602176634e-16  # recorded_energy.multiplier
    distance = float(file["entry_1/instrument_1/detector_1/distance"][()].item())
    psize = float(file["entry_1/instrument_1/detector_1/y_pixel_size"][()].item())
    wavelength = HC / energy if photons else HC / np.sqrt(energy * (energy + 2 * 510.99895))
    resolution = wavelength * 1e-10 * distance / (SIDE * psize)
    assert abs(resolution / 0.5e-10 - 1) < 1e-8
    np.testing.assert_allclose(np.stack([slow, fast], axis=1) * 1e10, expected_positions(), rtol=1e-12)
    np.testing.assert_array_equal(intensities[()], expected_counts())


def pynx(file):
    x, y = file["/entry_1/sample_1/geometry_1/translation"][0:2]
    assert len(x) == N  # at least 4
    assert isinstance(file["/entry_1/instrument_1/name"][()], bytes)
    assert file["/entry_1/instrument_1/source_1/energy"][()] / 1.60218e-16 > 0
    assert file["/entry_1/instrument_1/detector_1/distance"][()] == 1.0
    assert file["/entry_1/instrument_1/detector_1/x_pixel_size"][()] > 0
    np.testing.assert_array_equal(file["/entry_1/data_1/data"][[3, 4, 7]], expected_counts()[[3, 4, 7]])
    raw_mask = (file["/entry_1/instrument_1/detector_1/mask"][()] != 0).astype(np.int8)
    assert raw_mask.sum() == 1 and raw_mask[0, 1] == 1
    assert file["/entry_1/instrument_1/detector_1/dark"][()].shape == (SIDE, SIDE)
    np.testing.assert_allclose(np.stack([y, x], axis=1) * 1e10, expected_positions(), rtol=1e-12)


def cdtools(file):
    assert file["cxi_version"][()] >= 140
    translations = -file["entry_1/data_1/translation"][()]  # of the optics, in the laboratory's frame
    basis = file["entry_1/instrument_1/detector_1/basis_vectors"][()].transpose()
    along = translations @ (basis / np.linalg.norm(basis, axis=0))
    np.testing.assert_allclose(along * 1e10, expected_positions(), rtol=1e-12)


def nexus(file):
    assert file.attrs["default"] == "entry_1"
    entry = file["entry_1"]
    assert entry["definition"][()] == b"NXcxi_ptycho" and entry["title"][()] == b"a sample"
    classes = {"": "NXentry", "instrument_1": "NXinstrument", "instrument_1/source_1": "NXsource",
               "instrument_1/beam_1": "NXbeam", "instrument_1/detector_1": "NXdetector", "data_1": "NXdata",
               "sample_1": "NXsample", "sample_1/transformations": "NXtransformations", "probe": "NXdata"}
    for group, name in classes.items():
        assert entry["/entry_1/" + group].attrs["NX_class"] == name, group
    data = entry["data_1"]
    assert data.attrs["signal"] == "data" and list(data.attrs["axes"]) == ["x", ".", "."]
    assert data["x"].shape == data["y"].shape == (N,) and data.attrs["x_indices"] == 0
    detector = entry["instrument_1/detector_1"]
    assert data["data"] == detector["data"] == detector["data_1"]  # one and the same
    assert data["translation"] == detector["translation"]
    assert detector["translation"].attrs["axes"] == "translation:y:x"
    assert detector["translation"].attrs["units"] == "m"
    for name in ("distance", "x_pixel_size", "y_pixel_size", "beam_center_x", "beam_center_y"):
        assert detector[name].attrs["units"] == "m"
    for name in ("energy", "incident_beam_energy"):
        assert entry["instrument_1/beam_1/" + name].attrs["units"] == "J"
    assert entry["probe/data"].shape == (2, SIDE, SIDE) and entry["probe/data"].dtype == np.complex64
    assert entry["truth/object"].shape == (SIDE + 20, SIDE + 30)
    assert file["locum"].attrs["input"].startswith("[probe]")


def units(file):
    without = []
    file.visititems(lambda name, item: without.append(name)
                    if isinstance(item, h5py.Dataset) and "unit" not in item.attrs else None)
    assert not without, without


def pynx_result(file):
    entry = file["entry_1"]
    assert entry["object/data"].shape == (31, 29) and entry["object/data"].dtype == np.complex64
    assert entry["probe/data"].shape == (3, 8, 8)
    assert np.float32(entry["probe/x_pixel_size"][()]) == np.float32(0.5e-10)
    assert "mask" not in entry["result_1"] and "mask" not in entry["result_2"]
    assert entry["background/data"].shape == (8, 8)
    assert entry["positions/data"].shape == (4, 5)
    for name in ("source_1/energy", "detector_1/distance", "detector_1/x_pixel_size", "detector_1/y_pixel_size"):
        assert entry["instrument_1/" + name][()] > 0


def cxi_result(file):
    image = file["entry_1/image_1"]
    assert image["data_space"][()] == b"real" and image["is_fft_shifted"][()] == 0
    np.testing.assert_allclose(image["image_size"][()], [29 * 0.5e-10, 31 * 0.5e-10])
    np.testing.assert_allclose(image["phase"][()], np.angle(image["data"][()]), atol=1e-6)
    for name in ("image_1", "image_2", "uncertainty", "who", "r_factor", "fourier_ring_correlation"):
        group = file["entry_1/" + name]
        assert group.attrs["NX_class"] == "NXdata"
        signal, axes = group[group.attrs["signal"]], list(group.attrs["axes"])
        assert [group[axis].shape[0] for axis in axes if axis != "."] == list(signal.shape[-2:])[-len(axes):]
    assert list(file["entry_1/frames_1"].attrs["auxiliary_signals"]) == ["handed_back"]
    assert file["entry_1/process_1"].attrs["seed"] == "7"


def read(path, *keys):
    run = subprocess.run([WRITER, "read", path, *keys], capture_output=True, text=True)
    if run.returncode:
        return run.stdout + run.stderr
    found = {"position": [], "counts": {}}
    for line in run.stdout.splitlines():
        word, *numbers = line.split()
        numbers = [float(number) for number in numbers]
        if word == "position":
            found["position"].append(numbers)
        elif word == "counts":
            found["counts"][int(numbers[0])] = numbers[1:]
        else:
            found[word] = numbers
    frames, nx, ny = (int(number) for number in found["frames"])
    found["counts"] = np.array([found["counts"][frame] for frame in range(frames)]).reshape(frames, nx, ny)
    found["position"] = np.array(found["position"])
    return found


def pynx_file(file, counts, **storage):
    """As PyNX's save_ptycho_data_cxi writes it."""
    positions = expected_positions()
    file.create_dataset("cxi_version", data=140)
    entry = file.create_group("entry_1")
    translation = np.zeros((3, N), dtype=np.float32)
    translation[0], translation[1] = positions[:, 1] * 1e-10, positions[:, 0] * 1e-10
    entry.create_dataset("sample_1/geometry_1/translation", data=translation)
    entry["data_1/translation"] = h5py.SoftLink("/entry_1/sample_1/geometry_1/translation")
    entry.create_dataset("instrument_1/source_1/energy", data=HC * 1.602176634e-16)  # 1 Å
    detector = entry.create_group("instrument_1/detector_1")
    detector.create_dataset("data", data=counts, **storage)
    for name, value in (("distance", 2.0), ("x_pixel_size", 1 / 4.0), ("y_pixel_size", 1 / 4.0)):  # 1 Å in the object
        detector.create_dataset(name, data=value)
        detector[name].attrs["units"] = "m"
    entry["data_1/data"] = h5py.SoftLink("/entry_1/instrument_1/detector_1/data")


def expect(found, counts, positions=expected_positions(), pixel=1.0, precision=1e-6):
    assert isinstance(found, dict), found
    np.testing.assert_array_equal(found["counts"], counts)
    np.testing.assert_allclose(found["position"], positions, rtol=precision)
    np.testing.assert_allclose(found["pixel"], [pixel, pixel], rtol=1e-8)


def files_of_others(folder):
    path, counts = folder + "/other.h5", expected_counts() % 120
    ways = [dict(dtype=kind) for kind in ("u1", "<i2", ">u2", ">i4", "<u8", "f2", ">f4", "f8")]
    ways += [dict(chunks=(1, SIDE, SIDE), shuffle=True, compression="gzip"), dict(chunks=(5, 3, 4), compression="gzip"),
             dict(chunks=(N, SIDE, SIDE), fletcher32=True), dict(maxshape=(None, SIDE, SIDE), chunks=(7, 2, 8))]
    for k, way in enumerate(ways):
        with h5py.File(path, "w", libver=("earliest", "latest")[k % 2]) as file:
            pynx_file(file, counts, **way)
        found = read(path)
        expect(found, counts)
        assert abs(found["wavelength"][0] - 1) < 1e-8 and found["electrons"] == [0]
    with h5py.File(path, "w") as file:
        pynx_file(file, counts, compression="lzf")
    message = read(path)
    assert "lzf" in message and "32000" in message and "h5repack" in message, message
    with h5py.File(path, "w") as file:  # virtual and external: how detectors write
        pynx_file(file, counts)
    for kind in ("virtual", "external"):
        with h5py.File(folder + "/link.h5", "w") as file:
            file["entry_1"] = h5py.ExternalLink("other.h5", "/entry_1")
            if kind == "virtual":
                layout = h5py.VirtualLayout(shape=counts.shape, dtype=counts.dtype)
                layout[:5] = h5py.VirtualSource("other.h5", "entry_1/data_1/data", shape=counts.shape)[:5]
                layout[5:] = h5py.VirtualSource("other.h5", "entry_1/data_1/data", shape=counts.shape)[5:]
                file.create_virtual_dataset("virtual", layout)
        expect(read(folder + "/link.h5", *(['data = "/virtual"'] if kind == "virtual" else [])), counts)


def masks_and_units(folder):
    path, counts = folder + "/other.h5", expected_counts()
    with h5py.File(path, "w") as file:
        pynx_file(file, counts.astype("f4"))
        file["entry_1/data_1/data"][4, 2, 2] = np.nan
        good = np.ones((SIDE, SIDE), dtype=bool)
        good[2, 2] = False
        file["good"] = good
        file["bits"] = np.where(good, 0x1800, 0x4).astype("u4")  # hot; corrected and with signal
        file["eV"] = HC * 1000
        file["eV"].attrs["units"] = "eV"
        file["bare"] = HC * 1000
        file["m_and_mm/x"], file["m_and_mm/y"] = expected_positions().T * 1e-7
    expected = np.where(good, counts, 0)
    message = read(path)
    assert "frame 4" in message and "pixel (2, 2)" in message and "not a number" in message, message
    expect(read(path, 'mask = "/good"', 'mask_is = "good"'), expected)
    expect(read(path, 'mask = "/bits"', 'energy = "/eV"'), expected)
    message = read(path, 'mask = "/bits"', 'energy = "/bare"')
    assert "is it in eV?" in message, message
    expect(read(path, 'mask = "/bits"', 'energy = "/bare"', 'energy_unit = "eV"'), expected)
    two = ('mask = "/bits"', 'positions_x = "/m_and_mm/x"', 'positions_y = "/m_and_mm/y"')
    expect(read(path, *two, 'positions_unit = "mm"'), expected)
    message = read(path, *two, 'positions_unit = "pm"')
    assert "taken as pm" in message and "mm would be plausible" in message, message


def cubes(folder):
    """4D-STEM as py4DSTEM writes it (EMD 1.0), and a raster with places of rows and columns (PtyPy)."""
    path, counts = folder + "/cube.h5", expected_counts().reshape(3, 4, SIDE, SIDE)
    raster = np.array([(1.5 * i, 2.5 * j) for i in range(3) for j in range(4)])
    with h5py.File(path, "w") as file:
        cube = file.create_group("datacube_root/datacube")
        cube.create_dataset("data", data=counts)
        for d, (start, step, unit) in enumerate(((0, 0.15, "nm"), (0, 0.25, "nm"), (-0.5, 0.125, "A^-1"),
                                                 (-0.5, 0.125, "A^-1"))):
            cube.create_dataset(f"dim{d}", data=[start, start + step])
            cube[f"dim{d}"].attrs["units"] = unit
    expect(read(path), counts.reshape(N, SIDE, SIDE), raster)
    with h5py.File(path, "w") as file:
        file["patterns"] = counts
        file["slow"], file["fast"] = 1.5 * np.arange(3), 2.5 * np.arange(4)
    keys = ("reciprocal_pixel = 0.125", 'positions_x = "/slow"', 'positions_y = "/fast"', 'positions_unit = "Angstrom"')
    expect(read(path, *keys), counts.reshape(N, SIDE, SIDE), raster)
    message = read(path, *keys[:1])
    assert "found no positions for 12 frames" in message and "scan_step" in message, message


with tempfile.TemporaryDirectory() as folder:
    path = folder + "/frames.cxi"
    for kind in ("photons", "electrons"):
        subprocess.run([WRITER, "frames", path, str(N), str(SIDE), str(SIDE), kind], check=True, stdout=subprocess.DEVNULL)
        with h5py.File(path) as file:
            ptypy(file, kind == "photons")
            for check in (pynx, cdtools, nexus, units):
                check(file)
    subprocess.run([WRITER, "result", path], check=True)
    with h5py.File(path) as file:
        for check in (pynx_result, cxi_result, units):
            check(file)
    print("PtyPy, PyNX, CDTools and NeXus find what they look for")
    for check in (files_of_others, masks_and_units, cubes):
        check(folder)
    print("files of PyNX, of detectors, of py4DSTEM and of PtyPy's kind are read")
