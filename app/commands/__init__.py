"""A command's whole life: from a message on `<base>/device/<id>/<point>/set` to exactly one final answer.

request.py    what the sender asks for
values.py     whether it fits what the point accepts
journal.py    every command on disk, before the vendor hears of it
lane.py       what waits for one device: bursts and parts become one write
checks.py     what several values must be to each other
door.py       the way to an account that writes
offers.py     what may be set, and whether this command may
engine.py     intake: understand, journal, judge, queue; and what a restart has interrupted
dispatcher.py every device's commands one after the other, for as long as there are any
carrier.py    one write: look how things stand, compare, check, send
verifier.py   reading back
answers.py    what is said of it
teller.py     to whom
undoing.py    taking back
background.py what runs beside the intake
"""

from app.commands.door import Door, Reach
from app.commands.engine import Commands
from app.commands.journal import Journal
from app.commands.settings import CommandSettings

__all__ = ["CommandSettings", "Commands", "Door", "Journal", "Reach"]
