"""A Python environment per trainer under `.loaders/NAME`, over the project's own so that little is installed.

`WINNOW_SLIME=FOLDER` (and so for each trainer) takes a checkout instead of what the requirements name.
"""

import hashlib
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

HERE = Path(__file__).parent


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
    checkout = os.environ.get(f"WINNOW_{name.replace('-', '_').upper()}", "")
    wanted = hashlib.sha256(requirements.read_bytes() + checkout.encode()).hexdigest()
    folder = root / name
    python, stamp = folder / "bin" / "python", folder / "installed"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    venv.create(folder, with_pip=False, clear=True)
    own = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    paths = [*filter(None, [checkout]), sysconfig.get_path("purelib")]
    (own / "project.pth").write_text("\n".join(paths) + "\n", encoding="utf-8")
    if not checkout:
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--requirement", str(requirements)], check=True)
    stamp.write_text(wanted, encoding="utf-8")
    return python
