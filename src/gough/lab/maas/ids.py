"""Numbers given out one after another, as a database's sequences do it: a backup of them goes on where it was."""

from collections.abc import Iterator


class Ids(Iterator[int]):
    """Unlike `itertools.count` it may be copied. Guarded by the region's lock."""

    def __init__(self, first: int) -> None:
        self._following = first

    def __next__(self) -> int:
        given, self._following = self._following, self._following + 1
        return given
