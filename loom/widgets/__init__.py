"""What is on the screen, one widget a module; they know the core and the markup, nothing else."""
