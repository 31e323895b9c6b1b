"""Draws what README.md and docs/ show: `make pictures`."""
