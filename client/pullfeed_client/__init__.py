"""What talks to pullfeed: the `pullfeed` command, its loaders, and the importer's side."""
