"""The project's own rules, where no linter knows them."""

import ast
import importlib
import inspect
import pkgutil
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import app
from app import errors, points
from app.model import BINARY, NUMERIC, Kind, Point
from app.plausibility import RULES

ROOT = Path(__file__).parent.parent
SOURCES = ("app", "simulator", "bench", "reference", "trials", "deploy", "tests")
CODE = sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*.py"))
CATALOGUES = sorted((ROOT / "app" / "providers").glob("*/catalogue*.py"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "simulator").rglob("*.md")])

LONG_FILES: dict[str, str] = {}
"""Files over 400 lines that are no catalogue, each with its reason."""
LONG_FUNCTIONS: dict[str, str] = {}
"""Functions over 50 lines (`path:name`), each with its reason."""


def is_data(path: Path) -> bool:
    """Return whether a file holds a catalogue: a table, whose length is that of what it describes."""
    return path.name.startswith(("catalogue", "fields", "names")) or path.name == "points.py"


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def modules() -> Iterator[str]:
    yield from (module.name for module in pkgutil.walk_packages(app.__path__, "app.") if "__main__" not in module.name)


def tracked() -> list[Path]:
    """Return what Git tracks, or everything outside the tools' own folders where there is no Git."""
    if (ROOT / ".git").exists() and (git := shutil.which("git")):
        names = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
        return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]
    tools = {".venv", ".cache", ".git", ".hypothesis", "__pycache__", "build"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not tools & set(path.relative_to(ROOT).parts)]


# --- size and shape of the code


def test_no_file_is_longer_than_a_reader_takes_in() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in CODE if not is_data(path)}
    assert {name for name, length in lengths.items() if length > 400} == set(LONG_FILES)


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{function.name}"
        for path in CODE
        for function in functions(ast.parse(path.read_text()))
        if (function.end_lineno or 0) - function.lineno + 1 > 50
    }
    assert long == set(LONG_FUNCTIONS)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_catalogue_is_data(path: Path) -> None:
    logic = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.If, ast.IfExp, ast.For, ast.While)
    loops = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Try)
    found = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, logic + loops)]
    assert [f"line {node.lineno}" for node in found] == []


def test_nothing_is_left_unfinished() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b|" + "pragma: " + "no cover")
    here = Path(__file__)
    assert [str(path) for path in CODE if path != here and marks.search(path.read_text())] == []


# --- errors


def test_every_error_descends_from_the_one_base() -> None:
    ours = {
        value
        for name in modules()
        for value in vars(importlib.import_module(name)).values()
        if inspect.isclass(value) and issubclass(value, BaseException) and value.__module__.startswith("app")
    }
    assert [error.__qualname__ for error in ours if not issubclass(error, errors.BridgeError)] == []


def test_every_error_says_what_follows_from_it() -> None:
    classes = [
        value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, errors.BridgeError)
    ]
    tree = (errors.__doc__ or "").split("\n", 2)[2]
    assert [error.__name__ for error in classes if not error.__doc__ or error.__name__ not in tree] == []


# --- the vocabulary


def defined_points() -> list[Point]:
    values = [value for name, value in vars(points).items() if name.isupper() and name != "VOCABULARY"]
    single = [value for value in values if isinstance(value, Point)]
    numbered = [point for value in values if isinstance(value, dict) and 1 in value for point in value.values()]
    return single + numbered


def test_every_point_has_a_key_of_its_own() -> None:
    keys = [point.key for point in defined_points()]
    assert sorted(keys) == sorted(set(keys)) == sorted(points.VOCABULARY)


@pytest.mark.parametrize("point", points.VOCABULARY.values(), ids=lambda point: point.key)
def test_a_point_is_well_formed(point: Point) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", point.key)
    assert point.key not in {"state", "availability", "attributes", "event", "set", "result", "measured_at"}
    assert point.title
    assert "{" not in point.title
    assert point.unit == "" or point.kind in NUMERIC, "only a number has a unit"
    assert not point.words or point.kind is Kind.STATE
    assert point.kind not in BINARY or not point.unit
    assert point.low is None or point.high is None or point.low < point.high


# --- what the pages promise


def test_every_plausibility_rule_has_a_line_in_the_docs() -> None:
    page = (ROOT / "docs" / "plausibility.md").read_text()
    assert [rule for rule in RULES if f"`{rule}`" not in page] == []


def test_the_commands_in_the_pages_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        (page.name, target)
        for page in PAGES
        for target in re.findall(r"(?:`|^|= *|\$ )make ([a-z-]+)\b", page.read_text(), re.MULTILINE)
    }
    assert {(page, target) for page, target in named if target not in targets} == set()
    assert {("README.md", "demo"), ("README.md", "test")} <= named


def test_the_architecture_gives_every_module_its_place() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    places = (
        path.stem for path in (ROOT / "app").iterdir() if not path.name.startswith("__") and path.suffix in {"", ".py"}
    )
    assert [name for name in places if not re.search(rf"\b{name}(\.py|/)", page)] == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["demo"]]
    for group in project["dependency-groups"].values():
        wanted += group
    page = (ROOT / "docs" / "dependencies.md").read_text().lower()
    assert [name for want in wanted if f"| {(name := bare(want))} |" not in page] == []


# --- the lock


def bare(requirement: str) -> str:
    return re.split(r"[<>=;\[ ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def locked(name: str) -> dict[str, str]:
    """Return name -> version and marker of a lock file."""
    lines = re.findall(r"^([A-Za-z0-9._-]+)==(.*?) \\$", (ROOT / name).read_text(), re.MULTILINE)
    return {bare(package): version for package, version in lines}


def test_the_lock_covers_all_that_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {
        bare(want)
        for want in [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["demo"]]
    }
    assert wanted - locked("requirements.txt").keys() == set()
    grouped = {bare(want) for group in project["dependency-groups"].values() for want in group}
    assert grouped - locked("requirements-dev.txt").keys() == set()


def test_both_lock_files_agree() -> None:
    development = locked("requirements-dev.txt")
    assert {name: development.get(name) for name in locked("requirements.txt")} == locked("requirements.txt")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_a_lock_says_what_to_install_and_not_where_from(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    assert [line for line in lines if line.startswith("-") or "://" in line] == []
    starts = [number for number, line in enumerate(lines) if line and line[0] not in " #"]
    assert [lines[number] for number in starts if "--hash=sha256:" not in lines[number + 1]] == []


# --- the repository


def test_no_registry_and_no_workshop_is_named() -> None:
    hosts = [
        ".".join(parts)
        for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("deb", "debian", "org"))
    ]
    names = re.compile("|".join(re.escape(host) for host in hosts) + r"|(?<![\w.])/(?:work|opt/pypi)/")
    found = {str(path.relative_to(ROOT)) for path in tracked() if names.search(path.read_text(errors="ignore"))}
    assert found == set()


def test_the_product_does_not_know_the_researchers_folder() -> None:
    outside = re.compile(r"\.\./shared|\"shared\"|\.library")
    found = {str(path.relative_to(ROOT)) for path in tracked() if outside.search(path.read_text(errors="ignore"))}
    assert {name for name in found if not name.startswith("tests/")} == set()


def test_no_file_records_the_hosts_of_an_index() -> None:
    assert [
        path.name for path in tracked() if path.name in {"uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock"}
    ] == []
