"""What is told of a command: to its sender, to the audit, to the log."""

import json
from typing import Any

from app.commands.journal import Command, Status
from app.commands.values import plain
from app.model import Setting, Value


def document(command: Command, setting: Setting | None = None) -> dict[str, Any]:
    """Return a command's final answer."""

    def shown(values: dict[str, Value]) -> Any:  # noqa: ANN401 - a value, or an object of values
        if not values:
            return None
        values = {key: plain(value) for key, value in values.items()}
        parts = setting.parts(command.key) if setting else {}
        if "" in parts or values.keys() == {command.key}:
            return values.get(command.key)
        if not parts:  # the account that knows the setting's parts is not running
            return values
        return {name: values[point.key] for name, point in parts.items() if point.key in values}

    moments = {"received": command.received, "sent": command.sent, "answered": command.answered, "ended": command.ended}
    whole: dict[str, Any] = {
        "id": command.id,
        "device": command.device,
        "point": command.key,
        "status": command.status,
        "code": command.code,
        "message": command.message,
        "requested": shown(command.requested) if command.requested else command.asked,
        "previous": shown(command.previous),
        "observed": shown(command.observed),
        "dry_run": command.dry_run,
        "source": command.source,
        "vendor_code": command.vendor_code,
        "looks": command.looks,
        "at": {name: moment.isoformat(timespec="seconds") for name, moment in moments.items() if moment is not None},
        "revert_at": command.revert_at.isoformat(timespec="seconds") if command.revert_at else None,
        "undoes": command.undoes,
    }
    needed = ("id", "device", "point", "status", "code", "message", "requested", "previous", "observed")
    return {name: value for name, value in whole.items() if name in needed or value not in (None, "", False, 0)}


def clash(known: Command) -> str:
    """Return what is wrong with an id that has come before with something else."""
    return f"the id {known.id!r} has come before with something else; a new request needs a new id"


def again(known: Command, body: dict[str, Any], *, same: bool) -> dict[str, Any]:
    """Return the answer to an id that has come before: `body` is that command's own answer."""
    if not same:
        return {**body, "status": Status.CONFLICT, "code": "conflict", "message": clash(known)}
    text = "this request has come before; what it led to stands beside" if known.final else "it is being carried out"
    facts = {"original": known.status, "code": known.code or "duplicate", "message": known.message or text}
    return {**body, **facts, "status": Status.DUPLICATE, **({} if known.final else {"stage": known.stage})}


def encode(body: dict[str, Any]) -> str:
    """Return the JSON of an answer."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
