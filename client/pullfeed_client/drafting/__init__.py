"""`pullfeed map`: a first mapping file from a source's columns and a sample of its rows."""
