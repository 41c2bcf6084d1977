"""What Loom asks of the terminal that Textual has no call for."""

from textual.app import App


class Wire:
    """The terminal's side of an app. Where there is none yet, nothing happens.

    Source: textual.drivers.linux_driver: its mouse modes are switched by these methods only.
    """

    def __init__(self, app: App[None]) -> None:
        self._app = app

    def write(self, data: str) -> None:
        """Send control sequences between two frames."""
        driver = self._app._driver
        if driver is not None:
            driver.write(data)
            driver.flush()

    def take_mouse(self, *, is_taken: bool) -> None:
        """Have the mouse reported, or leave it to the terminal."""
        driver = self._app._driver
        if driver is None:
            return
        switch = "_enable_mouse_support" if is_taken else "_disable_mouse_support"
        getattr(driver, switch, lambda: None)()
        if is_taken and getattr(driver, "_mouse_pixels", False):
            # The terminal counts in cells again, while the driver still divides pixels.
            getattr(driver, "_enable_mouse_pixels", lambda: None)()
