"""Writes the pages of docs/reference/ from the code, so that they cannot lie: `make docs`."""
