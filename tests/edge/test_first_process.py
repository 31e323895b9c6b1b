"""What differs when the bridge is the first process of a container."""

import subprocess
import sys

STARTING = """
import os, signal
from app import cli
from app.cli import version

own = os.getpid()
os.getpid = lambda: 1
version.execute = lambda _: os.kill(own, signal.SIGTERM)
cli.main(["version"])
print("it went on")
"""
"""In a process of its own: without what is tested here, the signal would end whoever tests."""


def test_the_first_process_of_a_container_can_be_ended_while_it_starts() -> None:
    ended = subprocess.run([sys.executable, "-c", STARTING], capture_output=True, text=True, check=False, timeout=30)
    assert (ended.returncode, ended.stdout, ended.stderr) == (143, "", "")
