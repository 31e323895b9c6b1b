"""Write the dashboards again: `python -m deploy.grafana.generator`."""

import json
from pathlib import Path

from deploy.grafana.generator import bridge, home
from deploy.grafana.generator.parts import Json

FOLDER = Path(__file__).parents[1] / "dashboards"


def texts() -> dict[str, str]:
    """Return what each file of the folder `dashboards` must say, by its name."""
    made: dict[str, Json] = {"home.json": home.build(), "bridge.json": bridge.build()}
    return {name: json.dumps(board, indent=2, ensure_ascii=False) + "\n" for name, board in made.items()}


def main() -> None:
    """Write them."""
    for name, text in texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(FOLDER / name)


if __name__ == "__main__":
    main()
