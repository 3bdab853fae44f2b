"""A Python environment per trainer under `.loaders/NAME`, over the project's own so that little is installed.

`WINNOW_SLIME=FOLDER` (and so for each trainer) takes a checkout instead of the repository that the requirements name.
"""

import hashlib
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = " @ git+"
"""What marks a requirement that a checkout can stand for."""


def checkout_variable(name: str) -> str:
    """Name the environment variable that gives a checkout of a trainer."""
    return f"WINNOW_{name.replace('-', '_').upper()}"


def build_environment(root: Path, name: str) -> Path:
    """Make the environment of one trainer, or take the one that is there.

    Args:
        root: folder of all environments.
        name: the trainer.

    Returns:
        Its Python.

    Raises:
        subprocess.CalledProcessError: something could not be installed.
    """
    requirements = HERE / f"requirements-{name}.txt"
    checkout = os.environ.get(checkout_variable(name), "")
    wanted = hashlib.sha256(requirements.read_bytes() + checkout.encode()).hexdigest()
    folder = root / name
    python, stamp = folder / "bin" / "python", folder / "installed"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    venv.create(folder, with_pip=False, clear=True)
    own = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    paths = [*filter(None, [checkout]), sysconfig.get_path("purelib")]
    (own / "project.pth").write_text("\n".join(paths) + "\n", encoding="utf-8")
    wanted_packages = [line for line in _packages(requirements) if not (checkout and REPOSITORY in line)]
    if wanted_packages:
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps"]
        subprocess.run([*pip, *wanted_packages], check=True)
    stamp.write_text(wanted, encoding="utf-8")
    return python


def _packages(requirements: Path) -> list[str]:
    lines = [line.partition("#")[0].strip() for line in requirements.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line]
