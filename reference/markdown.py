"""The little Markdown that the pages need."""

from collections.abc import Iterable, Sequence

HEAD = "<!-- Written by `make docs` from the code. Do not edit: change the code, and run it again. -->\n\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, ready to stand in a page."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").strip()


def code(text: object) -> str:
    """Return something as it is written in a file or on a command line."""
    return f"`{text}`" if str(text) else ""


def codes(words: Iterable[object]) -> str:
    """Return a list of such."""
    return ", ".join(code(word) for word in words)
