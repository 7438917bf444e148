"""The importer's side.

Speaks only HTTP and imports nothing else of ours, so that it stays an
independent witness of what the contract promises.
"""
