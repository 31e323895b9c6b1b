"""Names in the user's language."""

from importlib import import_module
from pkgutil import walk_packages
from typing import get_args

import pytest

from app import points
from app.model import Role
from app.providers import available
from app.rows import Catalogue
from app.sinks.homeassistant import HomeAssistantSettings
from app.sinks.homeassistant.bridge_device import describe_bridge
from app.sinks.homeassistant.documents import Identity
from app.sinks.homeassistant.names import Names
from app.sinks.homeassistant.settings import Language
from app.sinks.homeassistant.translations import TRANSLATIONS
from app.topics import Topics
from tests.homeassistant.factory import INSTALL, VOCABULARY

LANGUAGES = get_args(Language)
FOREIGN = [language for language in LANGUAGES if language != "en"]
NAMES = sorted({point.name for point in VOCABULARY.values()})


def vendors_own() -> list[str]:
    """Return the names of points that everybody sees and only one vendor's catalogues have."""
    found = set()
    for provider in available():
        package = import_module(f"app.providers.{provider}")
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.rpartition(".")[2].startswith("catalogue"):
                held = vars(import_module(module.name)).values()
                catalogues = [catalogue for catalogue in held if isinstance(catalogue, Catalogue)]
                found |= {
                    point.name
                    for catalogue in catalogues
                    for point in catalogue.points
                    if point.role is Role.PRIMARY and point.key not in VOCABULARY
                }
    return sorted(found)


def test_there_is_a_table_for_each_language_that_can_be_chosen() -> None:
    assert set(TRANSLATIONS) == set(LANGUAGES)


@pytest.mark.parametrize("language", FOREIGN)
def test_every_name_of_the_vocabulary_is_translated(language: str) -> None:
    assert [name for name in NAMES if name not in TRANSLATIONS[language]] == []


@pytest.mark.parametrize("language", FOREIGN)
def test_every_name_of_a_vendors_own_that_everybody_sees_is_translated(language: str) -> None:
    assert [name for name in vendors_own() if name not in TRANSLATIONS[language]] == []


@pytest.mark.parametrize("language", FOREIGN)
def test_a_translation_keeps_its_placeholders(language: str) -> None:
    for name, translated in TRANSLATIONS[language].items():
        assert [mark for mark in ("{n}", "{account}") if mark in name] == [
            mark for mark in ("{n}", "{account}") if mark in translated
        ], name
        assert translated == translated.strip()


@pytest.mark.parametrize("language", FOREIGN)
def test_two_points_never_share_a_name(language: str) -> None:
    translated = list(TRANSLATIONS[language].values())
    assert len(set(translated)) == len(translated)


@pytest.mark.parametrize("language", FOREIGN)
def test_every_name_of_the_bridge_is_translated(language: str) -> None:
    described = [
        describe_bridge(Identity(INSTALL, "1"), ("home",), Topics(), HomeAssistantSettings(), Names(spoken))
        for spoken in ("en", language)
    ]
    english, foreign = ({key: part["name"] for key, part in of.components.items()} for of in described)
    international = {"version", "connectivity", "problem"}  # the same word in some languages
    assert {key for key in english if english[key] == foreign[key]} <= international


def test_the_number_is_filled_in_after_translation() -> None:
    assert Names("de").of(points.PV_N_POWER[2]) == "PV 2 Leistung"
    assert Names("en").of(points.PV_N_POWER[2]) == "PV 2 power"


def test_a_name_that_nobody_translated_stays_english() -> None:
    assert Names("pl").say("Flux") == "Flux"
