"""The agent's tools: one module a tool, one row in TOOLS."""
