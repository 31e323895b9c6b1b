"""What `heliopost check --offline` finds in files without trying anything."""

import pytest

from tests.edge.test_cli import check, house, run
from tests.edge.writing import Desk

__all__ = ["house"]


@pytest.mark.parametrize("key", ["ca", "certificate"])
def test_a_certificate_that_is_missing_is_found_and_named(
    house: Desk, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    code, told = check(house, capsys, f"mqtt: {{host: broker, tls: {{{key}: {house.folder}/lost.pem}}}}\n")
    assert code == 1
    assert "FAILED  mqtt.tls: The file of mqtt.tls." in told
    assert "cannot be used: DESK/lost.pem: No such file or directory. Check its path" in told
    assert "Not yet: mqtt.tls must be mended first." in told


@pytest.mark.parametrize(
    ("password", "noted"),
    [("growatt #2026", True), ("growatt#2026", False), ('"growatt #2026"', False), ('"growatt"  # of the app', False)],
)
def test_a_password_that_is_cut_off_at_a_number_sign_is_noted(
    house: Desk,
    capsys: pytest.CaptureFixture[str],
    password: str,
    noted: bool,  # noqa: FBT001
) -> None:
    house.file.write_text(f"accounts:\n  home:\n    provider: growatt\n    username: u\n    password: {password}\n")
    assert run("check", "--offline") == 0
    told = capsys.readouterr().out
    note = "note    accounts.home.password: what follows the # on line 5 does not belong to it"
    assert (note in told) == noted
    assert "2026" not in told
