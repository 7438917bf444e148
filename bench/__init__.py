"""pullfeed beside hand-written peers, interleaved in one run: `make bench`."""
