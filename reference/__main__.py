"""`python -m reference [folder]`: write every page (to docs/reference/, unless another folder is named)."""

import asyncio
import sys
from pathlib import Path

from reference import configuration, errors, points, settings, topics

FOLDER = Path(__file__).parents[1] / "docs" / "reference"


def main(folder: Path) -> None:
    """Write every page, and remove what an earlier one has left behind."""
    pages = {
        "configuration.md": configuration.page(),
        "errors.md": errors.page(),
        "settings.md": settings.page(),
        "topics.md": asyncio.run(topics.page()),
        **points.pages(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text)
    print(f"{len(pages)} pages are in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
