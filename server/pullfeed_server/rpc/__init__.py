"""The gRPC side: message in, call, message out. Every call goes through policy.run."""
