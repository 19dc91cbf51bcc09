"""The patterns of variables: regular expressions that match in time proportional to the text, whoever wrote them.

Python's own matcher can take a lifetime over a pattern like `(a+)+b`. This one follows every possibility at once.
Patterns have literals, escapes, classes, `.`, groups, `|`, `*`, `+`, `?` and `{m,n}`, with Python's meaning; they hold
for the whole text, so there are no anchors. Back-references, look-around and flags are refused.
"""

import re
import string
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

STATES_LIMIT = 2000
_REMEMBERED = 20_000
_TIMES = re.compile(r"([*+?])|\{([0-9]{1,4})?(,)?([0-9]{1,4})?\}")
_ATOM = re.compile(
    r"\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[^A-Za-z0-9]|\\[dDwWsSnrtfv]"
    r"|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\\[\](){}|*+?^$]",
    re.DOTALL,
)
_COUNTS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_ALPHABET = string.ascii_lowercase + string.digits + string.ascii_uppercase + string.punctuation + " "
States = frozenset[int]
Maker = Callable[[int], int]  # from the state behind something to the state of the thing


@lru_cache(maxsize=512)
def pattern(text: str) -> "Pattern":
    """Raises ValueError, which says what is not understood."""
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from None
    made = Pattern()
    made.start = made.closed({_Reader(text, made).choice(0)(made.end)})
    return made


@dataclass
class Pattern:
    """States that stand for a character (`atoms`) or for nothing, each with the states behind it (`exits`)."""

    atoms: list["re.Pattern[str] | None"] = field(default_factory=lambda: [None])
    exits: list[tuple[int, ...]] = field(default_factory=lambda: [()])
    start: States = frozenset()
    end: int = 0
    _steps: dict[tuple[States, str], States] = field(default_factory=dict)

    def matches(self, text: str) -> bool:
        """Whether the whole text is one that the pattern describes."""
        now = self.start
        for character in text:
            now = self._step(now, character)
            if not now:
                return False
        return self.end in now

    def example(self, shortest: int = 0) -> str | None:
        """A text that matches, of at least `shortest` characters; None where none is found soon."""
        seen, waiting = {(self.start, 0)}, deque([(self.start, "")])
        while waiting and len(seen) < STATES_LIMIT:
            now, text = waiting.popleft()
            if self.end in now and len(text) >= shortest:
                return text
            for character in _ALPHABET:
                there = self._step(now, character)
                key = (there, min(len(text) + 1, shortest))
                if there and key not in seen:
                    seen.add(key)
                    waiting.append((there, text + character))
        return None

    def add(self, atom: "re.Pattern[str] | None", exits: tuple[int, ...]) -> int:
        if len(self.atoms) >= STATES_LIMIT:
            raise ValueError(f"is too large: written out, it has more than {STATES_LIMIT} places")
        self.atoms.append(atom)
        self.exits.append(exits)
        return len(self.atoms) - 1

    def closed(self, states: set[int]) -> States:
        """The states, and those reached from them without a character."""
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if self.atoms[state] is None:
                new = set(self.exits[state]) - states
                states |= new
                waiting += new
        return frozenset(states)

    def _step(self, now: States, character: str) -> States:
        key = (now, character)
        if key not in self._steps:
            if len(self._steps) >= _REMEMBERED:
                self._steps.clear()
            reached = {
                behind
                for state in now
                if (atom := self.atoms[state]) is not None and atom.fullmatch(character)
                for behind in self.exits[state]
            }
            self._steps[key] = self.closed(reached)
        return self._steps[key]


class _Reader:
    """Reads a pattern that Python has found well formed."""

    def __init__(self, text: str, made: Pattern) -> None:
        self.text, self.made, self.at = text, made, 0

    def choice(self, depth: int) -> Maker:
        branches = [self._sequence(depth)]
        while self._take("|"):
            branches.append(self._sequence(depth))
        if not depth and self.at < len(self.text):
            raise ValueError(self._refusal())
        return lambda behind: self.made.add(None, tuple(branch(behind) for branch in branches))

    def _sequence(self, depth: int) -> Maker:
        items: list[Maker] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            items.append(self._times(self._item(depth)))
        return _in_turn(items)

    def _item(self, depth: int) -> Maker:
        if self._take("("):
            if depth > 20 or (self._take("?") and not self._take(":")):
                raise ValueError("has a group that is not understood: only ( ) and (?: ) are, 20 deep")
            inner = self.choice(depth + 1)
            self._take(")")
            return inner
        found = _ATOM.match(self.text, self.at)
        if found is None:
            raise ValueError(self._refusal())
        self.at = found.end()
        atom = re.compile(found[0])
        return lambda behind: self.made.add(atom, (behind,))

    def _times(self, item: Maker) -> Maker:
        found = _TIMES.match(self.text, self.at)
        if found is None:
            return item
        self.at = found.end()
        low, high = _COUNTS.get(found[1] or "", (int(found[2] or 0), int(found[4]) if found[4] else None))
        if found[1] is None and not found[3]:
            high = low
        if self.text[self.at : self.at + 1] == "+":
            raise ValueError("has a possessive repetition, which is not understood")
        self._take("?")  # the first match or the longest: for the whole text it is the same
        return _repeated(self.made, item, low, high)

    def _take(self, sign: str) -> bool:
        taken = self.text.startswith(sign, self.at)
        self.at += len(sign) * taken
        return taken

    def _refusal(self) -> str:
        sign = self.text[self.at : self.at + 2]
        sign = sign if sign.startswith("\\") else sign[:1]
        anchor = sign in ("^", "$", "\\A", "\\Z", "\\z")
        why = "a pattern holds for the whole text anyway" if anchor else "write a sign that stands for itself with \\"
        return f"has {sign} at character {self.at + 1}, which is not understood: {why}"


def _in_turn(makers: Sequence[Maker]) -> Maker:
    def make(behind: int) -> int:
        for maker in reversed(makers):
            behind = maker(behind)
        return behind

    return make


def _repeated(made: Pattern, maker: Maker, low: int, high: int | None) -> Maker:
    def make(behind: int) -> int:
        state = behind
        if high is None:
            state = made.add(None, ())
            made.exits[state] = (maker(state), behind)
        else:
            for _ in range(high - low):
                state = made.add(None, (maker(state), behind))
        return _in_turn([maker] * low)(state)

    return make
