"""One module an area: HTTP and nothing else; each has its table ROUTES."""
