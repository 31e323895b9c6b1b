"""Every link leads somewhere, and every page can be found."""

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, links


def broken(page: Path) -> list[str]:
    found = []
    for path, anchor in links(page.read_text()):
        target = (page.parent / path) if path else page
        if not target.exists():
            found.append(path)
        elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text()):
            found.append(f"{path}#{anchor}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_in_a_page_lead_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_broken_link_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A `b` c.d\n\n[a](#a-b-cd) [b](#nowhere) [c](missing.md) [d](https://example.org/x#y)\n\n```\n[e](f)\n```\n"
    )
    assert broken(page) == ["#nowhere", "missing.md"]


def test_every_page_of_the_docs_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page.suffix == ".md" and page.exists() and page not in reached:
            reached.add(page)
            waiting += [(page.parent / path).resolve() for path, _ in links(page.read_text()) if path]
    assert [str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md") if page not in reached] == []
