"""What users run Heliopost with; docs/install leads through it."""
