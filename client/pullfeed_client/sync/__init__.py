"""`pullfeed sync`: a source's changes into the core, pass by pass.

A pass remembers how far it came in a file of its own, and only what the core has
answered: wherever it is broken off, the next one goes on and loses nothing.
"""
