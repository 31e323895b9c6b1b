"""Grafana's own types of a dashboard: @grafana/schema, which Grafana's makers publish, and TypeScript's compiler.

Every object is written into the program as a literal, so that the compiler refuses unknown keys as well as wrong types.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PINNED = Path(__file__).parent / "grafana"
"""package.json and package-lock.json with the versions."""
PLACE = ROOT / ".cache" / "grafana-schema"
LIMIT = 300
"""Seconds that npm may take to fetch, and the compiler to check; it takes some ten."""

PANELS = {
    "timeseries": "timeseries",
    "stat": "stat",
    "gauge": "gauge",
    "bargauge": "bargauge",
    "barchart": "barchart",
    "state-timeline": "statetimeline",
    "table": "table",
}
"""Where @grafana/schema has the options of a visualisation."""
WITHOUT_FIELDS = {"stat", "gauge"}
"""Visualisations without field settings of their own."""
TARGET = """interface Target {
  refId: string; datasource: { type: "prometheus"; uid: string }; editorMode: "code" | "builder"; expr: string;
  legendFormat: string; format: "time_series" | "table" | "heatmap"; instant: boolean; range: boolean;
}"""
"""A query of the Prometheus data source; @grafana/schema leaves it to the plugin.

https://github.com/grafana/grafana/blob/main/packages/grafana-prometheus/src/dataquery.ts
"""


PLAIN = """type Plain<T> = T extends string ? `${T}` : T extends (infer E)[] ? Plain<E>[]
  : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;"""
"""A type as JSON has it: its enumerations are words."""


def install() -> Path:
    """Return a folder with the pinned packages.

    Without node or npm the test is skipped; if npm cannot install them, it fails with what npm says.
    """
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (apt install nodejs npm)")
    PLACE.mkdir(parents=True, exist_ok=True)
    lock = (PINNED / "package-lock.json").read_text()
    done = PLACE / "installed"
    if not done.exists() or done.read_text() != lock:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PINNED / name, PLACE / name)
        words = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        fetched = subprocess.run(words, cwd=PLACE, check=False, timeout=LIMIT, capture_output=True, text=True)
        if fetched.returncode:
            pytest.fail(f"{' '.join(words)} in {PLACE}:\n{fetched.stdout}{fetched.stderr}", pytrace=False)
        done.write_text(lock)
    return PLACE


def complaints(*boards: dict[str, Any]) -> list[str]:
    """Return what the compiler has against dashboards; nothing if all is well."""
    place = install()
    files = [f"board{number}.ts" for number in range(len(boards))]
    for file, board in zip(files, boards, strict=True):
        (place / file).write_text(program(board))
    words = ["npx", "--no-install", "tsc", "--noEmit", "--strict", "--skipLibCheck"]
    words += ["--module", "nodenext", "--moduleResolution", "nodenext", "--pretty", "false"]
    done = subprocess.run([*words, *files], cwd=place, check=False, timeout=LIMIT, capture_output=True, text=True)
    assert done.returncode == 0 or "error TS" in done.stdout, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if "error TS" in line]


def program(board: dict[str, Any]) -> str:
    """Return a program that does not compile if a dashboard is not as Grafana's types say."""
    lines = ['import type { Dashboard, Panel, RowPanel, VariableModel } from "@grafana/schema";', PLAIN, TARGET]
    lines += [f"import type * as {_name(kind)} from {json.dumps(_module(folder))};" for kind, folder in PANELS.items()]
    whole = {**board, "panels": [], "templating": {"list": []}}
    lines.append(f"const dashboard: Plain<Dashboard> = {json.dumps(whole)};")
    for number, choice in enumerate(board["templating"]["list"]):
        lines.append(f"const variable{number}: Plain<VariableModel> = {json.dumps(choice)};")
    for panel in board["panels"]:
        lines += _panel(panel)
    return "\n".join(lines) + "\n"


def _panel(panel: dict[str, Any]) -> list[str]:
    number, kind = panel["id"], panel["type"]
    if kind == "row":
        return [f"const row{number}: Plain<RowPanel> = {json.dumps(panel)};"]
    defaults = panel["fieldConfig"]["defaults"]
    custom = defaults.get("custom", {})
    bare = {**panel, "options": {}, "targets": []}
    bare["fieldConfig"] = {**panel["fieldConfig"], "defaults": {k: v for k, v in defaults.items() if k != "custom"}}
    lines = [
        f"const panel{number}: Plain<Panel> = {json.dumps(bare)};",
        f"const options{number}: Plain<{_name(kind)}.Options> = {json.dumps(panel['options'])};",
        f"const targets{number}: Target[] = {json.dumps(panel['targets'])};",
    ]
    if kind not in WITHOUT_FIELDS and kind != "bargauge":
        lines.append(f"const custom{number}: Plain<Partial<{_name(kind)}.FieldConfig>> = {json.dumps(custom)};")
    elif custom:
        lines.append(f"const custom{number}: never = {json.dumps(custom)};")
    return lines


def _name(kind: str) -> str:
    return kind.replace("-", "")


def _module(folder: str) -> str:
    return f"./node_modules/@grafana/schema/dist/types/raw/composable/{folder}/panelcfg/x/types.gen.js"
