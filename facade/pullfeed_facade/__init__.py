"""The importer's HTTP/JSON contract, spoken in front of the gRPC core."""
