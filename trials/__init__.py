"""Heliopost against the real counterparts: Home Assistant, Prometheus, containers. Each folder is a make target."""
