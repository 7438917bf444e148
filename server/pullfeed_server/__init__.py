"""The core: keeps, validates and pages a shop's records. Served over gRPC."""
