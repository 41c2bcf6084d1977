"""The Loom server's wire types, by area, and one typed client for `/api`."""
