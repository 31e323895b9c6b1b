"""CONTRIBUTING.md tells every command of the Makefile, and what continuous integration runs."""

import re

from tests.docs.pages import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text()


def test_every_command_of_the_makefile_is_in_the_table() -> None:
    known = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)) - {"help"}
    assert set(re.findall(r"^\| `make ([a-z-]+)`", PAGE, re.MULTILINE)) == known


def test_what_continuous_integration_runs_is_what_the_page_says() -> None:
    (parts,) = re.findall(r"^for part in (.*); do$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    (told,) = re.findall(r"^`\.ci/run` is what continuous integration runs: (.*?)\. ", PAGE, re.MULTILINE)
    assert re.findall(r"`make ([a-z-]+)`", told) == parts.split()
