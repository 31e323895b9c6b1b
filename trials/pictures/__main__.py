"""Draw all pictures into docs/pictures; `python -m trials.pictures dashboards` draws those of one module."""

import sys
import time
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
MODULES = ("dashboards", "homeassistant", "terminal")
"""Each has `draw(folder: Path) -> list[Path]`."""
LARGEST = 300_000
"""Bytes; the pictures are part of the repository."""


def main(words: Sequence[str] = ()) -> int:
    """Draw, and return the exit code: 1 if a picture failed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    return max([_drawn(name) for name in words or MODULES], default=0)


def _drawn(name: str) -> int:
    begun = time.monotonic()
    try:
        draw: Callable[[Path], list[Path]] = import_module(f"trials.pictures.{name}").draw
        pictures = draw(FOLDER)
    except BaseException as error:  # the next picture has its turn, whatever a library or pytest's skip raises
        if isinstance(error, KeyboardInterrupt):
            raise
        if type(error).__name__ != "Skipped":
            traceback.print_exc()
        print(f"{name}: not drawn: {error}", file=sys.stderr)
        return 1
    large = [path for path in pictures if path.stat().st_size > LARGEST]
    for path in pictures:
        print(f"{path} ({path.stat().st_size // 1000} kB)")
    for path in large:
        print(f"{path} is larger than {LARGEST // 1000} kB", file=sys.stderr)
    print(f"{name}: {time.monotonic() - begun:.0f} s")
    return 1 if large or not pictures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
