"""What may be set on a device, and whether a command may set it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from hmac import compare_digest
from typing import Final

from app.commands.door import Reach
from app.commands.journal import Command
from app.commands.request import Request
from app.commands.settings import CommandSettings
from app.errors import CommandError
from app.model import AccountState, AccountStatus, Device, Setting
from app.store import Store

MADE: Final = 100
"""Settings of raw writes that are known at once: whoever may send must not be able to fill the memory."""

SHUT: Final = {AccountState.LOCKED: "account_locked", AccountState.AUTH_FAILED: "auth_failed"}
"""The codes of accounts that will not find their devices by waiting."""


class Starting(CommandError):
    """The device's account has not read anything since the bridge has started: what may be set is not known yet."""


class Offers:
    """Knows every setting by its place, and who may change it."""

    def __init__(
        self, settings: CommandSettings, store: Store, reach: Reach, accounts: Mapping[str, AccountStatus] | None = None
    ) -> None:
        """`settings` may be exchanged at any time; `accounts` says how each account is."""
        self.settings = settings
        self._store, self._reach, self._accounts = store, reach, {} if accounts is None else accounts
        self._made: dict[tuple[str, str], Setting] = {}
        """Settings that were made for one raw write, the newest last."""

    def find(self, device_id: str, key: str, via: str = "") -> tuple[Setting | None, str]:
        """Return the setting behind a point or composite of a device, and its account, which is `via` if named."""
        device = self._store.device(device_id)
        door = self._reach(device) if device else None
        if device is None or door is None:
            return None, ""
        for way, setting in door.settings(device):
            if setting.parts(key) and via in ("", way.account):
                return replace(setting, via=via), way.account
        return self._made.get((device_id, key)), via or door.account

    def lasting(self, device_id: str, key: str, via: str = "") -> bool:
        """Return whether a setting is the device's own: one that was made for a raw write is forgotten by a restart."""
        setting, _ = self.find(device_id, key, via)
        return setting is not None and setting is not self._made.get((device_id, key))

    def adopt(self, device_id: str, setting: Setting) -> None:
        """Take in a setting that was made for one raw write, unless the device has it anyway; the newest counts."""
        place = device_id, setting.key
        if self.find(*place, setting.via)[0] in (None, self._made.pop(place, None)):
            self._made[place] = setting
            while len(self._made) > MADE:
                del self._made[next(iter(self._made))]

    def offered(self, device: Device) -> Sequence[Setting]:
        """Return what may be set on a device now, each setting with the points that may be changed alone."""
        door = self._reach(device) if self.settings.enabled else None
        if door is None:
            return ()
        offered: list[Setting] = []
        taken: dict[str, str] = {}
        for way, setting in door.settings(device):
            if setting.danger and not (self.settings.allow_dangerous and self.settings.confirm_token):
                continue
            points = tuple(
                point
                for point in setting.points
                if taken.setdefault(point.key, way.account) == way.account
                and self.settings.permits(way.account, device.id, point.key, (point.key,))
            )
            if points:
                offered.append(replace(setting, points=points))
        return offered

    def judged(self, command: Command, request: Request) -> tuple[Setting, str]:
        """Return the setting that a command may change, and its account; raise CommandError where it may not."""
        if not self.settings.enabled:
            msg = "commands are switched off: commands.enabled in the configuration switches them on"
            raise CommandError(msg, "commands_disabled")
        setting, account = self.find(command.device, command.key, request.via)
        if setting is None:
            raise self._unknown(command.device, command.key, account)
        if setting.danger:
            self._check_token(setting, request.confirm)
        return setting, account

    def check_still(self, account: str, command: Command, setting: Setting) -> None:
        """Raise CommandError unless a command that was allowed before a restart may be carried out now, too."""
        if not self.settings.enabled:
            msg = "commands have been switched off while it waited"
            raise CommandError(msg, "commands_disabled")
        if setting.danger and not self.settings.allow_dangerous:
            msg = f"{setting.key} can do harm, and commands.allow_dangerous has been switched off while it waited"
            raise CommandError(msg, "not_allowed")
        self.check_rights(account, command, command.requested)

    def check_rights(self, account: str, command: Command, changed: Collection[str]) -> None:
        """Raise CommandError unless all that a command changes may be changed."""
        if not self.settings.permits(account, command.device, command.key, changed):
            msg = f"{command.key} of {command.device} is not allowed by commands.allow and commands.deny"
            raise CommandError(msg, "not_allowed")

    def starting(self, device_id: str, key: str) -> bool:
        """Return whether an account that has not read anything so far may still bring what is not known."""
        if not self._accounts and self._store.device(device_id) is None:
            return True  # none has said so far how it is
        setting, account = self.find(device_id, key)
        return setting is None and isinstance(self._unknown(device_id, key, account), Starting)

    def _unknown(self, device_id: str, key: str, account: str) -> CommandError:
        if self._store.device(device_id) is None:
            starting = [name for name, each in self._accounts.items() if each.last_poll is None]
            if any(self._accounts[name].state not in SHUT for name in starting):
                return Starting(
                    f"there is no device {device_id} so far: not every account has found its devices yet", "not_ready"
                )
            return CommandError(f"there is no device {device_id}", "unknown_target")
        if not account:
            return CommandError(f"no account that may change {device_id} is running now", "not_ready")
        status = self._accounts.get(account)
        if status is not None and status.last_poll is None:
            if status.state in SHUT:
                return CommandError(status.reason, SHUT[status.state])
            return Starting(f"the account {account} has not found its devices yet", "not_ready")
        readable = key in self._store.points(device_id)
        what = "can only be read" if readable else "does not exist, or not on this device"
        return CommandError(f"{key} of {device_id} {what}", "not_writable" if readable else "unknown_target")

    def _check_token(self, setting: Setting, given: str | None) -> None:
        token = self.settings.confirm_token
        if not self.settings.allow_dangerous or token is None:
            msg = (
                f"{setting.key} can do harm; it takes commands.allow_dangerous and commands.confirm_token in the"
                " configuration"
            )
            raise CommandError(msg, "not_allowed")
        if given is None or not compare_digest(given.encode(), token.get_secret_value().encode()):
            msg = f"{setting.key} can do harm: the command must bring the token of the configuration as `confirm`"
            raise CommandError(msg, "not_allowed")
