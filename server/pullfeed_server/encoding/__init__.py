"""From a record as it was put to the bytes that are stored: normalise, check, encode."""

from __future__ import annotations

# Raised whenever the stored bytes of one and the same record change.
VERSION = 1
