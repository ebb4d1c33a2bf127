"""Distribution of meterbeam; `requirements.txt` pins the exact versions that these ranges were tested with."""

import os
import shutil
from pathlib import Path

from setuptools import find_packages, setup

# The compiled part is optional, since the same is done in Python, slower; METERBEAM_NATIVE=required insists on it.
REQUIRED = os.environ.get("METERBEAM_NATIVE") == "required"
COMPILED = []
try:
    from setuptools_rust import Binding, RustExtension
except ImportError as error:
    if REQUIRED:
        raise SystemExit("METERBEAM_NATIVE=required needs setuptools-rust, which is not installed") from error
else:
    # Without cargo no extension is offered, or a wheel without one would be called one for this platform.
    if REQUIRED or shutil.which("cargo"):
        name, crate = "transforms.native._native", "native/Cargo.toml"
        COMPILED.append(
            RustExtension(name, crate, binding=Binding.PyO3, debug=False, optional=not REQUIRED, py_limited_api=True)
        )

RUNTIME = [
    "apache-beam>=2.77,<2.78",
    "backports.zstd>=1.0,<2; python_version < '3.14'",
    "boto3>=1.40",
    "botocore>=1.40",
    "click>=8.1",
    "fastavro>=1.12,<2",
    "google-crc32c>=1.6",
    "isal>=1.7",
    "lz4>=4.4,<5",
    "msgspec>=0.21",
    "numpy>=2.0",
    "obstore>=0.10,<0.13",
    "pyarrow>=22,<26",
    "PyYAML>=6.0.2,<7",
    "rich>=13.9",
    "smart-open>=7.3",
    "urllib3>=2.3",
    "xxhash>=3.5",
]
DEMO = ["moto[server]>=5.1"]
DEVELOPMENT = [
    *DEMO,
    "boto3-stubs>=1.40",
    "build>=1.2",
    "duckdb>=1.4",
    "hypothesis>=6.130",
    "mypy>=1.18",
    "packaging>=24",
    "polars>=1.30",
    "psutil>=6",
    "pytest>=8.4",
    "pytest-timeout>=2.3",
    "pytest-xdist>=3.6",
    "ruff>=0.13",
    "setuptools>=77",
    "setuptools-rust>=1.10",
    "types-PyYAML>=6.0.12",
]

setup(
    name="meterbeam",
    version="0.1.0",
    description="Usage files in object storage to metering events, with proof that none was lost",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["pipelines", "pipelines.*", "transforms", "transforms.*"]),
    package_data={"transforms.mapping": ["presets/*.yaml", "presets/*.json"]},
    **({"rust_extensions": COMPILED} if COMPILED else {}),
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
    zip_safe=False,
    install_requires=RUNTIME,
    extras_require={"demo": DEMO, "dev": DEVELOPMENT},
    entry_points={"console_scripts": ["meterbeam = pipelines.cli:main"]},
)
