"""What an account's section of the configuration may hold."""

import pytest
from pydantic import ValidationError

from app.providers import load
from app.providers.growatt.settings import EXAMPLE_TOKEN, HOSTS, Region, Settings
from tests.providers.growatt.kit import make_settings


def test_a_region_names_the_server_and_an_address_goes_before_it() -> None:
    assert make_settings().url == "https://openapi.growatt.com/"
    assert make_settings(region="north_america").url == "https://openapi-us.growatt.com/"
    assert make_settings(region="china", server_url="http://127.0.0.1:8080").url == "http://127.0.0.1:8080/"
    assert set(HOSTS) == set(Region)
    assert all(url.endswith("/") for url in HOSTS.values())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("server_url", "openapi.growatt.com"),
        ("server_url", "ftp://openapi.growatt.com/"),
        ("server_url", "https://"),
        ("server_url", "https://x/?a=1"),
        ("server_url", "https://user@x/"),
        ("server_url", "http://["),
        ("timezone", "Berlin"),
        ("timezone", ""),
        ("timezone", "../../etc/passwd"),
        ("timezone", "a\0b"),
        ("user_agent", ""),
        ("user_agent", "two\nlines"),
        ("user_agent", "Grüße"),
        ("region", "moon"),
        ("api", "web"),
        ("provider", "sungrow"),
        ("username", ""),
        ("pasword", "x"),
    ],
)
def test_what_cannot_work_is_refused_without_repeating_it(key: str, value: str) -> None:
    with pytest.raises(ValidationError) as caught:
        make_settings(**{key: value})
    assert "password1" not in str(caught.value)
    assert "input_value" not in str(caught.value)


def test_a_zone_and_a_name_are_taken() -> None:
    settings = make_settings(timezone="Asia/Kolkata", user_agent="me")
    assert settings.zone is not None
    assert settings.zone.key == "Asia/Kolkata"
    assert settings.agent("") == "me"
    assert make_settings().zone is None
    assert make_settings(server_url=None, timezone=None, user_agent=None).url == make_settings().url
    assert make_settings().agent("").endswith(" - 00000")


def test_the_provider_is_found_by_its_folder() -> None:
    module = load("growatt")
    assert module.Settings.model_fields["api"].default == "shinephone"
    assert callable(module.open)


def faults(**changed: object) -> dict[str, str]:
    section = {"provider": "growatt", **{key: value for key, value in changed.items() if value is not None}}
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(section)
    return {str(fault["loc"][0]): fault["type"] for fault in caught.value.errors()}


def test_a_token_stands_instead_of_the_login() -> None:
    settings = Settings.model_validate({"provider": "growatt", "api": "openapi", "token": "abc123", "region": "china"})
    assert settings.token.get_secret_value() == "abc123"
    assert settings.url == "https://openapi-cn.growatt.com/"
    assert "abc123" not in repr(settings)


def test_each_interface_asks_for_its_own_keys_and_for_no_others() -> None:
    assert faults() == {"username": "missing", "password": "missing"}
    assert faults(api="openapi") == {"token": "missing"}
    assert faults(api="openapi", token="t", username="u") == {"username": "value_error"}
    assert faults(username="u", password="p", token="t") == {"token": "value_error"}
    assert faults(api="openapi", token="") == {"token": "string_too_short"}
    assert faults(api="web", token="t") == {"api": "literal_error"}


@pytest.mark.parametrize("token", ["two words", "Schlüssel", "line\nline", EXAMPLE_TOKEN])
def test_what_is_no_token_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"provider": "growatt", "api": "openapi", "token": token})
    assert token not in str(caught.value)
