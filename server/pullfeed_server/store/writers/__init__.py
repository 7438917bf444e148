"""How writes are brought to an engine."""

from __future__ import annotations
