"""The core on SQLite and on PostgreSQL, in turns: `python -m bench.engines`.

Without gRPC and HTTP, whose cost is the same on both. PostgreSQL is the tests'
own server, with fsync on: a commit is durable on both before it returns.
"""
