"""Moving shops from one database to another while they are served.

The source serves a shop until nearly everything is copied. Then it is frozen there: what
was not copied yet goes over while both answer 503, and the target opens. A shop is open in
one of the two at most; the row `shops` of each says so, and names the move in both, so
that a move that was broken off goes on where it stopped.
"""

from __future__ import annotations
