"""Makes a repository that the Supervisor can build from: this folder, and the program's own sources in it.

The Supervisor builds an app from its folder alone, so the sources must lie within. The result is complete: copy its
folder `heliopost` to Home Assistant's folder `addons`, or publish the whole as a Git repository of its own.

    python deploy/home-assistant-addon/pack.py build/home-assistant-addon
"""

import shutil
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
SOURCES: Final = ("app", "simulator", "pyproject.toml", "requirements.txt", "README.md", "LICENSE")
"""What the Dockerfile installs. No file called config.* may be among them: the Supervisor takes each for an app's."""
_LEFT: Final = shutil.ignore_patterns("__pycache__", "*.pyc", Path(__file__).name)


def pack(target: Path) -> Path:
    """Write the repository; return the app's folder in it. What an earlier run wrote there is replaced."""
    if target.exists():
        if not (target / "repository.yaml").is_file() and any(target.iterdir()):
            msg = f"{target} holds something else: name a folder that is empty or not there yet"
            raise SystemExit(msg)
        shutil.rmtree(target)
    shutil.copytree(HERE, target, ignore=_LEFT)
    app = target / "heliopost"
    (app / "source").mkdir()
    for name in SOURCES:
        source, place = ROOT / name, app / "source" / name
        if source.is_dir():
            shutil.copytree(source, place, ignore=_LEFT)
        else:
            shutil.copyfile(source, place)
    return app


def main() -> None:
    """Pack into the folder that the command line names."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its one argument
        raise SystemExit(__doc__)
    sys.stdout.write(f"The app is in {pack(Path(sys.argv[1]))}.\n")


if __name__ == "__main__":
    main()
