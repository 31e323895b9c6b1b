"""Releases of Home Assistant, as far as what they accept differs."""

from functools import cache
from typing import Final, NamedTuple


class Version(NamedTuple):
    """A monthly release, such as 2025.4; patch releases accept the same."""

    year: int
    month: int

    def __str__(self) -> str:
        """Return it as Home Assistant writes it."""
        return f"{self.year}.{self.month}"


OLDEST: Final = Version(2025, 4)
"""The oldest release that what we announce has been tried against."""

MONTHS: Final = 12


@cache
def parse_version(text: str) -> Version:
    """Return the release named by `2025.4` or `2025.4.3`; raise ValueError, with what to write, for anything else."""
    parts = text.split(".")
    if len(parts) not in {2, 3} or not all(part.isascii() and part.isdigit() for part in parts):
        msg = 'write a release of Home Assistant in quotes, such as "2025.4" or "2025.10"'
        raise ValueError(msg)
    version = Version(int(parts[0]), int(parts[1]))
    if not 1 <= version.month <= MONTHS:
        msg = f"Home Assistant's releases are year.month; there is no month {version.month}"
        raise ValueError(msg)
    if version < OLDEST:
        msg = f'the oldest release supported is "{OLDEST}"; in YAML the quotes matter (2025.10 without them is 2025.1)'
        raise ValueError(msg)
    return version
