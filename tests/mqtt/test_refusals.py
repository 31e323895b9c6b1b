"""What is said, and to whom, when the broker does not let us in."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from app.errors import BrokerError
from app.mqtt import MqttSettings, TlsSettings, try_connection
from app.mqtt.broker import AGAIN
from app.mqtt.faults import explain
from tests.broker import LIMIT, Certificates, Mosquitto, free_port
from tests.mqtt.rig import STEADY, HandClock, Log, Session, logged, session, struggling
from tests.mqtt.stage import StageBroker

VERSIONS = pytest.mark.parametrize("protocol", ["5", "3.1.1"])
PASSWORD = "correct horse"
ACL = "user someone\ntopic readwrite elsewhere/#\n"
OWNER = "user owner\ntopic readwrite #\n"


def settings(broker: Mosquitto | StageBroker, **more: Any) -> MqttSettings:
    return MqttSettings.model_validate({"host": "127.0.0.1", "port": broker.port, **more})


async def refusal(wanted: MqttSettings) -> Any:
    """Return the one line that a session logs when it does not get in, which the trial must say, too."""
    with logged() as log:
        async with struggling(wanted, patience=1.0) as running:
            async with asyncio.timeout(LIMIT):
                while not log.entries:  # noqa: ASYNC110 - a log has no bell
                    await asyncio.sleep(0.002)
            assert not running.broker.connected
    with pytest.raises(BrokerError) as caught:
        await try_connection(wanted, "0123", patience=1.0)
    assert str(caught.value).strip() == f"{log.entries[0]['reason']} {log.entries[0]['advice']}".strip()
    assert len(log.entries) == 1
    return log.entries[0]


@VERSIONS
@pytest.mark.parametrize("login", [{"username": "someone", "password": "wrong"}, {}])
async def test_a_wrong_password_and_no_password_are_told_without_it(protocol: str, login: dict[str, str]) -> None:
    async with Mosquitto(users={"someone": PASSWORD}) as broker:
        entry = await refusal(settings(broker, protocol=protocol, **login))
    assert entry["event"] == "broker_refused"
    assert "mqtt.password" in entry["advice"]
    assert "wrong" not in str(entry)


@VERSIONS
async def test_the_right_password_gets_in(protocol: str) -> None:
    async with Mosquitto(users={"someone": PASSWORD}) as broker:
        wanted = settings(broker, protocol=protocol, username="someone", password=PASSWORD)
        async with session(wanted):
            verdict = await try_connection(wanted, "0123")
    assert verdict == f"Connected to 127.0.0.1:{broker.port} with MQTT {protocol}, not encrypted."


@VERSIONS
async def test_rules_that_forbid_our_topics_are_named(protocol: str) -> None:
    async with Mosquitto(users={"someone": PASSWORD}, acl=ACL) as broker:
        wanted = settings(broker, protocol=protocol, username="someone", password=PASSWORD)
        with logged() as log:
            async with session(wanted, patience=0.1) as running:
                running.broker.publish("homeassistant/device/d/config", "{}", retain=True)
                running.broker.publish("elsewhere/fine", "{}", retain=True)
                await running.broker.idle()
                async with asyncio.timeout(LIMIT):
                    while "heliopost/bridge/selftest" not in running.broker.denied:  # noqa: ASYNC110 - no bell
                        await asyncio.sleep(0.002)
        entries = log.of("broker_denies")
        with pytest.raises(BrokerError, match="does not let us publish and read heliopost/bridge/selftest"):
            await try_connection(wanted, "0123", patience=0.1)
    denied = [entry["topic"] for entry in entries]
    assert len(denied) == len(set(denied))
    assert "heliopost/bridge/selftest" in denied
    assert "someone" in entries[0]["advice"]
    assert "elsewhere/fine" not in denied
    if protocol == "5":  # there the broker says which one, if one listens
        assert "homeassistant/device/d/config" in denied
        assert "heliopost/bridge/state" in denied


async def test_a_thousand_forbidden_topics_are_a_few_lines() -> None:
    async with Mosquitto(users={"someone": PASSWORD}, acl=ACL) as broker:
        with logged() as log:
            async with session(settings(broker, username="someone", password=PASSWORD), patience=0.1) as running:
                for number in range(100):
                    running.broker.publish(f"homeassistant/device/d{number}/config", "{}", retain=True)
                await running.broker.idle()
                assert len(running.broker.denied) >= 100
        assert 1 < len(log.of("broker_denies")) <= 6


async def becomes(true: Callable[[], bool], clock: HandClock | None = None, span: timedelta = STEADY) -> None:
    """Wait until something is true; with a clock, let it run meanwhile."""
    async with asyncio.timeout(LIMIT):
        while not true():
            if clock is not None:
                await clock.advance(span)
            await asyncio.sleep(0.01)


@VERSIONS
async def test_rules_that_are_mended_are_noticed_without_a_new_connection(protocol: str) -> None:
    said = {"homeassistant/device/d/config": "{}", "heliopost/device/d/state": "1"}
    selftest = "heliopost/bridge/selftest"
    async with Mosquitto(users={"someone": PASSWORD, "owner": PASSWORD}, acl=f"{OWNER}{ACL}") as broker:
        wanted = settings(broker, username="someone", password=PASSWORD, protocol=protocol)
        with logged() as log:
            async with session(wanted, patience=0.1) as running:

                async def tell() -> None:
                    for topic, payload in said.items():
                        running.broker.publish(topic, payload, retain=True)

                running.on_connect = tell
                await tell()
                await becomes(lambda: selftest in running.broker.trouble)
                refused = running.counted("denied")
                for _ in range(3):  # the self-test is repeated, and not a message that is lost
                    await running.clock.advance(STEADY)
                    await asyncio.sleep(0.1)
                assert running.counted("denied") == refused
                broker.rules(f"{OWNER}user someone\ntopic readwrite #\n")
                await becomes(lambda: bool(log.of("broker_allows")), running.clock)
                async with broker.ear(username="owner", password=PASSWORD) as ear:
                    for topic, payload in {**said, "heliopost/bridge/state": "online"}.items():
                        await ear.hears(topic, payload)  # all that the broker had thrown away
                    await ear.say("heliopost/bridge/request/ping", "x")
                    async with asyncio.timeout(LIMIT):
                        assert (await running.broker.inbox.get()).payload == b"x"
                await becomes(lambda: not running.broker.denied)
                assert running.broker.trouble == ""
                assert running.value("reconnects_total") == 0


async def test_a_part_that_is_forbidden_is_tried_again_and_its_mending_said() -> None:
    """A broker says only on MQTT 5 which message it refuses."""
    topic, gone = "homeassistant/device/d/config", "homeassistant/device/gone/config"
    ours = f"{OWNER}user someone\ntopic readwrite heliopost/#\n"
    async with Mosquitto(users={"someone": PASSWORD, "owner": PASSWORD}, acl=ours) as broker:
        wanted = settings(broker, username="someone", password=PASSWORD)
        with logged() as log:
            async with session(wanted) as running:

                async def tell() -> None:
                    running.broker.publish(topic, "{}", retain=True)

                running.on_connect = tell
                for each in (topic, gone):
                    running.broker.publish(each, "{}", retain=True)
                await becomes(lambda: running.broker.denied == {topic, gone})
                refused = running.counted("denied")
                await becomes(lambda: running.counted("denied") > refused, running.clock, AGAIN)
                assert topic in running.broker.denied
                assert len(log.of("broker_denies")) == len({topic, gone})  # each once, for as long as it lasts
                broker.rules(f"{ours}topic readwrite homeassistant/#\n")
                async with broker.ear(username="owner", password=PASSWORD) as ear:
                    await becomes(lambda: bool(ear.of(topic)), running.clock, AGAIN)
                await becomes(lambda: not running.broker.denied, running.clock, AGAIN)
                assert [entry["topic"] for entry in log.of("broker_allows")] == [topic]
                broker.rules(ours)
                await tell()
                await log.says("broker_denies", times=3)  # denied once more: that is news


async def test_a_filter_that_the_broker_refuses_is_named() -> None:
    with logged() as log:
        async with StageBroker(suback=0x87) as broker, session(settings(broker), subscriptions=()) as running:
            assert "heliopost/bridge/selftest" in running.broker.denied
    assert log.of("broker_denies")[0]["topic"] == "heliopost/bridge/selftest"


async def test_the_right_authority_is_trusted(certificates: Certificates) -> None:
    async with Mosquitto(tls=certificates) as broker:
        wanted = settings(broker, tls={"ca": certificates.ca})
        async with (
            session(wanted) as running,
            session(settings(broker, tls={"ca": certificates.ca}, protocol="3.1.1"), install_id="other"),
        ):
            running.broker.publish("x", "1" * 100_000, retain=True)
            await running.broker.idle()
            assert (await try_connection(wanted, "0123")).endswith(", encrypted.")


async def test_an_unknown_authority_is_not_trusted(certificates: Certificates) -> None:
    async with Mosquitto(tls=certificates) as broker:
        entry = await refusal(settings(broker, tls=True))
        assert "not trusted" in entry["reason"]
        assert "mqtt.tls.ca" in entry["advice"]
        async with session(settings(broker, tls={"insecure": True})):
            pass


async def test_a_certificate_made_for_another_name_is_not_trusted(certificates: Certificates) -> None:
    async with Mosquitto(tls=certificates, certificate="other") as broker:
        entry = await refusal(settings(broker, tls={"ca": certificates.ca}))
        assert "127.0.0.1" in entry["reason"]
        assert "mqtt.tls.server_name" in entry["advice"]
        entry = await refusal(settings(broker, tls={"ca": certificates.ca, "server_name": "broker.test"}))
        assert "broker.test" in entry["reason"]
        async with session(settings(broker, tls={"ca": certificates.ca, "server_name": "other.test"})):
            pass


@VERSIONS
async def test_a_broker_that_wants_a_certificate_of_ours_gets_it(certificates: Certificates, protocol: str) -> None:
    async with Mosquitto(tls=certificates, client_certificates=True) as broker:
        entry = await refusal(settings(broker, protocol=protocol, tls={"ca": certificates.ca}))
        assert "mqtt.tls.certificate" in entry["advice"]
        ours = {"certificate": certificates.certificate("client"), "key": certificates.key("client")}
        async with session(settings(broker, protocol=protocol, tls={"ca": certificates.ca, **ours})):
            pass


@pytest.mark.parametrize(
    ("section", "setting"),
    [
        ({"ca": "/nowhere/ca.crt"}, "mqtt.tls.ca"),
        ({"ca": __file__}, "mqtt.tls.ca"),
        ({"certificate": "/nowhere/client.crt"}, "mqtt.tls.certificate"),
    ],
)
async def test_a_file_that_cannot_be_used_is_named(section: dict[str, str], setting: str) -> None:
    entry = await refusal(MqttSettings(host="127.0.0.1", port=1, tls=TlsSettings.model_validate(section)))
    assert f"The file of {setting}" in entry["reason"]


async def test_a_key_with_a_password_is_opened_with_it(certificates: Certificates, tmp_path: Path) -> None:
    key = tmp_path / "locked.key"
    process = await asyncio.create_subprocess_exec(
        "openssl", "ec", "-in", certificates.key("client"), "-out", key, "-aes128", "-passout", f"pass:{PASSWORD}",
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await process.wait() == 0
    ours = {"ca": certificates.ca, "certificate": certificates.certificate("client"), "key": key}
    async with Mosquitto(tls=certificates, client_certificates=True) as broker:
        async with session(settings(broker, tls={**ours, "key_password": PASSWORD})):
            pass
        entry = await refusal(settings(broker, tls=ours))  # nobody is asked for it on the terminal
    assert "mqtt.tls.key" in entry["reason"]


async def test_a_port_that_does_not_speak_tls_is_told(mosquitto: Mosquitto) -> None:
    entry = await refusal(settings(mosquitto, tls=True))
    assert "mqtt.port" in entry["advice"]


async def test_a_port_that_speaks_only_tls_is_told(certificates: Certificates) -> None:
    async with Mosquitto(tls=certificates) as broker:
        entry = await refusal(settings(broker))
    assert "hangs up" in entry["reason"]
    assert "mqtt.tls" in entry["advice"]


async def test_nothing_at_that_port_is_told() -> None:
    entry = await refusal(MqttSettings(host="127.0.0.1", port=free_port()))
    assert entry["event"] == "broker_lost"
    assert entry["reason"].startswith("Nothing answers at 127.0.0.1:")


async def test_a_name_that_cannot_be_one_is_told() -> None:
    entry = await refusal(MqttSettings(host="a..b"))
    assert entry["reason"] == "The broker's name a..b is not known."


async def test_silence_is_told() -> None:
    async with StageBroker(None) as broker:
        entry = await refusal(settings(broker))
    assert "does not answer" in entry["reason"]


@pytest.mark.parametrize(
    ("connack", "protocol", "words"),
    [
        (b"\x20\x03\x00\x84\x00", "5", "version of MQTT"),
        (b"\x20\x02\x00\x01", "5", "version of MQTT"),
        (b"\x20\x02\x00\x01", "3.1.1", "hangs up"),
        (b"\x20\x02\x00\x02", "3.1.1", "client id"),
        (b"\x20\x02\x00\x03", "3.1.1", "not available"),
        (b"\x20\x03\x00\x8a\x00", "5", "banned"),
        (b"\x20\x03\x00\x9d\x00", "5", "moved"),
    ],
)
async def test_what_the_broker_answers_is_told_in_words(connack: bytes, protocol: str, words: str) -> None:
    async with StageBroker(connack) as broker:
        entry = await refusal(settings(broker, protocol=protocol))
    assert words in entry["reason"]


async def test_a_broker_that_says_that_another_took_over_is_believed_at_once() -> None:
    farewell = b"\xe0\x02\x8e\x00"
    with logged() as log:
        async with StageBroker(farewell=farewell) as broker, struggling(settings(broker), subscriptions=()) as running:
            entry = await log.says("broker_refused")
    assert "same client id" in entry["reason"]
    assert running.broker.conflict is not None


async def test_each_kind_of_trouble_is_told_once_until_it_heals(mosquitto: Mosquitto) -> None:
    log: Log
    with logged() as log:
        running = Session(settings(mosquitto, username="x", password="y"))
        running.start()
        await running.connected()
        mosquitto.kill()
        async with asyncio.timeout(LIMIT):
            while len(running.clock.naps) < 6:  # noqa: ASYNC110 - attempts have no bell
                await asyncio.sleep(0.002)
        await running.end()
    kinds = [(entry["event"], entry.get("reason", "")[:7]) for entry in log.entries]
    assert kinds == [("broker_connected", ""), ("broker_lost", "The con"), ("broker_lost", "Nothing")]


@given(
    code=st.one_of(st.none(), st.integers(0, 255)),
    cause=st.sampled_from(
        [None, OSError(), ssl.SSLError(), socket.gaierror(), ConnectionResetError(), TimeoutError(), ssl.SSLEOFError()]
    ),
    greeted=st.booleans(),
    tls=st.booleans(),
    websockets=st.booleans(),
)
def test_whatever_goes_wrong_there_are_words_for_it(
    *, code: int | None, cause: OSError | None, greeted: bool, tls: bool, websockets: bool
) -> None:
    wanted = MqttSettings(
        tls=tls, transport="websockets" if websockets else "tcp", username="u", password=SecretStr("secret")
    )
    fault = explain(wanted, code, cause, greeted=greeted)
    assert fault.reason.endswith(".")
    assert fault.advice.endswith(".")
    assert "secret" not in fault.reason + fault.advice


@pytest.mark.parametrize(("code", "words"), [(10, "has expired"), (9, "is not valid yet")])
def test_a_certificate_out_of_its_time_points_to_the_clock(code: int, words: str) -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code = code
    fault = explain(MqttSettings(), None, error, greeted=False)
    assert words in fault.reason
    assert "this machine's clock" in fault.advice


def test_websockets_hint_at_their_path() -> None:
    fault = explain(MqttSettings(transport="websockets"), None, None, greeted=False)
    assert "mqtt.websocket_path" in fault.advice
