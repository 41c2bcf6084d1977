"""Money as people read it."""


def dollars(value: float) -> str:
    """Cents; sums below a dollar with more digits, for a request costs less than a cent."""
    return f"${value:,.2f}" if value >= 1 or not value else f"${value:.4f}"
