"""picture_readers_test.py WRITER: Fiji's scale and values in the TIFF files, as tifffile reads them."""
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import tifffile
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-tifffile)")
    sys.exit(77)

# x to the right, y upwards: the first row is the largest y.
ramp = (np.arange(40)[None, :] + 100.0 * np.arange(20)[::-1, None])
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.argv[1], folder], check=True)
    with tifffile.TiffFile(folder + "/ramp.tif") as file:
        assert file.is_imagej and file.imagej_metadata["unit"] == "nm", file.imagej_metadata
        assert (file.imagej_metadata["min"], file.imagej_metadata["max"]) == (0.0, 1939.0)
        image = file.asarray()
        assert image.dtype == np.float32 and (image == ramp).all()
        for tag, pixel in (("XResolution", 0.025), ("YResolution", 0.05)):  # nm
            above, below = file.pages[0].tags[tag].value
            assert abs(below / above - pixel) < 1e-6 * pixel, (tag, above, below)
    with tifffile.TiffFile(folder + "/ramp16.tif") as file:
        image, about = file.asarray(), file.imagej_metadata
        assert image.dtype == np.uint16 and image.min() == 0 and image.max() == 65535
        # Half a step of 16 bits, and the nine digits of c1.
        assert np.abs(about["c0"] + about["c1"] * image - ramp).max() < 0.51 * 1939 / 65535
        assert about["vunit"] == "electrons" and about["cf"] == 0
print("tifffile finds values, scale and calibration")
