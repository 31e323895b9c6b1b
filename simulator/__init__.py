"""The vendors' clouds as servers of our own: a day of weather, settings that stick, faults on demand."""
