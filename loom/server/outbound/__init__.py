"""The way out: an HTTP/1.1 client for providers, pooled, on bare protocols and llhttp."""
