"""The demo as it looks in a terminal: the real one, after some hours of a simulated day, as an SVG.

rich writes text with the width that each word must have, so that any monospaced font will do; its own template
fetches one from a server, which neither GitHub nor an offline reader allows.
"""

import asyncio
import io
import re
from datetime import timedelta
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console, Group
from rich.terminal_theme import MONOKAI

from app.cli import demo
from app.cli.demo_view import picture

SPAN = timedelta(hours=3)
"""Of the simulated day, which begins at 07:00 UTC: at ten the sun shines on most of the plants."""
LIMIT = 120.0
"""Seconds until the demo must have shown everything."""
WIDTH = 132
"""Columns: enough for the column of the models, which a narrower terminal leaves out."""
FORMAT = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code, monospace", "Menlo, Consolas, 'DejaVu Sans Mono', monospace"
)


def draw(folder: Path) -> list[Path]:
    """Play the demo, and draw what it shows at the end."""
    console = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True)
    console.print(asyncio.run(_shown()))
    path = folder / "demo.svg"
    drawn = console.export_svg(title="make demo", theme=MONOKAI, code_format=FORMAT, unique_id="demo")
    path.write_text("\n".join(line.rstrip() for line in drawn.splitlines() if line.strip()) + "\n")
    return [path]


async def _shown() -> Group:
    """Return the view of a demo in which every device has been published and announced."""
    async with demo.set_up(speed=demo.SPEED, embedded=False) as stage, asyncio.timeout(LIMIT):
        await stage.daemon.ready.wait()
        await stage.witness.until(lambda: not stage.witness.missing(stage.device_ids))
        await stage.clock.sleep(SPAN - (stage.clock.now() - demo.BEGIN))
        return Group(*picture(demo.addresses(stage), demo.facts(stage), wide=True))
