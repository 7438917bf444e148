"""From a record as it was put to the bytes that are stored: normalise, check, encode."""

from __future__ import annotations

# The form of stored JSON: raised whenever the JSON of one and the same Protobuf changes. The
# Protobuf has no versions: what one does not know of it, it keeps.
VERSION = 1

# Which records may be delivered, and how they are normalised: raised whenever what is put is
# judged otherwise, and when a new form makes records longer. No version reads another id, nor
# changes what it has normalised itself.
RULES = 1
