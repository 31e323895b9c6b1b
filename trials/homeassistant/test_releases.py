"""An installation that fails is a fault; only what a machine cannot have is left out, and said."""

from pathlib import Path

import pytest

from trials.homeassistant import releases
from trials.homeassistant.releases import NEW, OLD, InstallationError, Moved, Unavailable

Result = type[Exception] | None


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(releases, "CACHE", tmp_path)
    return tmp_path


def come_to(monkeypatch: pytest.MonkeyPatch, old: Result, new: Result) -> int:
    """Let both installations end so, and return the exit code."""
    for version, result in ((OLD, old), (NEW, new)):

        def make(_: str, place: Path, result: Result = result) -> None:
            if result is not None:
                msg = "that is why"
                raise result(msg)
            place.mkdir()

        monkeypatch.setitem(releases.RECIPES, version, (make, releases.RECIPES[version][1]))
    return releases.main()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (None, None, 0),
        (None, Unavailable, 0),
        (None, Moved, 0),
        (Unavailable, None, 0),
        (Unavailable, Moved, 1),
        (InstallationError, None, 1),
        (None, InstallationError, 1),
    ],
)
@pytest.mark.usefixtures("cache")
async def test_an_installation_that_fails_ends_the_command(
    monkeypatch: pytest.MonkeyPatch, old: Result, new: Result, code: int
) -> None:
    assert come_to(monkeypatch, old, new) == code


@pytest.mark.usefixtures("cache")
async def test_what_cannot_be_had_is_known_to_the_trials_and_what_failed_is_no_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    come_to(monkeypatch, InstallationError, Moved)
    with pytest.raises(Unavailable, match="that is why"):
        releases.installed(NEW)
    with pytest.raises(InstallationError, match="is not installed; type: "):
        releases.installed(OLD)
    come_to(monkeypatch, None, None)
    assert [releases.installed(version).version for version in (OLD, NEW)] == [OLD, NEW]


async def test_a_program_that_fails_is_quoted() -> None:
    with pytest.raises(InstallationError, match=r"no such thing: sh -c .* ended with 3:\nwhat it said"):
        releases.run(["sh", "-c", "echo what it said >&2; exit 3"], "no such thing")


async def test_a_mirror_that_is_away_is_no_reason_and_packages_that_do_not_fit_are(tmp_path: Path) -> None:
    program = tmp_path / "debootstrap"
    for said, error in (("E: Failed getting release file http://x", InstallationError), ("E: no such package", Moved)):
        program.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
        program.chmod(0o700)
        with pytest.raises(error, match=said):
            releases.bootstrap(str(program), tmp_path / "root")
