"""A command's whole life: from a message on `<base>/device/<id>/<point>/set` to exactly one final answer.

request.py    what the sender asks for
values.py     whether it fits what the point accepts
journal.py    every command on disk, before the vendor hears of it
lane.py       what waits for one device: bursts and parts become one write
checks.py     what several values must be to each other
engine.py     intake: understand, journal, judge, queue
carrier.py    one write: read, compare, check, send, read back
answers.py    what is told of it
"""
