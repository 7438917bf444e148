"""The mapping file: how the rows of a source become records of the contract.

document and positions read the TOML, spec and plan say what it may hold, fields,
steps, dates, amounts and phones make values, parts and grouping make records.
Nothing is guessed: what a mapping does not say leaves its field empty, and what
cannot be read is put so that the core refuses it with its own reason.
"""
