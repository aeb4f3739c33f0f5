"""emd_readers_test.py WRITER [MPIEXEC]: what readers of EMD ask of a file, step by step as they do it.

py4DSTEM (io/legacy: read_utils, legacy12/read_v0_9) and HyperSpy (rsciio/emd/_emd_ncem) are not on this machine in
general; the checks follow what their sources look up. NeXus' rules are those of its manual for NXdata.
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


def py4dstem(file):
    groups = [key for key in file if "emd_group_type" in file[key].attrs]
    assert groups == ["4DSTEM_simulation"], groups
    top = file[groups[0]]
    version = tuple(int(top.attrs["version_" + part]) for part in ("major", "minor", "release"))
    assert (0, 9, 0) <= version < (0, 12, 0), version  # chooses its reader
    assert top.attrs["emd_group_type"] == 2
    kinds = ["datacubes", "counted_datacubes", "diffractionslices", "realslices", "pointlists", "pointlistarrays"]
    found = {kind: sorted(top["data/" + kind]) for kind in kinds}
    assert found["datacubes"] == ["CBED_depth0000", "mean_CBED_depth0000"], found
    assert found["realslices"] == ["COM_depth0000", "HAADF_depth0000", "rings_depth0001"], found
    cube = np.array(top["data/datacubes/CBED_depth0000/data"])
    assert cube.shape == (7, 5, 3, 4) and cube.dtype == np.uint16, (cube.shape, cube.dtype)
    assert cube[2, 3, 1, 2] == (13 * 37 + 6 * 5 + 3 * 1001) % 60000
    assert top["data/realslices/COM_depth0000/dim3"].dtype.kind == "S"
    labels = top["data/realslices/COM_depth0000/dim3"].astype("S64")[:]  # refused where the text is said to be UTF-8
    assert [label.decode() for label in labels] == ["Q_x", "Q_y"]


def hyperspy(file):
    paths = []

    def collect(name, item):
        if isinstance(item, h5py.Dataset) and name.rsplit("/", 1)[1].startswith("data"):
            if file[name.rsplit("/", 1)[0]].attrs.get("emd_group_type", False):
                paths.append(name)

    file.visititems(collect)
    assert len(paths) == 5 and all(path.startswith("4DSTEM_simulation/data/") for path in paths), paths
    for path in paths:
        group = path.rsplit("/", 1)[0]
        assert group[-4:].isdigit()  # stacked by this number
        for k in range(file[path].ndim):
            axis = file[f"{group}/dim{k + 1}"]
            assert axis.shape == (file[path].shape[k],)
            assert isinstance(axis.attrs["name"], str) and axis.attrs["units"].startswith("[")
    assert file["4DSTEM_simulation/data/datacubes/CBED_depth0000/dim3"].attrs["units"] == "[Å^-1]"
    parameters = file["4DSTEM_simulation/metadata/metadata_0/original/simulation_parameters"].attrs
    assert parameters["E"] == 200.0 and parameters["sa"] == 20.0 and parameters["rx"] == 0.25
    assert list(parameters["c"]) == [5.43, 5.43, 54.3]


def nexus(file):
    entry = file[file.attrs["default"]]
    assert entry.attrs["NX_class"] == "NXentry"
    plot = entry[entry.attrs["default"]]
    assert plot.attrs["NX_class"] == "NXdata" and plot.name == "/entry/HAADF"
    for name in ("HAADF", "COM", "rings_depth0001", "CBED", "mean_CBED"):
        data = entry[name]
        signal = data[data.attrs["signal"]]
        assert [data[axis].shape[0] for axis in data.attrs["axes"]] == list(signal.shape)
    assert entry["CBED/data"] == file["4DSTEM_simulation/data/datacubes/CBED_depth0000/data"]  # one and the same
    source = entry["instrument/source"]
    assert source.attrs["NX_class"] == "NXsource" and source["energy"][()] == 200.0
    assert source["energy"].attrs["units"] == "keV"
    assert entry["instrument/HAADF"].attrs["NX_class"] == "NXdetector"
    assert entry["instrument/HAADF/outer_angle"][()] == 80.0
    positions = entry["instrument/probe/positions"]
    assert positions.shape == (35, 2) and positions.attrs["units"] == "Angstrom"
    assert list(positions[13]) == [entry["HAADF/R_x"][2], entry["HAADF/R_y"][3]]  # probe ix · 5 + iy
    assert entry["sample/name"][0] == b"silicon"
    assert entry["program_name"].attrs["version"] == "0.1.0"


def units(file):
    without = []
    file.visititems(lambda name, item: without.append(name)
                    if isinstance(item, h5py.Dataset) and "unit" not in item.attrs else None)
    assert not without, without


with tempfile.TemporaryDirectory() as folder:
    path = folder + "/scan.h5"
    subprocess.run([sys.argv[1], path, "7", "5"], check=True, stdout=subprocess.DEVNULL)
    with h5py.File(path) as scan:
        for check in (py4dstem, hyperspy, nexus, units):
            check(scan)
    print("py4DSTEM, HyperSpy and NeXus find what they look for")
