"""Long pastes stand in the input as a chip, `[pasted 120 lines]`, until they are sent."""

from pathlib import Path

MAX_LINES = 8
MAX_CHARACTERS = 800
_IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp")


def image_path(text: str) -> Path | None:
    """The image that a paste names: terminals paste a dropped file as its path, maybe quoted."""
    name = text.strip().strip("'\"").removeprefix("file://").replace("\\ ", " ")
    if "\n" in name or len(name) > 4_096 or not name.lower().endswith(_IMAGE_SUFFIXES):
        return None
    path = Path(name)
    return path if path.is_absolute() and path.is_file() else None


class Pastes:
    """Which chip stands for what: text that is put back, or a file that goes along."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._files: dict[str, Path] = {}

    def chip_for(self, text: str) -> str:
        """What to insert for a paste: a chip for a long one, else the text itself."""
        lines = text.count("\n") + 1
        if lines <= MAX_LINES and len(text) <= MAX_CHARACTERS:
            return text
        size = f"{lines} lines" if lines > MAX_LINES else f"{len(text)} characters"
        chip = self._unused(f"pasted {size}")
        self._texts[chip] = text
        return chip

    def chip_for_file(self, path: Path) -> str:
        """A chip for an attached file, `[image name.png]`; it stays in the sent text."""
        chip = self._unused(f"image {path.name}")
        self._files[chip] = path
        return chip

    def expand(self, text: str) -> str:
        """`text` with every pasted text back in its place; pastes are never expanded twice."""
        if not self._texts:
            return text
        places = sorted((text.find(chip), chip) for chip in self._texts if chip in text)
        for at, chip in reversed(places):
            text = text[:at] + self._texts[chip] + text[at + len(chip) :]
        return text

    def files_in(self, text: str) -> tuple[Path, ...]:
        """The attached files whose chips are still in `text`, in order."""
        found = sorted(
            (text.find(chip), path) for chip, path in self._files.items() if chip in text
        )
        return tuple(path for _, path in found)

    def chip_before(self, text: str) -> str:
        """The chip that `text` ends with, or nothing: backspace takes it as a whole."""
        if not text.endswith("]"):
            return ""
        return next((chip for chip in (*self._texts, *self._files) if text.endswith(chip)), "")

    def chips_in(self, line: str) -> list[tuple[int, int]]:
        """Where chips stand in a line: the first character, and the one after the last."""
        if "]" not in line:
            return []
        found = ((line.find(chip), len(chip)) for chip in (*self._texts, *self._files))
        return [(at, at + length) for at, length in found if at >= 0]

    def clear(self) -> None:
        """Forgets all, once the text was sent."""
        self._texts.clear()
        self._files.clear()

    def _unused(self, label: str) -> str:
        taken = self._texts.keys() | self._files.keys()
        chip, number = f"[{label}]", 1
        while chip in taken:
            number += 1
            chip = f"[{label} #{number}]"
        return chip
