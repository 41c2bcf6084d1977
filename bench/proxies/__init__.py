"""What the proxy's benches share: providers, floors, peers, and the load on them."""
