"""Heliopost against real Home Assistants, installed below .cache/ and started on loopback."""
