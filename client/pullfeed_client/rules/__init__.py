"""What the core would say of a record, told without asking it.

The rules are those beside the fields of record.proto; what the core puts right
before it judges, and what no pattern can see, is here a second time, since client
and server meet on the wire only. A test holds both against each other.
"""
