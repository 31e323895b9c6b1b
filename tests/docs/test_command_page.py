"""docs/commands.md says every word that a program may get, and its configurations can be used."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import cli
from app.commands.carrier import CODES
from app.commands.journal import Status
from app.commands.request import FIELDS
from app.config import load
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "commands.md").read_text()
ROWS = {name: row for row in re.findall(r"(?m)^\|.*\|$", PAGE) for name in re.findall(r"^\| `([^`]+)` \|", row)}
ENDERS = {"CommandError", "Invalid", "end", "_end", "_end_all", "_yes"}


def codes() -> Iterator[str]:
    """Yield the codes that commands end with, as they stand in the source."""
    for path in sorted((ROOT / "app" / "commands").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ENDERS:
                texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
                yield from (text for text in texts if re.fullmatch(r"[a-z]+(_[a-z]+)*", text))


FOUND = sorted({*codes(), *CODES.values(), "duplicate", "conflict"})
"""The last two are given to whoever asks again (app/commands/answers.py)."""


def test_every_code_is_in_the_table() -> None:
    assert len(FOUND) > 20
    table = PAGE.partition("### Codes")[2].partition("## Undo")[0]
    assert set(re.findall(r"(?m)^\| `([a-z_]+)` \|", table)) == set(FOUND)


def test_every_end_is_in_the_table() -> None:
    table = PAGE.partition("## Answers")[2].partition("### Codes")[0]
    assert set(re.findall(r"(?m)^\| `([a-z_]+)` \|", table)) == {str(status) for status in Status}


def test_every_field_of_a_request_is_in_the_table() -> None:
    assert ROWS.keys() >= FIELDS


def test_every_exit_code_is_in_the_table() -> None:
    told = {int(number) for number in re.findall(r"(?m)^\| (\d+) \|", PAGE)}
    names = ("DONE", "FAILED", "REJECTED", "NOT_DONE", "EXPIRED", "SUPERSEDED", "CONFIG", "INTERRUPTED")
    assert told == {getattr(cli, name) for name in names} | {2}


@pytest.mark.parametrize("block", re.findall(r"(?m)^```yaml\n((?:.|\n)*?)^```", PAGE))
def test_the_configurations_of_the_page_can_be_used(block: str, tmp_path: Path) -> None:
    token = tmp_path / "confirm_token"
    token.write_text("long enough")
    file = tmp_path / "config.yaml"
    account = "accounts:\n  home: {provider: growatt, username: demo, password: s3cret-Zq7}\n"
    file.write_text(account + block.replace("/run/secrets/confirm_token", str(token)))
    assert load(file, environ={}).commands.enabled
