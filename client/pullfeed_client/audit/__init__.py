"""`pullfeed audit`: what an importer would not get of a source, and why."""
